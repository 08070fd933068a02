// HttpConnection: one connection of a HttpServer, from the first byte to the last. Bytes in, one request at a
// time out to the handler, answers back in order. Included by net/ only. Thread: the loop's. Lives in
// shared_ptrs: its server's list and its pending operations.
#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/http.hpp"
#include "net/core_loop.hpp"
#include "net/http_head.hpp"
#include "net/http_server.hpp"
#include "net/stream.hpp"

namespace rollcall::net {

class HttpConnection;

// What a connection needs of its server, which outlives the loop's operations.
struct HttpServerContext {
  CoreLoop* loop = nullptr;
  const HttpServerOptions* options = nullptr;
  HttpHandler* handler = nullptr;
  std::function<void(HttpConnection&)> on_dead;
  std::function<std::string_view()> date;
};

class HttpConnection final : public StreamOwner, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(HttpServerContext& server, std::unique_ptr<Stream> stream, std::string peer, bool tls);

  void start();
  // Called every now and then: does what a passed deadline demands.
  void check_deadline(SteadyUs now);
  // Lets a running request end, then closes.
  void close_gently();
  void close_now();
  bool is_idle() const;
  SteadyUs deadline() const { return deadline_; }

  size_t index = 0;  // the place in the server's list

  void on_handshake(const error_code& ec) override;
  void on_read(const error_code& ec, std::string_view bytes) override;
  void on_written(const error_code& ec, size_t bytes) override;
  void on_finished() override;

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  // Head: nothing or a part of a head is here. Upload: the handler takes the body as it comes. Answering: the
  // handler has the request. Sending: a file is the answer's body. Closing: the last bytes are being written.
  // Lingering: waiting for the peer's end.
  enum class Phase : uint8_t { Handshake, Head, Body, Upload, Answering, Sending, Closing, Lingering, Dead };

  std::string_view unread() const { return std::string_view(input_).substr(input_used_); }
  bool may_take_request() const;
  void process();
  bool step_head();
  bool step_body();
  bool step_upload();
  bool begin_upload();
  HttpResponder responder();
  void send_file();
  bool read_file();
  bool accept_head(std::string_view head);
  bool begin_body();
  void take_head();
  void hand_over();
  void upgrade();
  void answer(uint64_t request_number, HttpResponse&& response);
  void refuse(int status, std::string_view reason);
  void append_answer(const HttpResponse& response);
  void compact_input();
  void set_reading_deadline();
  void set_deadline(int64_t delay_ms);
  void flush_output();
  void read_if_wanted();
  void end_of_input();

  HttpServerContext& server_;
  std::unique_ptr<Stream> stream_;
  std::string peer_;
  std::string input_;
  size_t input_used_ = 0;
  std::string output_;  // being written
  size_t output_written_ = 0;
  std::string next_output_;  // behind it
  HeadScanner scanner_;
  std::optional<Parser> parser_;
  HttpRequest request_;
  std::shared_ptr<HttpUpload> upload_;
  int64_t upload_left_ = 0;
  std::shared_ptr<HttpFile> file_;  // being sent, behind the output
  uint64_t request_number_ = 0;
  SteadyUs deadline_;
  SteadyUs write_deadline_;
  Phase phase_ = Phase::Handshake;
  bool tls_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool in_process_ = false;
  bool request_begun_ = false;  // its deadline runs
  bool input_ended_ = false;    // the peer has shut its end
  bool close_after_ = false;    // behind the current request
  bool http_10_ = false;
  bool head_only_ = false;
};

}  // namespace rollcall::net
