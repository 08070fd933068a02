// Bodies of a HTTP connection: those that are collected, those that a handler takes as they come, and files
// that are sent.
#include <unistd.h>

#include <algorithm>
#include <exception>

#include "net/http_connection.hpp"

namespace rollcall::net {

namespace http = boost::beast::http;

namespace {

constexpr size_t kChunkOverheadBytesMax = 16 * 1024;  // a chunk's head or the trailers
constexpr size_t kShortestChunkedRest = 5;            // "0\r\n\r\n"; the parser must not see less
constexpr size_t kFileTurnBytes = 512 * 1024;         // handed to the kernel before others have their turn
constexpr size_t kFileReadBytes = 128 * 1024;         // where it is read and encrypted

}  // namespace

// True when the body is whole, or refused.
bool HttpConnection::step_body() {
  if (!parser_->is_done()) {
    const std::string_view bytes = unread();
    if (bytes.empty() || (parser_->chunked() && bytes.size() < kShortestChunkedRest)) return false;
    error_code ec;
    try {
      input_used_ += parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    } catch (const std::exception&) {  // trailers that are too long
      ec = http::error::header_limit;
    }
    if (ec == http::error::need_more || (!ec && !parser_->is_done())) {
      if (unread().size() <= kChunkOverheadBytesMax) return false;
      ec = http::error::bad_chunk;
    }
    if (ec == http::error::body_limit || ec == http::error::buffer_overflow) {
      refuse(413, "the body is too long");
      return true;
    }
    if (ec) {
      refuse(400, "the body is not well formed");
      return true;
    }
  }
  hand_over();
  return true;
}

// True when the handler wants the body as it comes. It may have answered already.
bool HttpConnection::begin_upload() {
  const auto length = parser_->content_length();
  if (!length || *length == 0 || *length > INT64_MAX) return false;
  ++request_number_;
  phase_ = Phase::Upload;
  upload_left_ = static_cast<int64_t>(*length);
  auto upload = server_.handler->begin_upload(request_, upload_left_, responder());
  const bool taken = upload != nullptr;
  if (!taken)
    phase_ = Phase::Head;
  else if (phase_ == Phase::Upload)
    upload_ = std::move(upload);
  return taken;
}

// True when something was taken.
bool HttpConnection::step_upload() {
  const auto upload = upload_;  // it may answer, and end itself, meanwhile
  const std::string_view bytes =
      unread().substr(0, static_cast<size_t>(std::min<int64_t>(upload_left_, INT32_MAX)));
  if (bytes.empty()) return false;
  set_deadline(server_.options->request_ms);  // as long as it comes
  input_used_ += bytes.size();
  upload_left_ -= static_cast<int64_t>(bytes.size());
  upload->on_body(bytes);
  if (phase_ != Phase::Upload || upload_left_ > 0) return true;
  phase_ = Phase::Answering;
  request_begun_ = false;
  set_deadline(server_.options->answer_ms);
  upload->on_end();
  return true;
}

// Hands the kernel what it takes of the file, or a piece that it has to be given from memory.
void HttpConnection::send_file() {
  size_t turn = 0;
  while (file_->bytes > 0 && turn < kFileTurnBytes) {
    const auto wanted = std::min<size_t>(kFileTurnBytes - turn, static_cast<size_t>(file_->bytes));
    error_code ec;
    const auto sent = stream_->try_send_file(file_->file.get(), file_->offset, wanted, ec);
    if (!sent && read_file()) return flush_output();
    if (ec || !sent) return close_now();
    if (*sent == 0) break;
    turn += *sent;
    file_->bytes -= static_cast<int64_t>(*sent);
  }
  if (file_->bytes > 0) {
    writing_ = true;
    if (turn > 0) write_deadline_ = server_.loop->now() + server_.options->write_ms * 1000;
    return stream_->await_room(shared_from_this());
  }
  file_.reset();
  phase_ = close_after_ ? Phase::Closing : Phase::Head;
  process();
}

// The next piece of the file becomes output. False: it cannot be read.
bool HttpConnection::read_file() {
  next_output_.resize(std::min<size_t>(kFileReadBytes, static_cast<size_t>(file_->bytes)));
  const ssize_t n = ::pread(file_->file.get(), next_output_.data(), next_output_.size(), file_->offset);
  if (n <= 0) return false;
  next_output_.resize(static_cast<size_t>(n));
  file_->offset += n;
  file_->bytes -= n;
  return true;
}

}  // namespace rollcall::net
