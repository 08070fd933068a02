#include "net/http_client.hpp"

#include <sys/socket.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "net/http_text.hpp"
#include "net/stream.hpp"

namespace rollcall::net {

namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;

namespace {
constexpr uint32_t kResponseHeadBytesMax = 1u << 20;
constexpr int kInterimResponsesMax = 10;
using Parser = http::response_parser<http::string_body>;
}  // namespace

struct HttpClient::Impl final : StreamOwner, std::enable_shared_from_this<HttpClient::Impl> {
  explicit Impl(HttpClientOptions client_options) : options(std::move(client_options)) {}

  void on_handshake(const error_code& ec) override { complete(ec); }
  void on_read(const error_code& ec, std::string_view bytes) override {
    input.append(bytes);
    complete(ec);
  }
  void on_written(const error_code& ec, size_t n) override {
    written = n;
    complete(ec);
  }
  void on_finished() override { complete({}); }

  void complete(const error_code& ec) {
    done = true;
    result = ec;
  }

  // Starts an operation that ends in complete() and waits for it until the deadline.
  template <class F>
  error_code wait_for(F start) {
    done = false;
    start();
    while (!done) {
      const int64_t left_us = deadline - clock.steady();
      if (left_us <= 0) {
        drop();
        return asio::error::timed_out;
      }
      io.restart();
      io.run_one_for(std::chrono::microseconds(left_us));
    }
    return result;
  }

  // Closes the connection and lets what was pending on it end.
  void drop() {
    if (stream) stream->close();
    if (connecting) {
      error_code ignored;
      connecting->close(ignored);
    }
    io.restart();
    io.poll();
    stream.reset();
    connecting.reset();
    input.clear();
  }

  tl::unexpected<Error> failed(const std::string& step, const error_code& ec) {
    drop();
    return fail(ErrorCode::ServiceUnavailable, step + " " + options.server.text() + ": " + ec.message());
  }

