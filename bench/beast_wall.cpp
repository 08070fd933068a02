#include "bench/beast_wall.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <string>
#include <utility>

namespace rollcall::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::beast::error_code;

// As long as an answer of QueryJobStatistics.
constexpr const char* kBody =
    R"({"RequestId":"5E3A0C2B-8C3F-4B1D-9C7E-0123456789AB","Success":true,"Code":"","Data":{"Total":100000,)"
    R"("Queued":100000,"Sent":0,"InProgress":0,"Succeeded":0,"Failed":0,"Rejected":0,"TimeOut":0,)"
    R"("Cancelled":0,"Removed":0}})";

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}
  void read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_, [self = shared_from_this()](error_code ec, size_t) {
      if (!ec) self->write();
    });
  }

 private:
  void write() {
    response_ = {http::status::ok, request_.version()};
    response_.set(http::field::content_type, "application/json");
    response_.body() = kBody;
    response_.prepare_payload();
    http::async_write(socket_, response_, [self = shared_from_this()](error_code ec, size_t) {
      if (!ec) self->read();
    });
  }
  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

void accept_on(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](error_code ec, tcp::socket socket) {
    if (ec) return;
    socket.set_option(tcp::no_delay(true), ec);
    std::make_shared<Session>(std::move(socket))->read();
    accept_on(acceptor);
  });
}

}  // namespace

int run_beast_wall(uint16_t port) {
  asio::io_context context(1);
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), port));
  accept_on(acceptor);
  context.run();
  return 0;
}

}  // namespace rollcall::bench
