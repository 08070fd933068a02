// Everything under /files/ on the HTTP port: the vendor's form upload (cloud-api A.11), and downloads by
// signed links with ranges (RFC 9110 section 14), validators and HEAD. Uploads are hashed and written as they
// come; what waits for the disk is done on the worker, and an upload is answered when the file is durable and
// registered. Thread: the core that serves HTTP.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/counters.hpp"
#include "base/http.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "files/folder.hpp"
#include "files/links.hpp"
#include "files/upload_ticket.hpp"

namespace rollcall::files {

struct UploadedFile {
  std::string key;
  InstanceId instance;
  Digests digests;
};

// What the files need of the server.
class FilePorts {
 public:
  virtual ~FilePorts() = default;
  // Runs `work` on the thread that may wait for the disk, then `done` on this core.
  virtual void run_slow(std::function<void()> work, std::function<void()> done) = 0;
  // Makes the file known under its key; durable when `done` is called. Taken: the key has another content.
  enum class Added : uint8_t { Yes, Taken, Failed };
  virtual void add(UploadedFile file, std::function<void(Added)> done) = 0;
};

struct FileProbe {
  Counter uploads;
  Counter uploads_refused;
  Counter downloads;  // begun, HEAD and 304 apart
  Counter bytes_out;  // of answers that were begun
};

class FileService final : public HttpHandler {
 public:
  // All of them outlive the service, and the ports the work that is under way.
  FileService(FileFolder folder, const FileLinks& links, const UploadTickets& tickets, FilePorts& ports,
              const Clock& clock, Random& random, FileProbe& probe);

  std::shared_ptr<HttpUpload> begin_upload(const HttpRequest& head, int64_t length,
                                           const HttpResponder& respond) override;
  // GET and HEAD of a link; everything else is refused.
  void handle(HttpRequest&& request, HttpResponder respond) override;

 private:
  class Upload;
  HttpResponse download(const HttpRequest& request);

  FileFolder folder_;
  const FileLinks& links_;
  const UploadTickets& tickets_;
  FilePorts& ports_;
  const Clock& clock_;
  Random& random_;
  FileProbe& probe_;
  size_t uploads_ = 0;  // under way
};

}  // namespace rollcall::files