  // Bytes or an end that came while nobody asked for any: the connection is of no more use.
  bool is_stale() {
    char byte = 0;
    return ::recv(stream->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
  }

  Status make_tls_context() {
    if (tls_context) return {};
    auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    error_code ec;
    if (options.verify) {
      context->set_default_verify_paths(ec);
      if (!ec && !options.ca_path.empty()) context->load_verify_file(options.ca_path, ec);
      if (ec)
        return fail(ErrorCode::ServiceUnavailable,
                    "the trusted certificates cannot be read: " + ec.message());
      context->set_verify_mode(ssl::verify_peer, ec);
      context->set_verify_callback(ssl::host_name_verification(options.server.host), ec);
    }
    tls_context = std::move(context);
    return {};
  }

  Status connect() {
    ROLLCALL_TRY(const Address literal, resolve(options.server));
    error_code ec;
    const tcp::endpoint endpoint(asio::ip::make_address(literal.host, ec), literal.port);
    connecting.emplace(io);
    if (!ec) connecting->open(endpoint.protocol(), ec);
    if (!ec) connecting->non_blocking(true, ec);
    if (!ec) connecting->set_option(tcp::no_delay(true), ec);
    if (ec) return failed("cannot connect to", ec);
    ++connects;
    ec = wait_for([this, &endpoint] {
      connecting->async_connect(endpoint,
                                [self = shared_from_this()](const error_code& e) { self->complete(e); });
    });
    if (ec) return failed("cannot connect to", ec);
    if (!options.tls) {
      stream = std::make_unique<PlainStream>(std::move(*connecting), buffer);
      connecting.reset();
      return {};
    }
    ROLLCALL_TRY_STATUS(make_tls_context());
    auto tls_stream =
        std::make_unique<TlsStream>(std::move(*connecting), tls_context->native_handle(), nullptr, buffer);
    connecting.reset();
    SSL_set_tlsext_host_name(tls_stream->native(), options.server.host.c_str());
    stream = std::move(tls_stream);
    ec = wait_for([this] { stream->handshake(shared_from_this()); });
    if (ec) return failed("no TLS with", ec);
    return {};
  }

  error_code write_all(std::string_view text) {
    while (!text.empty()) {
      written = 0;
      const error_code ec = wait_for([this, text] { stream->write(text, shared_from_this()); });
      if (ec) return ec;
      text.remove_prefix(written);
    }
    return {};
  }

  void prepare(std::optional<Parser>& parser, bool head_only) const {
    parser.emplace();
    parser->header_limit(kResponseHeadBytesMax);
    parser->body_limit(options.body_bytes_max);
    parser->eager(true);
    parser->skip(head_only);
  }

  // Feeds the parser what has come; true when a final response is whole.
  bool parse(std::optional<Parser>& parser, bool head_only, int& interim_left, error_code& ec) {
    while (!input.empty()) {
      // An empty chunked body must not reach the parser in pieces.
      if (parser->is_header_done() && parser->chunked() && input.size() < sizeof("0\r\n\r\n") - 1)
        return false;
      input.erase(0, parser->put(asio::const_buffer(input.data(), input.size()), ec));
      if (ec == http::error::need_more) {
        ec.clear();
        return false;
      }
      if (ec) return false;
      if (!parser->is_done()) continue;
      if (parser->get().result_int() / 100 != 1) return true;
      if (--interim_left < 0) {
        ec = http::error::bad_status;
        return false;
      }
      prepare(parser, head_only);
    }
    return false;
  }

  Result<HttpResponse> receive(bool head_only) {
    std::optional<Parser> parser;
    prepare(parser, head_only);
    int interim_left = kInterimResponsesMax;
    for (;;) {
      const error_code read_ec = wait_for([this] { stream->read(shared_from_this()); });
      if (read_ec == asio::error::timed_out) return failed("no answer from", read_ec);
      error_code ec;
      bool whole = parse(parser, head_only, interim_left, ec);
      if (!ec && !whole && read_ec) {
        if (!parser->got_some()) return failed("no answer from", read_ec);
        parser->put_eof(ec);
        whole = !ec;
      }
      if (ec) return failed("no valid answer from", ec);
      if (whole) break;
    }
    HttpResponse response;
    const auto& message = parser->get();
    response.status = static_cast<int>(message.result_int());
    response.content_type.clear();
    for (const auto& field : message) {
      std::string name =
          ascii_lower(std::string_view(field.name_string().data(), field.name_string().size()));
      std::string value(field.value());
      if (name == "content-type")
        response.content_type = std::move(value);
      else
        response.headers.emplace_back(std::move(name), std::move(value));
    }
    response.close = !parser->keep_alive();
    response.body = std::move(parser->get().body());
    if (response.close || !input.empty()) drop();
    return response;
  }

  Result<HttpResponse> exchange(const HttpRequest& request) {
    deadline = clock.steady() + options.timeout_ms * 1000;
    if (stream && is_stale()) drop();
    if (!stream) {
      ROLLCALL_TRY_STATUS(connect());
    }
    std::string text;
    append_request(text, request, host_header());
    const error_code ec = write_all(text);
    if (ec == asio::error::timed_out) return failed("cannot send to", ec);
    // A server that refuses a request may close before it has read all of it; its answer is worth more than
    // the error.
    return receive(request.method == "HEAD");
  }

  std::string host_header() const {
    const bool usual = options.server.port == (options.tls ? 443 : 80);
    const std::string text = options.server.text();
    return usual ? text.substr(0, text.rfind(':')) : text;
  }

  const HttpClientOptions options;
  SystemClock clock;
  asio::io_context io{1};
  std::unique_ptr<ssl::context> tls_context;
  std::vector<uint8_t> buffer = std::vector<uint8_t>(64 * 1024);
  std::optional<TcpSocket> connecting;
  std::unique_ptr<Stream> stream;
  std::string input;
  SteadyUs deadline;
  size_t connects = 0;
  size_t written = 0;
  bool done = false;
  error_code result;
};

HttpClient::HttpClient(HttpClientOptions options) : impl_(std::make_shared<Impl>(std::move(options))) {}
HttpClient::~HttpClient() { impl_->drop(); }

Result<HttpResponse> HttpClient::send(const HttpRequest& request) {
  try {
    return impl_->exchange(request);
  } catch (const std::exception& error) {  // the parser's, on a header longer than it can hold
    impl_->drop();
    return fail(Error(ErrorCode::ServiceUnavailable, "no valid answer from " + impl_->options.server.text())
                    .with_detail(error.what()));
  }
}

size_t HttpClient::connects() const { return impl_->connects; }

}  // namespace rollcall::net
