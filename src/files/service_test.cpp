#include "files/service.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/crypto.hpp"
#include "files/limits.hpp"

namespace rollcall::files {
namespace {

namespace fs = std::filesystem;

struct Ports final : FilePorts {
  void run_slow(std::function<void()> work, std::function<void()> done) override {
    const auto both = [work, done] {
      work();
      done();
    };
    if (!later) return both();
    slow.emplace_back(both);
  }
  void add(UploadedFile file, std::function<void(Added)> done) override {
    if (answer == Added::Yes) files.push_back(file);
    done(answer);
  }
  bool later = false;
  Added answer = Added::Yes;
  std::vector<std::function<void()>> slow;
  std::vector<UploadedFile> files;
};

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "rollcall-service-XXXXXX").string();
    base = ::mkdtemp(name.data());
    service = std::make_unique<FileService>(*FileFolder::open(base + "/files"), links, tickets, ports, clock,
                                            random, probe);
  }
  void TearDown() override {
    service.reset();
    fs::remove_all(base);
  }

  std::string form(const std::string& content, const std::string& status = "200") {
    const UploadTicket ticket =
        tickets.make("job/00/a.bin", InstanceId{3}, clock.wall() + limits::kUploadTicketMs);
    std::string text;
    for (const auto& [name, value] : {std::pair<std::string, std::string>{"key", ticket.key},
                                      {"policy", ticket.policy},
                                      {"OSSAccessKeyId", ticket.access_key_id},
                                      {"signature", ticket.signature},
                                      {"success_action_status", status}})
      text += "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
    return text + "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n" + content +
           "\r\n--B--\r\n";
  }
  // What a client sees: "200 body", or the code of an error.
  std::string post(const std::string& body, int64_t length = -1,
                   const std::string& type = "multipart/form-data; boundary=B") {
    HttpRequest head;
    head.method = "POST";
    head.target = "/files/";
    head.headers = {{"content-type", type}};
    answer.reset();
    auto upload = service->begin_upload(head, length < 0 ? static_cast<int64_t>(body.size()) : length,
                                        [this](HttpResponse&& response) { answer = std::move(response); });
    if (!upload) return "no upload";
    for (size_t at = 0; at < body.size() && !answer; at += 1'000)
      upload->on_body(std::string_view(body).substr(at, 1'000));
    if (!answer) upload->on_end();
    return text_of_answer();
  }
  std::string get(const std::string& link, std::vector<std::pair<std::string, std::string>> headers = {},
                  const std::string& method = "GET") {
    HttpRequest request;
    request.method = method;
    request.target = link.substr(link.find("/files/"));
    request.headers = std::move(headers);
    answer.reset();
    service->handle(std::move(request), [this](HttpResponse&& response) { answer = std::move(response); });
    return text_of_answer();
  }
  std::string text_of_answer() {
    if (!answer) return "no answer";
    std::string text = std::to_string(answer->status);
    if (const size_t at = answer->body.find("<Code>"); at != std::string::npos)
      return text + " " + answer->body.substr(at + 6, answer->body.find("</Code>") - at - 6);
    if (!answer->file) return text + " " + answer->body;
    std::string content(static_cast<size_t>(answer->file->bytes), '\0');
    EXPECT_EQ(::pread(answer->file->file.get(), content.data(), content.size(), answer->file->offset),
              answer->file->bytes);
    return text + " " + content;
  }
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : answer->headers)
      if (key == name) return value;
    return {};
  }
  std::string upload(const std::string& content) {
    EXPECT_EQ(post(form(content)), "200 ");
    return ports.files.back().digests.sha256;
  }
  std::string link_to(const std::string& sha256) {
    return links.link(sha256, "固件.bin", "job7", clock.wall() + limits::kDeviceFileLinkMs);
  }
  size_t stored() const { return FileFolder::open(base + "/files")->all()->size(); }

  std::string base;
  ManualClock clock;
  SystemRandom random;
  FileProbe probe;
  Ports ports;
  FileLinks links{"secret", "http://files.example"};
  UploadTickets tickets{"secret"};
  std::unique_ptr<FileService> service;
  std::optional<HttpResponse> answer;
};

