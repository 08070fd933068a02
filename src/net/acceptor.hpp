// Acceptor: a listening socket that survives what accept() can fail with. Used by TcpServer and HttpServer.
// Included by net/ only. Thread: the loop's. Pending operations point to it: its owner keeps it until the
// loop is gone.
#pragma once

#include <functional>

#include "base/result.hpp"
#include "net/address.hpp"
#include "net/asio.hpp"
#include "net/core_loop.hpp"
#include "net/socket.hpp"

namespace rollcall::net {

class Acceptor {
 public:
  // The socket is non-blocking and sends without delay (TCP_NODELAY).
  using OnAccept = std::function<void(Socket&&, const tcp::endpoint& peer)>;

  Acceptor(CoreLoop& loop, OnAccept on_accept);
  // Fails with ServiceUnavailable, the reason in the message.
  Status listen(const Address& address, bool reuse_port);
  // The bound address; port 0 before listen().
  Address bound() const;
  void close();

 private:
  Status open(const tcp::endpoint& endpoint, bool reuse_port);
  void wait();
  void on_ready();
  void back_off(const error_code& ec);

  CoreLoop& loop_;
  OnAccept on_accept_;
  TcpAcceptor acceptor_;
  CoreLoop::TimerId retry_timer_ = 0;
  bool failing_ = false;  // an episode of failures has been logged
};

}  // namespace rollcall::net
