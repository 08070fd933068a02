#include "files/service.hpp"

#include <map>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "files/form_reader.hpp"
#include "files/limits.hpp"
#include "files/ranges.hpp"

namespace rollcall::files {
namespace {

std::string upper_hex(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

// As the vendor's object store says it.
HttpResponse error_answer(Random& random, const UploadError& error) {
  HttpResponse response;
  response.status = error.status;
  response.content_type = "application/xml";
  response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>" + xml_text(error.code) +
                  "</Code>\n  <Message>" + xml_text(error.message) + "</Message>\n  <RequestId>" +
                  upper_hex(random.hex(12)) + "</RequestId>\n</Error>\n";
  return response;
}

UploadError not_stored(const Error& error) {
  log_error("file.not_stored", {{"error", error.detail}});
  if (error.detail.starts_with("full:"))
    return {507, "InsufficientStorage", "The disk of the server is full; the file was not stored."};
  return {500, "InternalError", "The file could not be stored."};
}

UploadError malformed(std::string why) {
  return {400, "MalformedPOSTRequest",
          "The body of your POST request is not well-formed multipart/form-data: " + std::move(why) + "."};
}

// What success_action_status wants (cloud-api A.11); anything else is the default.
int success_status(const std::string& wanted) {
  if (wanted == "200") return 200;
  return wanted == "201" ? 201 : 204;
}

HttpResponse success_answer(int status, const UploadedFile& file) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/xml";
  const std::string etag = "\"" + upper_hex(file.digests.md5) + "\"";
  response.headers.emplace_back("ETag", etag);
  if (status == 201)
    response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>\n  <Key>" +
                    xml_text(file.key) + "</Key>\n  <ETag>" + etag + "</ETag>\n</PostResponse>\n";
  return response;
}

bool is_upload(const HttpRequest& head) {
  const std::string_view path = std::string_view(head.target).substr(0, head.target.find('?'));
  return head.method == "POST" && (path == "/files" || path == "/files/");
}

}  // namespace

class FileService::Upload final : public HttpUpload, public FormHandler {
 public:
  Upload(FileService& service, const std::string& boundary, HttpResponder respond)
      : service_(service), reader_(boundary), respond_(std::move(respond)) {
    ++service_.uploads_;
  }
  ~Upload() override { --service_.uploads_; }

  void refuse(const UploadError& error) {
    if (answered_) return;
    answered_ = true;
    service_.probe_.uploads_refused.add();
    incoming_.reset();
    respond_(error_answer(service_.random_, error));
  }

  void on_body(std::string_view bytes) override {
    if (answered_) return;
    switch (reader_.feed(bytes, *this)) {
      case FormReader::State::Reading:
      case FormReader::State::Done:
        return;
      case FormReader::State::Stopped:
        return refuse(error_);
      case FormReader::State::Broken:
        return refuse(malformed("a part cannot be read, is too large, or there is no file"));
      case FormReader::State::Order:
        return refuse({400, "IncorrectNumberOfFilesInPOSTRequest",
                       "POST requires exactly one file upload per request, as the last part."});
    }
  }

  void on_end() override {
    if (answered_) return;
    if (reader_.state() != FormReader::State::Done) return refuse(malformed("it ends too early"));
    answered_ = true;
    finish();
  }

  bool on_field(std::string_view name, std::string_view value) override {
    fields_[ascii_lower(name)] = value;
    return true;
  }

  bool on_file_begin() override {
    auto grant = service_.tickets_.check(
        [this](std::string_view name) {
          const auto found = fields_.find(name);
          return found == fields_.end() ? std::string() : found->second;
        },
        service_.clock_.wall());
    if (!grant) return stop(std::move(grant.error()));
    file_.key = std::move(grant->key);
    file_.instance = grant->instance;
    auto incoming = service_.folder_.begin(service_.random_);
    if (!incoming) return stop(not_stored(incoming.error()));
    incoming_ = std::move(*incoming);
    return true;
  }

  bool on_file(std::string_view bytes) override {
    if (incoming_->bytes() + static_cast<int64_t>(bytes.size()) > limits::kJobFileBytesMax)
      return stop(too_large());
    const Status written = incoming_->write(bytes);
    return written ? true : stop(not_stored(written.error()));
  }