TEST_F(Files, AreUploadedAsTheVendorsSampleDoesAndDownloadedByTheirLink) {
  const std::string content = "the image" + std::string(5'000, '\r') + "end";
  EXPECT_EQ(post(form(content)), "200 ");
  EXPECT_EQ(
      header("ETag"), "\"" + [&] {
        std::string md5 = hex_lower(digest(HashKind::Md5, content));
        for (char& c : md5) c = static_cast<char>(std::toupper(c));
        return md5;
      }() + "\"");
  ASSERT_EQ(ports.files.size(), 1u);
  EXPECT_EQ(ports.files[0].key, "job/00/a.bin");
  EXPECT_EQ(ports.files[0].instance, InstanceId{3});
  EXPECT_EQ(ports.files[0].digests.bytes, static_cast<int64_t>(content.size()));
  EXPECT_EQ(ports.files[0].digests.sha256, hex_lower(digest(HashKind::Sha256, content)));
  EXPECT_EQ(get(link_to(ports.files[0].digests.sha256)), "200 " + content);
  EXPECT_EQ(header("Content-Disposition"), "attachment; filename*=UTF-8''%E5%9B%BA%E4%BB%B6.bin");
  EXPECT_EQ(probe.uploads.value(), 1u);
  EXPECT_EQ(probe.downloads.value(), 1u);
}

TEST_F(Files, AreAnsweredWithTheStatusThatIsAskedFor) {
  EXPECT_EQ(post(form("x", "204")), "204 ");
  EXPECT_EQ(post(form("x", "302")), "204 ");
  EXPECT_TRUE(post(form("x", "201")).starts_with("201 <?xml"));
  EXPECT_NE(answer->body.find("<Key>job/00/a.bin</Key>"), std::string::npos);
}

TEST_F(Files, AreNotStoredWhenAnythingIsWrong) {
  const std::string good = form("content");
  EXPECT_EQ(post(good, -1, "application/x-www-form-urlencoded"), "400 MalformedPOSTRequest");
  EXPECT_EQ(post(good.substr(0, good.size() - 5)), "400 MalformedPOSTRequest") << "a torn upload";
  EXPECT_EQ(post(good, (int64_t{1'000} << 20) + 70'000), "400 EntityTooLarge");
  const size_t file = good.rfind("--B\r\nContent");
  EXPECT_EQ(post(good.substr(file)), "400 InvalidArgument") << "the file before the fields";
  EXPECT_EQ(post(good.substr(file, good.size() - file - 7) + "\r\n" + good.substr(0, file) + "--B--"),
            "400 InvalidArgument");
  EXPECT_EQ(post(good.substr(0, good.size() - 7) + "\r\n" + good), "400 IncorrectNumberOfFilesInPOSTRequest");
  clock.advance_ms(limits::kUploadTicketMs);
  EXPECT_EQ(post(good), "403 AccessDenied") << "a minute later";
  EXPECT_TRUE(ports.files.empty());
  EXPECT_EQ(stored(), 0u);
  EXPECT_EQ(probe.uploads_refused.value(), 7u);
}

TEST_F(Files, AreNotAnsweredBeforeTheyAreKnown) {
  ports.later = true;
  EXPECT_EQ(post(form("x")), "no answer");
  ports.slow.front()();
  EXPECT_EQ(text_of_answer(), "200 ");
  ports.later = false;
  ports.answer = FilePorts::Added::Taken;
  EXPECT_EQ(post(form("y")), "409 FileAlreadyExists");
  ports.answer = FilePorts::Added::Failed;
  EXPECT_EQ(post(form("y")), "503 ServiceUnavailable");
}

TEST_F(Files, AreDownloadedInParts) {
  const std::string link = link_to(upload("0123456789"));
  const std::string etag = "\"" + ports.files[0].digests.sha256 + "\"";
  EXPECT_EQ(get(link, {{"range", "bytes=2-4"}}), "206 234");
  EXPECT_EQ(header("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(header("ETag"), etag);
  EXPECT_EQ(get(link, {{"range", "bytes=7-"}, {"if-range", etag}}), "206 789");
  EXPECT_EQ(get(link, {{"range", "bytes=7-"}, {"if-range", "\"another\""}}), "200 0123456789");
  EXPECT_EQ(get(link, {{"range", "bytes=10-"}}), "416 InvalidRange");
  EXPECT_EQ(header("Content-Range"), "bytes */10");
  EXPECT_EQ(get(link, {{"if-none-match", etag}}), "304 ");
  EXPECT_TRUE(get(link, {{"range", "bytes=2-4"}}, "HEAD").starts_with("200 "));
  EXPECT_EQ(probe.bytes_out.value(), 3u + 3u + 10u);
}

TEST_F(Files, TellNothingWithoutALink) {
  const std::string there = upload("x");
  const std::string absent(64, '0');
  for (const std::string& sha256 : {there, absent}) {
    EXPECT_EQ(get("/files/" + sha256 + "/a.bin"), "403 AccessDenied");
    EXPECT_EQ(get(link_to(sha256) + "0"), "403 AccessDenied");
  }
  EXPECT_EQ(get(link_to(absent)), "404 NoSuchKey") << "who has a link may know";
  const std::string link = link_to(there);
  clock.advance_ms(limits::kDeviceFileLinkMs);
  EXPECT_EQ(get(link), "403 AccessDenied");
}

TEST_F(Files, TakeNoOtherMethods) {
  EXPECT_EQ(get("/files/x", {}, "PUT"), "405 MethodNotAllowed");
  EXPECT_EQ(get("/files/", {}, "POST"), "411 MissingContentLength");
  HttpRequest elsewhere;
  elsewhere.method = "POST";
  elsewhere.target = "/";
  EXPECT_FALSE(service->begin_upload(elsewhere, 5, [](HttpResponse&&) {}));
}

TEST_F(Files, AreNotTakenInTooManyAtOnce) {
  HttpRequest head;
  head.method = "POST";
  head.target = "/files/";
  head.headers = {{"content-type", "multipart/form-data; boundary=B"}};
  std::vector<std::shared_ptr<HttpUpload>> uploads;
  for (size_t i = 0; i < limits::kUploadsMax; ++i)
    uploads.push_back(service->begin_upload(head, 5, [](HttpResponse&&) { ADD_FAILURE(); }));
  EXPECT_EQ(post(form("x")), "503 SlowDown");
  uploads.pop_back();
  EXPECT_EQ(post(form("x")), "200 ");
}

}  // namespace
}  // namespace rollcall::files
