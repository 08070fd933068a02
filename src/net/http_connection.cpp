#include "net/http_connection.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/text.hpp"
#include "net/http_text.hpp"
#include "net/tcp_server.hpp"
#include "net/upgrade.hpp"
#include "net/web_socket.hpp"

namespace rollcall::net {

namespace http = boost::beast::http;

namespace {

constexpr size_t kPipelinedOutputBytesMax =
    256 * 1024;  // answers not taken yet at which no further request is begun
constexpr size_t kKeptInputBytesMax = 4 * 1024;

}  // namespace

HttpConnection::HttpConnection(HttpServerContext& server, std::unique_ptr<Stream> stream, std::string peer,
                               bool tls)
    : server_(server), stream_(std::move(stream)), peer_(std::move(peer)), tls_(tls) {}

void HttpConnection::start() {
  if (tls_) {
    set_deadline(server_.options->handshake_ms);
    stream_->handshake(shared_from_this());
    return;
  }
  phase_ = Phase::Head;
  process();
}

void HttpConnection::on_handshake(const error_code& ec) {
  if (phase_ == Phase::Dead) return;
  if (ec) {
    close_now();
    return;
  }
  phase_ = Phase::Head;
  process();
}

void HttpConnection::on_read(const error_code& ec, std::string_view bytes) {
  reading_ = false;
  if (phase_ == Phase::Dead) return;
  if (phase_ == Phase::Closing) {  // what arrives behind the last request is dropped
    if (ec) input_ended_ = true;
    return;
  }
  if (phase_ == Phase::Lingering) {
    if (ec) {
      close_now();
    } else {
      reading_ = true;
      stream_->read(shared_from_this());
    }
    return;
  }
  if (ec) {
    if (phase_ != Phase::Answering && phase_ != Phase::Sending) end_of_input();
    return;
  }
  input_.append(bytes);
  process();
}

// Reads are only pending between requests or within one, so the answers to whole requests are in the output
// already.
void HttpConnection::end_of_input() {
  input_ended_ = true;
  upload_.reset();
  phase_ = Phase::Closing;
  flush_output();
}

bool HttpConnection::may_take_request() const {
  return output_.size() - output_written_ + next_output_.size() < kPipelinedOutputBytesMax;
}

// The one place where input is worked off. Answers given inside handle() come back here as a change of phase,
// not as a recursion, so pipelined requests cost no stack.
void HttpConnection::process() {
  if (in_process_) return;
  const auto self = shared_from_this();
  in_process_ = true;
  bool more = true;
  while (more && may_take_request()) {
    if (phase_ == Phase::Head)
      more = step_head();
    else if (phase_ == Phase::Body)
      more = step_body();
    else if (phase_ == Phase::Upload)
      more = step_upload();
    else
      more = false;
  }
  in_process_ = false;
  if (phase_ == Phase::Dead) return;
  compact_input();
  set_reading_deadline();
  flush_output();
  read_if_wanted();
}

// True when a head was found, or refused.
bool HttpConnection::step_head() {
  // Empty lines before a request line are left over by some clients (RFC 9112 section 2.2).
  while (unread().starts_with("\r\n")) input_used_ += 2;
  const std::string_view bytes = unread();
  if (bytes.empty() || bytes == "\r") return false;
  const auto found = scanner_.scan(bytes);
  const size_t head_bytes = found == HeadScanner::Found::End ? scanner_.head_bytes() : bytes.size();
  if (found == HeadScanner::Found::Broken) {
    refuse(400, "the request is not valid HTTP");
    return true;
  }
  if (head_bytes > server_.options->head_bytes_max) {
    refuse(431, "the request line and headers are too long");
    return true;
  }
  if (found == HeadScanner::Found::NeedMore) return false;
  scanner_.reset();
  const std::string_view head = bytes.substr(0, head_bytes);
  input_used_ += head_bytes;
  if (const auto refusal = check_request_head(head, server_.options->headers_max))
    refuse(refusal->status, refusal->reason);
  else if (accept_head(head) && begin_body() && phase_ == Phase::Head)
    phase_ = Phase::Body;
  return true;
}

// Parses a checked head. False when it was refused.
bool HttpConnection::accept_head(std::string_view head) {
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(std::min<size_t>(head.size() + 1, UINT32_MAX)));
  parser_->body_limit(boost::none);  // it may be an upload
  error_code ec;
  try {
    parser_->put(boost::asio::const_buffer(head.data(), head.size()), ec);
  } catch (const std::exception&) {
    ec = http::error::header_limit;
  }
  if (ec == http::error::body_limit) {
    refuse(413, "the body is too long");
    return false;
  }
  if (ec == http::error::header_limit) {
    refuse(431, "the headers are too long");
    return false;
  }
  if (ec || !parser_->is_header_done()) {
    refuse(400, "the request is not valid HTTP");
    return false;
  }
  parser_->eager(true);
  take_head();
  if (begin_upload()) return true;
  if (parser_->content_length().value_or(0) > server_.options->body_bytes_max) {
    refuse(413, "the body is too long");
    return false;
  }
  parser_->body_limit(server_.options->body_bytes_max);
  return true;
}

