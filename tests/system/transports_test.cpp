// What `rollcall serve` does about TLS: which ports speak it, where the certificate comes from, and what is
// said when something is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "failing_server.hpp"
#include "net/address.hpp"
#include "net/core_loop.hpp"
#include "net/test_tls.hpp"
#include "support/child_process.hpp"

namespace rollcall::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Transports : public ::testing::Test {
 protected:
  // Starts a server and waits until it is ready. False when it ended instead.
  bool serve(const std::vector<std::string>& flags, const Process::Environment& environment = {}) {
    std::filesystem::remove(ready_file);
    launch(flags, environment);
    loop.run_until([&] { return std::filesystem::exists(ready_file) || !process.running(); }, 30'000);
    ready = read_file(ready_file);
    return !ready.empty();
  }
  // What a server says that does not start.
  std::string refusal(const std::vector<std::string>& flags) {
    launch(flags, {});
    const auto status = process.exit_within(20'000);
    EXPECT_TRUE(status.has_value() && *status != 0);
    return read_file(log);
  }
  void launch(const std::vector<std::string>& flags, const Process::Environment& environment) {
    process.stop();
    std::vector<std::string> all{binary_under_test(), "serve",   "--data",      data,    "--http",
                                 "127.0.0.1:0",       "--mqtt",  "127.0.0.1:0", "--log", "warn",
                                 "--ready-file",      ready_file};
    all.insert(all.end(), flags.begin(), flags.end());
    log = folder.path() + "/log" + std::to_string(++runs);
    ASSERT_TRUE(process.start(all, log, environment));
  }
  std::string config(const std::string& text) {
    const std::string path = folder.path() + "/" + std::to_string(++runs) + ".toml";
    std::ofstream(path) << text;
    return path;
  }
  // 0 when the ready file does not name the port.
  uint16_t port(const std::string& name) const {
    const std::string begin = "\"" + name + "\":\"127.0.0.1:";
    const size_t at = ready.find(begin);
    return at == std::string::npos ? 0 : static_cast<uint16_t>(std::stoi(ready.substr(at + begin.size())));
  }
  bool speaks_tls(uint16_t at, int version = 0) {
    net::TlsPeer peer(at, {.version = version, .old_suites = true});
    return peer.shake_hands(loop);
  }

  ScratchFolder folder;
  const std::string data = folder.path() + "/data";
  const std::string ready_file = folder.path() + "/ready.json";
  std::string log;
  std::string ready;
  net::CoreLoop loop;
  Process process;
  int runs = 0;
};

TEST_F(Transports, NoCertificateIsMadeUnlessAPortAsksForOne) {
  ASSERT_TRUE(serve({}));
  EXPECT_EQ(port("mqtts"), 0);
  EXPECT_FALSE(std::filesystem::exists(data + "/tls.key"));
  EXPECT_THAT(read_file(log), Not(HasSubstr("TLS)"))) << "an access key may well have the letters";
}

TEST_F(Transports, MqttsMakesACertificateOnceAndMqttTakesTlsThen) {
  ASSERT_TRUE(serve({"--mqtts", "127.0.0.1:0"}));
  ASSERT_NE(port("mqtts"), 0);
  EXPECT_THAT(read_file(log), HasSubstr("MQTT  127.0.0.1:" + std::to_string(port("mqtts")) + " (TLS)"));
  EXPECT_THAT(read_file(log), HasSubstr(std::to_string(port("mqtt")) + " (plain and TLS)"));
  EXPECT_TRUE(speaks_tls(port("mqtts")));
  EXPECT_TRUE(speaks_tls(port("mqtt")));
  struct stat status {};
  ASSERT_EQ(::stat((data + "/tls.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const std::string certificate = read_file(data + "/tls.crt");
  ASSERT_TRUE(serve({})) << read_file(log);
  EXPECT_TRUE(speaks_tls(port("mqtt"))) << "the certificate is still there";
  EXPECT_EQ(read_file(data + "/tls.crt"), certificate);
}

TEST_F(Transports, TheVariableAndTheFileTurnMqttsOnToo) {
  ASSERT_TRUE(serve({}, {{"ROLLCALL_MQTTS", "127.0.0.1:0"}}));
  EXPECT_TRUE(speaks_tls(port("mqtts")));
  const std::string file = config("[server]\nmqtts = \"127.0.0.1:0\"\nmqtt_detects_tls = false\n");
  ASSERT_TRUE(serve({"--config", file}));
  EXPECT_TRUE(speaks_tls(port("mqtts")));
  EXPECT_FALSE(speaks_tls(port("mqtt")));
}

TEST_F(Transports, OldVersionsComeWithASwitchOnly) {
  ASSERT_TRUE(serve({"--mqtts", "127.0.0.1:0"}));
  EXPECT_FALSE(speaks_tls(port("mqtts"), TLS1_1_VERSION));
  ASSERT_TRUE(serve({"--mqtts", "127.0.0.1:0", "--tls-old"}));
  EXPECT_TRUE(speaks_tls(port("mqtts"), TLS1_VERSION));
  EXPECT_TRUE(speaks_tls(port("mqtts"), TLS1_1_VERSION));
  EXPECT_TRUE(speaks_tls(port("mqtts"), TLS1_3_VERSION));
}

TEST_F(Transports, ACertificateOfOnesOwnIsServed) {
  const net::TestCertificate& own = net::TestCertificate::shared();
  const std::string file = config("[server]\ntls_certificate = \"" + own.files.certificate_path +
                                  "\"\ntls_key = \"" + own.files.key_path + "\"\n");
  ASSERT_TRUE(serve({"--config", file}));
  net::TlsPeer peer(port("mqtt"), {.verify = true});
  EXPECT_TRUE(peer.shake_hands(loop));
  EXPECT_FALSE(std::filesystem::exists(data + "/tls.key"));
}

TEST_F(Transports, TheCertificateIsForThePublicNameWhereEveryAddressIsListenedOn) {
  ASSERT_TRUE(serve({"--mqtts", "0.0.0.0:0", "--public-url", "https://devices.example:8443/x"}));
  net::TlsPeer peer(port("mqtt"));
  ASSERT_TRUE(peer.shake_hands(loop));
  X509* const certificate = SSL_get0_peer_certificate(peer.native());
  EXPECT_EQ(X509_check_host(certificate, "devices.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(certificate, "localhost", 0, 0, nullptr), 1);
}

TEST_F(Transports, SaysWhatIsWrongWithACertificate) {
  const net::TestCertificate& own = net::TestCertificate::shared();
  const std::string good = own.files.certificate_path;
  EXPECT_THAT(refusal({"--config", config("[server]\ntls_certificate = \"" + good + "\"\n")}),
              HasSubstr("server.tls_certificate and server.tls_key are given together"));
  EXPECT_THAT(refusal({"--config", config("[server]\ntls_certificate = \"/none\"\ntls_key = \"/none\"\n")}),
              HasSubstr("the certificate /none cannot be used: No such file"));
  EXPECT_THAT(refusal({"--config",
                       config("[server]\ntls_certificate = \"" + good + "\"\ntls_key = \"" + good + "\"\n")}),
              HasSubstr("the key " + good + " cannot be used"));
  EXPECT_THAT(
      refusal({"--mqtts", "127.0.0.1:0", "--config", config("[server]\ntls_client_ca = \"/none\"\n")}),
      HasSubstr("the authorities of devices in /none cannot be used"));
  EXPECT_THAT(refusal({"--mqtts", "nowhere"}), HasSubstr("--mqtts nowhere"));
  const uint16_t taken = free_port();
  ASSERT_TRUE(serve({"--mqtts", "127.0.0.1:" + std::to_string(taken)}));
  Process second;
  const std::string other = folder.path() + "/other";
  ASSERT_TRUE(second.start({binary_under_test(), "serve", "--data", other, "--http", "127.0.0.1:0", "--mqtt",
                            "127.0.0.1:0", "--mqtts", "127.0.0.1:" + std::to_string(taken)},
                           folder.path() + "/second"));
  EXPECT_NE(second.exit_within(20'000).value_or(0), 0);
  EXPECT_THAT(read_file(folder.path() + "/second"), HasSubstr("cannot listen on --mqtts 127.0.0.1:"));
}

}  // namespace
}  // namespace rollcall::testing
