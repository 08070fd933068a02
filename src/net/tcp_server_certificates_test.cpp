#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "net/test_tcp.hpp"
#include "net/test_tls.hpp"

namespace rollcall::net {
namespace {

struct DeviceCertificates : TcpTest {
  void start() {
    std::ofstream(dir.dir + "/authority.pem") << authority.pem();
    const TlsOptions options{.client_ca_path = dir.dir + "/authority.pem"};
    server = std::make_unique<TcpServer>(loop, TcpServerOptions{});
    server->set_tls(TlsContext::load(dir.files, options).value());
    ASSERT_TRUE(server->listen(Address{"127.0.0.1", 0}, handler, Greeting::Tls));
    port = server->bound().port;
    handler.opening = [this](ConnectionRef c) { names.push_back(server->certified_name(c)); };
  }
  // The server's word on a certificate comes behind the client's last of the handshake.
  bool is_let_in(TlsPeer& peer) {
    const size_t before = names.size();
    loop.run_until([&] { return peer.step(), names.size() > before || peer.tcp.ended; }, kTestDeadlineMs);
    return names.size() > before;
  }

  TestCertificate dir;
  TestAuthority authority;
  std::vector<std::string> names;
};

TEST_F(DeviceCertificates, TellWhoThePeerIs) {
  start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer peer(port, {.version = version});
    authority.certify(peer.native(), "lamp-1&a1b2c3d4e5f");
    EXPECT_TRUE(is_let_in(peer)) << version;
  }
  EXPECT_EQ(names, (std::vector<std::string>(2, "lamp-1&a1b2c3d4e5f")));
}

TEST_F(DeviceCertificates, AreStillKnownWhenASessionIsResumed) {
  start();
  handler.reaction = [this](ConnectionRef c, std::string_view text) { server->send(c, text); };
  TlsPeer first(port);
  authority.certify(first.native(), "lamp-1&a1b2c3d4e5f");
  ASSERT_TRUE(is_let_in(first));
  first.write("hello");
  ASSERT_TRUE(first.wait_for_text(loop, "hello"));
  SSL_SESSION* session = SSL_get1_session(first.native());
  TlsPeer second(port, {.session = session});
  ASSERT_TRUE(is_let_in(second));
  EXPECT_EQ(SSL_session_reused(second.native()), 1);
  EXPECT_EQ(names[1], "lamp-1&a1b2c3d4e5f");
  SSL_SESSION_free(session);
}

TEST_F(DeviceCertificates, AreAskedForButNotDemanded) {
  start();
  TlsPeer peer(port);
  EXPECT_TRUE(is_let_in(peer));
  EXPECT_EQ(names, std::vector<std::string>{""});
}

TEST_F(DeviceCertificates, OfAnotherAuthorityEndTheHandshake) {
  start();
  const TestAuthority other;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer peer(port, {.version = version});
    other.certify(peer.native(), "lamp-1&a1b2c3d4e5f");
    EXPECT_FALSE(is_let_in(peer));
  }
  EXPECT_TRUE(names.empty());
  EXPECT_EQ(server->handshakes().failed.value(), 2u);
}

TEST_F(DeviceCertificates, NeedAuthoritiesThatCanBeRead) {
  for (const std::string& path : {dir.dir + "/none", dir.files.key_path}) {
    const auto context = TlsContext::load(dir.files, {.client_ca_path = path});
    ASSERT_FALSE(context) << path;
    EXPECT_NE(public_message(context.error()).find(path), std::string::npos);
  }
}

}  // namespace
}  // namespace rollcall::net