HttpResponder HttpConnection::responder() {
  return [weak = weak_from_this(), number = request_number_](HttpResponse&& response) {
    if (const auto self = weak.lock()) self->answer(number, std::move(response));
  };
}

void HttpConnection::take_head() {
  const auto& message = parser_->get();
  request_ = HttpRequest{};
  request_.method = std::string(message.method_string());
  request_.target = std::string(message.target());
  for (const auto& field : message)
    request_.headers.emplace_back(
        ascii_lower(std::string_view(field.name_string().data(), field.name_string().size())),
        std::string(field.value()));
  request_.peer = peer_;
  request_.tls = tls_;
  http_10_ = message.version() == 10;
  head_only_ = request_.method == "HEAD";
  close_after_ = close_after_ || !message.keep_alive();
}

// Answers an expectation. False when the request was refused.
bool HttpConnection::begin_body() {
  const std::string_view expectation = request_.header("expect");
  if (expectation.empty() || http_10_ || phase_ == Phase::Closing) return true;
  if (!ascii_iequal(expectation, "100-continue")) {
    refuse(417, "only 100-continue can be expected");
    return false;
  }
  if (!parser_->is_done() && unread().empty()) next_output_.append("HTTP/1.1 100 Continue\r\n\r\n");
  return true;
}

void HttpConnection::hand_over() {
  request_.body = std::move(parser_->get().body());
  parser_.reset();
  if (server_.options->web_sockets != nullptr && is_web_socket_request(request_)) {
    upgrade();
    return;
  }
  phase_ = Phase::Answering;
  request_begun_ = false;
  set_deadline(server_.options->answer_ms);
  ++request_number_;
  HttpRequest request = std::exchange(request_, HttpRequest{});
  server_.handler->handle(std::move(request), responder());
}

// Leaves the connection to another protocol, or refuses to.
void HttpConnection::upgrade() {
  WebSocketAnswer answer = answer_web_socket(request_);
  if (http_10_ || reading_ || writing_ || !output_.empty() || !next_output_.empty())
    answer = {{}, "a WebSocket begins when all else is answered", false};
  if (answer.head.empty()) {
    refuse(answer.wrong_version ? 426 : 400, answer.refusal);
    return;
  }
  Upgrade upgrade{stream_->release(), peer_, std::move(answer.head), std::string(unread())};
  phase_ = Phase::Dead;
  const auto self = shared_from_this();
  server_.on_dead(*this);
  server_.options->web_sockets->adopt(std::move(upgrade));
}

void HttpConnection::answer(uint64_t request_number, HttpResponse&& response) {
  const bool early = phase_ == Phase::Upload;
  if ((phase_ != Phase::Answering && !early) || request_number != request_number_) return;
  if (response.close || early)
    close_after_ = true;  // what is left of the body stands before the next request
  upload_.reset();
  parser_.reset();
  append_answer(response);
  if (response.file && !head_only_ && response.file->bytes > 0) file_ = std::move(response.file);
  head_only_ = false;
  phase_ = file_ ? Phase::Sending : close_after_ ? Phase::Closing : Phase::Head;
  process();
}

// Ends the connection behind an answer that no handler gives.
void HttpConnection::refuse(int status, std::string_view reason) {
  HttpResponse response;
  if (server_.options->on_protocol_error) {
    response = server_.options->on_protocol_error(status, reason);
  } else {
    response.status = status;
    response.body = "{\"Message\":\"" + std::string(reason) + "\"}";
  }
  if (status == 426)  // RFC 6455 section 4.4
    response.headers.insert(response.headers.end(),
                            {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}});
  close_after_ = true;
  upload_.reset();
  append_answer(response);
  phase_ = Phase::Closing;
}

