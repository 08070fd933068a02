// HTTP as a meaning: what a request says and what is answered. Filled and sent by net/, understood by api/
// and server/. Thread: values; a HttpHandler belongs to one core and is called on it only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_handle.hpp"

namespace rollcall {

struct HttpRequest {
  std::string method;                                        // upper case as sent
  std::string target;                                        // as sent: "/?A=b"; may lack the leading slash
  std::vector<std::pair<std::string, std::string>> headers;  // names lower case, values trimmed, in order
  std::string body;                                          // de-chunked
  std::string peer;                                          // "127.0.0.1:54321"
  bool tls = false;

  // First header of that (lower case) name, or empty.
  std::string_view header(std::string_view name) const noexcept {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

// A part of an open file, sent as a body without being read into memory.
struct HttpFile {
  FileHandle file;
  int64_t offset = 0;
  int64_t bytes = 0;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json;charset=utf-8";
  std::vector<std::pair<std::string, std::string>>
      headers;  // beside Content-Type, Content-Length, Connection
  std::string body;
  std::shared_ptr<HttpFile> file = {};  // sent instead of `body`
  bool close = false;                   // close the connection behind this answer
};

// Answers one request, exactly once, on the core that asked. Calling it after the connection died is
// harmless.
using HttpResponder = std::function<void(HttpResponse&&)>;

// Takes the body of one request as it comes. Destroyed before on_end() when the connection breaks, or when
// the request was answered early: then nothing more of the body is read.
class HttpUpload {
 public:
  virtual ~HttpUpload() = default;
  virtual void on_body(std::string_view bytes) = 0;
  virtual void on_end() = 0;  // the body was whole
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Asked with every head of a request whose body has a length. Who gives something gets that body, of any
  // length, as it comes, and answers by `respond` when it wants; null: handle() gets the whole request, if
  // its body is not too long.
  virtual std::shared_ptr<HttpUpload> begin_upload(const HttpRequest&, int64_t /*length*/,
                                                   const HttpResponder&) {
    return nullptr;
  }
  // May answer at once or later (from the same core's thread). Pipelined requests of one connection are
  // handed over one by one.
  virtual void handle(HttpRequest&& request, HttpResponder respond) = 0;
};

}  // namespace rollcall
