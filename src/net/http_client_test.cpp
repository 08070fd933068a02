#include "net/http_client.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <future>

#include "net/test_http.hpp"
#include "net/tls.hpp"

namespace rollcall::net {
namespace {

// The client blocks, so it runs in a thread of its own while the test runs the server's loop.
struct HttpClientTest : HttpServerTest {
  HttpClientOptions options_for_server() const {
    HttpClientOptions options;
    options.server = Address{"127.0.0.1", port};
    options.timeout_ms = kTestDeadlineMs;
    return options;
  }
  Result<HttpResponse> send(HttpClient& client, const HttpRequest& request) {
    auto future = std::async(std::launch::async, [&] { return client.send(request); });
    loop.run_until([&] { return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready; },
                   2 * kTestDeadlineMs);
    return future.get();
  }
  static HttpRequest post(std::string target, std::string body) {
    HttpRequest request;
    request.method = "POST";
    request.target = std::move(target);
    request.body = std::move(body);
    return request;
  }
};

TEST_F(HttpClientTest, SendsARequestAndReadsItsAnswer) {
  start();
  handler.amend = [](HttpResponse& response) { response.headers = {{"X-Answer", "yes"}}; };
  HttpClient client(options_for_server());
  HttpRequest request = post("/a?b=c", "body");
  request.headers = {{"X-Test", "1"}};
  const auto response = send(client, request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->content_type, "text/plain");
  EXPECT_EQ(response->body, "POST /a?b=c body");
  EXPECT_EQ(handler.requests[0].header("x-test"), "1");
  EXPECT_EQ(handler.requests[0].header("host"), "127.0.0.1:" + std::to_string(port));
  bool found = false;
  for (const auto& [name, value] : response->headers) found = found || (name == "x-answer" && value == "yes");
  EXPECT_TRUE(found);
}

TEST_F(HttpClientTest, UsesOneConnectionForManyRequests) {
  start();
  HttpClient client(options_for_server());
  for (int i = 0; i < 5; ++i) {
    const auto response = send(client, post("/", std::to_string(i)));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "POST / " + std::to_string(i));
  }
  EXPECT_EQ(client.connects(), 1u);
}

TEST_F(HttpClientTest, ConnectsAgainWhenTheServerHasClosed) {
  HttpServerOptions options;
  options.idle_ms = 20;
  start(options);
  HttpClient client(options_for_server());
  ASSERT_TRUE(send(client, post("/", "1")));
  ASSERT_TRUE(eventually(loop, [&] { return server->connections() == 0; }));
  const auto response = send(client, post("/", "2"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(client.connects(), 2u);
  EXPECT_EQ(handler.requests.size(), 2u) << "nothing is sent twice";
}

TEST_F(HttpClientTest, SendsAndReceivesMegabytes) {
  start();
  HttpClient client(options_for_server());
  const std::string body(6u << 20, 'm');
  const auto response = send(client, post("/", body));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "POST / " + body);
}

TEST_F(HttpClientTest, ReadsTheRefusalOfARequestThatIsTooLong) {
  HttpServerOptions options;
  options.body_bytes_max = 1'000;
  start(options);
  HttpClient client(options_for_server());
  const auto response = send(client, post("/", std::string(4u << 20, 'b')));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 413);
}

TEST_F(HttpClientTest, AHeadAnswerHasNoBody) {
  start();
  HttpClient client(options_for_server());
  HttpRequest request;
  request.method = "HEAD";
  request.target = "/";
  ASSERT_TRUE(send(client, request));
  const auto next = send(client, post("/", "x"));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, "POST / x");
}

TEST_F(HttpClientTest, FailsWhenNobodyListens) {
  start();
  server->stop_listening();
  HttpClient client(options_for_server());
  const auto response = send(client, post("/", ""));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::ServiceUnavailable);
  EXPECT_NE(response.error().message.find("cannot connect to 127.0.0.1"), std::string::npos);
}

TEST_F(HttpClientTest, GivesUpAtItsDeadlineAndCanBeUsedAgain) {
  start();
  handler.keep = true;
  HttpClientOptions options = options_for_server();
  options.timeout_ms = 300;
  HttpClient client(options);
  ASSERT_FALSE(send(client, post("/", "1")));
  handler.keep = false;
  EXPECT_TRUE(send(client, post("/", "2")));
  EXPECT_EQ(client.connects(), 2u);
}