void HttpConnection::append_answer(const HttpResponse& response) {
  append_response(next_output_, response, ResponseFraming{head_only_, close_after_, http_10_},
                  server_.date());
}

void HttpConnection::compact_input() {
  if (phase_ == Phase::Closing || input_used_ == input_.size()) {
    input_used_ = 0;
    input_.clear();
    if (input_.capacity() > kKeptInputBytesMax) std::string().swap(input_);
  } else if (input_used_ > 0) {
    input_.erase(0, input_used_);
    input_used_ = 0;
  }
}

void HttpConnection::set_deadline(int64_t delay_ms) { deadline_ = server_.loop->now() + delay_ms * 1000; }

void HttpConnection::set_reading_deadline() {
  if (phase_ != Phase::Head && phase_ != Phase::Body) return;
  const bool within_request = phase_ == Phase::Body || !input_.empty();
  if (!within_request) {
    request_begun_ = false;
    set_deadline(server_.options->idle_ms);
  } else if (!request_begun_) {
    request_begun_ = true;
    set_deadline(server_.options->request_ms);
  }
}

void HttpConnection::flush_output() {
  if (writing_ || phase_ == Phase::Dead) return;
  if (!next_output_.empty()) {
    output_ = std::exchange(next_output_, {});
    output_written_ = 0;
    error_code ec;
    output_written_ = stream_->try_write(output_, ec);
    if (ec) {
      close_now();
      return;
    }
  }
  if (output_written_ < output_.size()) {
    writing_ = true;
    write_deadline_ = server_.loop->now() + server_.options->write_ms * 1000;
    stream_->write(std::string_view(output_).substr(output_written_), shared_from_this());
    return;
  }
  output_written_ = 0;
  std::string().swap(output_);
  if (file_) return send_file();
  if (phase_ != Phase::Closing) return;
  phase_ = Phase::Lingering;
  set_deadline(server_.options->close_ms);
  if (input_ended_)
    close_now();
  else
    stream_->finish(reading_, shared_from_this());
}

void HttpConnection::on_written(const error_code& ec, size_t bytes) {
  writing_ = false;
  if (phase_ == Phase::Dead) return;
  if (ec) {
    close_now();
    return;
  }
  output_written_ += bytes;
  flush_output();
  // Requests may have waited for room.
  if (phase_ == Phase::Head || phase_ == Phase::Body || phase_ == Phase::Upload) process();
}

void HttpConnection::on_finished() { close_now(); }

void HttpConnection::read_if_wanted() {
  const bool wanted = phase_ == Phase::Head || phase_ == Phase::Body || phase_ == Phase::Upload;
  if (reading_ || !wanted || !may_take_request()) return;
  reading_ = true;
  stream_->read(shared_from_this());
}

bool HttpConnection::is_idle() const {
  return phase_ == Phase::Head && input_.empty() && output_.empty() && next_output_.empty();
}

void HttpConnection::check_deadline(SteadyUs now) {
  if (phase_ == Phase::Dead) return;
  if (writing_ && now >= write_deadline_) {
    close_now();
    return;
  }
  // The wait for the next request begins when the last answer is out.
  const bool busy_writing = writing_ && phase_ != Phase::Lingering;
  if (busy_writing || now < deadline_) return;
  if (phase_ == Phase::Answering)
    refuse(504, "the answer took too long");
  else if (phase_ == Phase::Upload || (request_begun_ && (phase_ == Phase::Head || phase_ == Phase::Body)))
    refuse(408, "the request took too long");
  else
    close_now();
  if (phase_ == Phase::Closing) flush_output();
}

void HttpConnection::close_gently() {
  close_after_ = true;
  if (phase_ == Phase::Handshake || is_idle())
    close_now();
  else if (phase_ == Phase::Head && input_.empty()) {
    phase_ = Phase::Closing;
    flush_output();
  }
}

void HttpConnection::close_now() {
  if (phase_ == Phase::Dead) return;
  phase_ = Phase::Dead;
  upload_.reset();
  file_.reset();
  stream_->close();
  const auto self = shared_from_this();
  server_.on_dead(*this);
}

}  // namespace rollcall::net