  static UploadError too_large() {
    return {400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size of 1000 MiB."};
  }

 private:
  bool stop(UploadError error) {
    error_ = std::move(error);
    return false;
  }

  // The connection may be gone when the file is stored: it is registered all the same.
  void finish() {
    struct Work {
      std::unique_ptr<Incoming> incoming;
      Result<Digests> placed;
    };
    const auto work = std::make_shared<Work>(Work{std::move(incoming_), Digests()});
    FileService& service = service_;
    service.ports_.run_slow(
        [&service, work] { work->placed = service.folder_.place(std::move(work->incoming)); },
        [&service, work, file = std::move(file_), respond = respond_,
         status = success_status(fields_["success_action_status"])]() mutable {
          if (!work->placed) {
            service.probe_.uploads_refused.add();
            return respond(error_answer(service.random_, not_stored(work->placed.error())));
          }
          file.digests = *work->placed;
          service.ports_.add(file, [&service, file, respond, status](FilePorts::Added added) {
            if (added == FilePorts::Added::Yes) {
              service.probe_.uploads.add();
              return respond(success_answer(status, file));
            }
            service.probe_.uploads_refused.add();
            const bool taken = added == FilePorts::Added::Taken;
            respond(error_answer(
                service.random_,
                taken
                    ? UploadError{409, "FileAlreadyExists", "The key has another content already."}
                    : UploadError{503, "ServiceUnavailable", "The store did not take the file; try again."}));
          });
        });
  }

  FileService& service_;
  FormReader reader_;
  HttpResponder respond_;
  std::map<std::string, std::string, std::less<>> fields_;  // by lower-case name
  UploadedFile file_;
  std::unique_ptr<Incoming> incoming_;
  UploadError error_;
  bool answered_ = false;
};

FileService::FileService(FileFolder folder, const FileLinks& links, const UploadTickets& tickets,
                         FilePorts& ports, const Clock& clock, Random& random, FileProbe& probe)
    : folder_(std::move(folder)),
      links_(links),
      tickets_(tickets),
      ports_(ports),
      clock_(clock),
      random_(random),
      probe_(probe) {}

std::shared_ptr<HttpUpload> FileService::begin_upload(const HttpRequest& head, int64_t length,
                                                      const HttpResponder& respond) {
  if (!is_upload(head)) return nullptr;
  const auto boundary = FormReader::boundary_of(head.header("content-type"));
  const bool busy = uploads_ >= limits::kUploadsMax;
  auto upload = std::make_shared<Upload>(*this, boundary.value_or("none"), respond);
  if (!boundary)
    upload->refuse(malformed("the Content-Type has to be multipart/form-data with a boundary"));
  else if (length > limits::kJobFileBytesMax + static_cast<int64_t>(limits::kUploadFormBytesMax))
    upload->refuse(Upload::too_large());
  else if (busy)
    upload->refuse({503, "SlowDown", "Too many files are being uploaded; try again."});
  return upload;
}

HttpResponse FileService::download(const HttpRequest& request) {
  const auto grant = links_.check(request.target, clock_.wall());
  // The same whatever is wrong: who has no link learns nothing, not even what there is.
  if (!grant) return error_answer(random_, {403, "AccessDenied", "The link is not valid, or not any more."});
  auto opened = folder_.read(grant->sha256);
  if (!opened) return error_answer(random_, {500, "InternalError", "The file could not be read."});
  if (!*opened) return error_answer(random_, {404, "NoSuchKey", "The file is not there any more."});

  HttpResponse response;
  response.content_type = "application/octet-stream";
  const std::string etag = "\"" + grant->sha256 + "\"";
  response.headers = {{"ETag", etag}, {"Accept-Ranges", "bytes"}, {"Cache-Control", "private"}};
  const std::string_view known = request.header("if-none-match");
  if (known == etag || known == "*") {
    response.status = 304;
    return response;
  }
  const int64_t bytes = (*opened)->bytes;
  RangeChoice choice{RangeChoice::Kind::Whole, {0, bytes}};
  const std::string_view condition = request.header("if-range");
  if (request.method == "GET" && (condition.empty() || condition == etag))
    choice = choose_range(request.header("range"), bytes);
  const std::string of = "/" + std::to_string(bytes);
  if (choice.kind == RangeChoice::Kind::Unsatisfiable) {
    HttpResponse refusal = error_answer(random_, {416, "InvalidRange", "The range is behind the end."});
    refusal.headers = {{"Content-Range", "bytes *" + of}};
    return refusal;
  }
  const Range range = choice.range;
  if (choice.kind == RangeChoice::Kind::Part) {
    response.status = 206;
    response.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                       std::to_string(range.first + range.bytes - 1) + of);
  }
  response.headers.emplace_back("Content-Disposition",
                                "attachment; filename*=UTF-8''" + percent_encode(grant->name));
  response.file = std::make_shared<HttpFile>(HttpFile{std::move((*opened)->file), range.first, range.bytes});
  if (request.method == "GET") {
    probe_.downloads.add();
    probe_.bytes_out.add(static_cast<uint64_t>(range.bytes));
  }
  return response;
}

void FileService::handle(HttpRequest&& request, HttpResponder respond) {
  if (request.method == "GET" || request.method == "HEAD") return respond(download(request));
  if (is_upload(request))
    return respond(error_answer(
        random_, {411, "MissingContentLength", "You must provide the Content-Length HTTP header."}));
  HttpResponse refusal = error_answer(
      random_, {405, "MethodNotAllowed", "Files are got with GET and uploaded with POST to /files/."});
  refusal.headers.emplace_back("Allow", "GET, HEAD, POST");
  respond(std::move(refusal));
}

}  // namespace rollcall::files
