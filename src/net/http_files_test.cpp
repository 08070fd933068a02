// Bodies that are not held in memory: files as answers, and uploads that are taken as they come.
#include <fcntl.h>
#include <sys/mman.h>

#include "net/test_http.hpp"
#include "net/test_tls.hpp"

namespace rollcall::net {
namespace {

std::string pattern(size_t bytes) {
  std::string text(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + (i / 7 + i) % 26);
  return text;
}

// A file without a name.
FileHandle file_of(std::string_view content) {
  FileHandle file(::memfd_create("test", MFD_CLOEXEC));
  EXPECT_EQ(::pwrite(file.get(), content.data(), content.size(), 0), static_cast<ssize_t>(content.size()));
  return file;
}

class HttpFilesTest : public HttpServerTest {
 protected:
  // Every answer is this part of `content`.
  void serve(const std::string& content, int64_t offset, int64_t bytes) {
    handler.amend = [content, offset, bytes](HttpResponse& response) {
      response.file = std::make_shared<HttpFile>(HttpFile{file_of(content), offset, bytes});
    };
  }
};

TEST_F(HttpFilesTest, SendAPartOfAFileAndTakeTheNextRequest) {
  start();
  const std::string content = pattern(3u << 20);
  serve(content, 10, 2'000'000);
  TestPeer peer(port);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(peer.send(loop, "GET /file HTTP/1.1\r\nHost: a\r\n\r\n"));
    ASSERT_TRUE(peer.wait_for_bytes(loop, 2'000'000));
    ASSERT_TRUE(peer.wait_for_text(loop, content.substr(2'000'000 - 90, 100)));
    EXPECT_NE(peer.received.find("Content-Length: 2000000\r\n"), std::string::npos);
    EXPECT_TRUE(peer.received.ends_with("\r\n\r\n" + content.substr(10, 2'000'000)));
    peer.received.clear();
  }
}

TEST_F(HttpFilesTest, AnswerPipelinedRequestsInOrder) {
  start();
  serve("the file", 4, 4);
  std::string requests;
  for (int i = 0; i < 300; ++i) requests += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string received =
      talk_to_end(requests + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(count_of(received, "\r\n\r\nfile"), 301u);
}

TEST_F(HttpFilesTest, TellHeadTheLengthAlone) {
  start();
  serve("the file", 0, 8);
  const std::string received = talk_to_end("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(received.find("Content-Length: 8\r\n"), std::string::npos);
  EXPECT_TRUE(received.ends_with("\r\n\r\n"));
}

TEST_F(HttpFilesTest, MaySendNothing) {
  start();
  serve("the file", 8, 0);
  EXPECT_TRUE(talk_to_end("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").ends_with("\r\n\r\n"));
}

TEST_F(HttpFilesTest, CutTheConnectionWhenTheFileBecameShorter) {
  start();
  serve("the file", 0, 100);
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_TRUE(peer.wait_for_end(loop));
  EXPECT_TRUE(peer.received.ends_with("the file"));
}

TEST_F(HttpFilesTest, SurviveAPeerThatGoesInTheMiddle) {
  start();
  serve(pattern(8u << 20), 0, 8 << 20);
  {
    TestPeer peer(port, 4'096);
    ASSERT_TRUE(peer.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    ASSERT_TRUE(peer.wait_for_bytes(loop, 10'000));
  }
  EXPECT_TRUE(loop.run_until([&] { return server->connections() == 0; }, kTestDeadlineMs));
}

TEST_F(HttpFilesTest, GoOverTlsWithTheSameBytes) {
  HttpServerOptions options;
  options.tls = *TlsContext::load(TestCertificate::shared().files, {});
  start(options);
  const std::string content = pattern(1u << 20);
  serve(content, 1, (1 << 20) - 1);
  TlsPeer peer(port);
  ASSERT_TRUE(peer.shake_hands(loop));
  peer.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(peer.wait_for_bytes(loop, content.size()));
  ASSERT_TRUE(peer.wait_for_text(loop, content.substr(content.size() - 100)));
  EXPECT_TRUE(peer.received.ends_with("\r\n\r\n" + content.substr(1)));
}

// Takes uploads to /up, and answers early when `limit` bytes have come.
struct UploadHandler final : HttpHandler {
  struct Upload final : HttpUpload {
    explicit Upload(UploadHandler& all) : owner(all) { ++owner.living; }
    ~Upload() override { --owner.living; }
    void on_body(std::string_view bytes) override {
      ++owner.pieces;
      owner.taken.append(bytes);
      if (owner.taken.size() >= owner.limit) refuse(owner.respond);
    }
    void on_end() override {
      owner.ended = true;
      owner.respond(ok("took " + std::to_string(owner.taken.size())));
    }
    UploadHandler& owner;
  };
  static void refuse(const HttpResponder& respond) {
    HttpResponse response = ok("refused");
    response.status = 403;
    respond(std::move(response));
  }
  std::shared_ptr<HttpUpload> begin_upload(const HttpRequest& head, int64_t length,
                                           const HttpResponder& responder) override {
    if (!head.target.starts_with("/up")) return nullptr;
    announced = length;
    respond = responder;
    if (limit == 0) refuse(respond);
    return std::make_shared<Upload>(*this);
  }
  void handle(HttpRequest&& request, HttpResponder responder) override {
    responder(ok("whole " + request.body));
  }
  HttpResponder respond;
  std::string taken;
  size_t limit = SIZE_MAX;
  size_t pieces = 0;
  int64_t announced = 0;
  int living = 0;
  bool ended = false;
};

class HttpUploadTest : public ::testing::Test {
 protected:
  void start(HttpServerOptions options = {}) {
    options.body_bytes_max = 1'000;
    server = std::make_unique<HttpServer>(loop, options);
    ASSERT_TRUE(server->listen(Address{"127.0.0.1", 0}, handler));
  }
  static std::string head(size_t length, std::string_view more = "") {
    return "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n" +
           std::string(more) + "\r\n";
  }
  CoreLoop loop;
  UploadHandler handler;
  std::unique_ptr<HttpServer> server;
};

TEST_F(HttpUploadTest, ComesInPiecesBeyondTheLimitOfBodiesAndTheConnectionGoesOn) {
  start();
  TestPeer peer(server->bound().port);
  const std::string body = pattern(5u << 20);
  ASSERT_TRUE(peer.send(loop, head(body.size()) + body));
  ASSERT_TRUE(peer.wait_for_text(loop, "took 5242880"));
  EXPECT_EQ(handler.taken, body);
  EXPECT_EQ(handler.announced, 5'242'880);
  EXPECT_GT(handler.pieces, 10u);
  EXPECT_EQ(handler.living, 0);
  ASSERT_TRUE(peer.send(loop, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"));
  EXPECT_TRUE(peer.wait_for_text(loop, "whole abc"));
}

TEST_F(HttpUploadTest, TakesNoMoreThanItsLength) {
  start();
  TestPeer peer(server->bound().port);
  ASSERT_TRUE(peer.send(loop, head(3) + "abcPOST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nz"));
  ASSERT_TRUE(peer.wait_for_text(loop, "whole z"));
  EXPECT_EQ(handler.taken, "abc");
}

TEST_F(HttpUploadTest, IsAskedForWhereTheClientExpectsThat) {
  start();
  TestPeer peer(server->bound().port);
  ASSERT_TRUE(peer.send(loop, head(3, "Expect: 100-continue\r\n")));
  ASSERT_TRUE(peer.wait_for_text(loop, "HTTP/1.1 100 Continue\r\n\r\n"));
  ASSERT_TRUE(peer.send(loop, "abc"));
  EXPECT_TRUE(peer.wait_for_text(loop, "took 3"));
}

TEST_F(HttpUploadTest, EndsWithAnAnswerThatComesEarly) {
  start();
  for (const size_t limit : {size_t{0}, size_t{4'000}}) {
    handler.limit = limit;
    handler.taken.clear();
    TestPeer peer(server->bound().port);
    ASSERT_TRUE(peer.send(loop, head(1'000'000, "Expect: 100-continue\r\n") + std::string(limit, 'x')));
    ASSERT_TRUE(peer.wait_for_text(loop, "refused"));
    EXPECT_EQ(count_of(peer.received, "HTTP/1.1 403"), 1u);
    EXPECT_TRUE(peer.wait_for_end(loop));
    EXPECT_EQ(handler.living, 0);
  }
  EXPECT_FALSE(handler.ended);
}

TEST_F(HttpUploadTest, IsDroppedWhenTheConnectionBreaks) {
  start();
  {
    TestPeer peer(server->bound().port);
    ASSERT_TRUE(peer.send(loop, head(100) + "abc"));
    ASSERT_TRUE(loop.run_until([&] { return handler.taken == "abc"; }, kTestDeadlineMs));
  }
  EXPECT_TRUE(loop.run_until([&] { return handler.living == 0; }, kTestDeadlineMs));
  EXPECT_FALSE(handler.ended);
}

TEST_F(HttpUploadTest, MayTakeLongButNotStandStill) {
  HttpServerOptions options;
  options.request_ms = 300;
  options.close_ms = 50;
  start(options);
  TestPeer peer(server->bound().port);
  ASSERT_TRUE(peer.send(loop, head(100) + "abc"));
  EXPECT_TRUE(peer.wait_for_text(loop, "HTTP/1.1 408"));
  EXPECT_TRUE(peer.wait_for_end(loop));
  EXPECT_EQ(handler.living, 0);
}

TEST_F(HttpUploadTest, IsNoWayAroundTheLimitForOthers) {
  start();
  TestPeer peer(server->bound().port);
  ASSERT_TRUE(peer.send(loop, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"));
  EXPECT_TRUE(peer.wait_for_text(loop, "HTTP/1.1 413"));
  TestPeer chunked(server->bound().port);
  ASSERT_TRUE(chunked.send(loop, "POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
                                     std::string(2'000, 'x')));
  EXPECT_TRUE(chunked.wait_for_text(loop, "HTTP/1.1 413")) << "what has no length is no upload";
  EXPECT_TRUE(handler.taken.empty());
}

}  // namespace
}  // namespace rollcall::net