TEST_F(HttpClientTest, FailsWhenTheServerDiesBeforeItAnswers) {
  start();
  handler.keep = true;
  HttpClient client(options_for_server());
  auto future = std::async(std::launch::async, [&] { return client.send(post("/", "")); });
  ASSERT_TRUE(eventually(loop, [&] { return handler.kept.size() == 1; }));
  server.reset();
  ASSERT_TRUE(eventually(
      loop, [&] { return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
  EXPECT_FALSE(future.get());
}

// --- TLS

struct TlsTest : HttpClientTest {
  void SetUp() override {
    dir = testing::TempDir() + "rollcall_tls_XXXXXX";
    ASSERT_NE(::mkdtemp(dir.data()), nullptr);
    const auto made = generate_self_signed(dir, "rollcall.test");
    ASSERT_TRUE(made) << made.error().message;
    files = *made;
  }
  void TearDown() override { std::filesystem::remove_all(dir); }
  void start_tls(HttpServerOptions options = {}) {
    const auto context = TlsContext::load(files);
    ASSERT_TRUE(context) << context.error().message;
    options.tls = *context;
    start(options);
  }
  HttpClientOptions tls_options() const {
    HttpClientOptions options = options_for_server();
    options.tls = true;
    options.ca_path = files.certificate_path;
    return options;
  }

  std::string dir;
  TlsFiles files;
};

TEST_F(TlsTest, TheKeyIsForItsOwnerOnlyAndMadeOnce) {
  struct stat info = {};
  ASSERT_EQ(::stat(files.key_path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const auto written = std::filesystem::last_write_time(files.key_path);
  ASSERT_TRUE(generate_self_signed(dir, "other"));
  EXPECT_EQ(std::filesystem::last_write_time(files.key_path), written);
}

TEST_F(TlsTest, ServesSeveralRequestsOverOneVerifiedConnection) {
  start_tls();
  HttpClient client(tls_options());
  for (int i = 0; i < 3; ++i) {
    const auto response = send(client, post("/", std::to_string(i)));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "POST / " + std::to_string(i));
  }
  EXPECT_TRUE(handler.requests[0].tls);
  EXPECT_EQ(client.connects(), 1u);
}

TEST_F(TlsTest, CarriesMegabytesBothWays) {
  start_tls();
  HttpClient client(tls_options());
  const std::string body(3u << 20, 'm');
  const auto response = send(client, post("/", body));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body.size(), body.size() + 7);
}

TEST_F(TlsTest, DeliversARefusalBeforeItCloses) {
  HttpServerOptions options;
  options.body_bytes_max = 1'000;
  start_tls(options);
  HttpClient client(tls_options());
  const auto response = send(client, post("/", std::string(1'001, 'b')));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 413);
  EXPECT_TRUE(eventually(loop, [&] { return server->connections() == 0; }));
}

TEST_F(TlsTest, AClientThatVerifiesRefusesAnUnknownCertificate) {
  start_tls();
  HttpClientOptions options = tls_options();
  options.ca_path.clear();
  HttpClient client(options);
  const auto response = send(client, post("/", ""));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::ServiceUnavailable);
  EXPECT_TRUE(handler.requests.empty());
}

TEST_F(TlsTest, AClientThatDoesNotVerifyTakesAnyCertificate) {
  start_tls();
  HttpClientOptions options = tls_options();
  options.ca_path.clear();
  options.verify = false;
  HttpClient client(options);
  EXPECT_TRUE(send(client, post("/", "")));
}

TEST_F(TlsTest, PlainTextOnATlsPortIsCut) {
  start_tls();
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_TRUE(peer.wait_for_end(loop));
  EXPECT_TRUE(handler.requests.empty());
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(TlsTest, AHandshakeThatNeverComesIsCut) {
  HttpServerOptions options;
  options.handshake_ms = 40;
  start_tls(options);
  TestPeer peer(port);
  EXPECT_TRUE(peer.wait_for_end(loop));
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(TlsTest, FilesThatDoNotFitAreRefused) {
  EXPECT_FALSE(TlsContext::load(TlsFiles{dir + "/none", files.key_path}));
  EXPECT_FALSE(TlsContext::load(TlsFiles{files.certificate_path, dir + "/none"}));
  EXPECT_FALSE(TlsContext::load(TlsFiles{files.key_path, files.certificate_path}));
  const std::string other_dir = dir + "/other";
  std::filesystem::create_directories(other_dir);
  std::filesystem::create_directories(dir + "/third");
  const auto other = generate_self_signed(other_dir, "other");
  ASSERT_TRUE(other);
  const auto mixed = TlsContext::load(TlsFiles{files.certificate_path, other->key_path});
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().code, ErrorCode::ServiceUnavailable);
  EXPECT_FALSE(generate_self_signed(dir + "/no/such/dir", "x"));
  for (const char* host : {"", "a,IP:1.2.3.4", "a b"})
    EXPECT_FALSE(generate_self_signed(dir + "/third", host)) << host;
  EXPECT_TRUE(generate_self_signed(dir + "/third", "0.0.0.0"));
}

}  // namespace
}  // namespace rollcall::net
