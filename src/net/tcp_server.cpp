#include "net/tcp_server.hpp"

#include <utility>

#include "net/acceptor.hpp"
#include "net/connections.hpp"

namespace rollcall::net {

struct TcpServer::Impl {
  Impl(CoreLoop& loop, const TcpServerOptions& server_options)
      : options(server_options),
        connections(loop, ConnectionsOptions{server_options.output_bytes_max, server_options.close_ms, 0}),
        acceptor(loop,
                 [this](Socket&& socket, const tcp::endpoint& peer) { accept(std::move(socket), peer); }) {}

  void accept(Socket&& socket, const tcp::endpoint& peer) {
    if (connections.count() < options.connections_max)
      connections.adopt(std::move(socket), peer);
    else
      ++refused;  // the socket closes with its scope
  }

  const TcpServerOptions options;
  Connections connections;
  Acceptor acceptor;
  uint64_t refused = 0;
};

TcpServer::TcpServer(CoreLoop& loop, const TcpServerOptions& options)
    : loop_(loop), impl_(std::make_shared<Impl>(loop, options)) {}

TcpServer::~TcpServer() {
  impl_->acceptor.close();
  impl_->connections.shut();
  loop_.keep(std::move(impl_));
}

Status TcpServer::listen(const Address& address, ByteHandler& handler) {
  impl_->connections.set_handler(&handler);
  return impl_->acceptor.listen(address, impl_->options.reuse_port);
}

Address TcpServer::bound() const { return impl_->acceptor.bound(); }
bool TcpServer::send(ConnectionRef connection, std::string_view bytes) {
  return impl_->connections.send(connection, bytes);
}
void TcpServer::close(ConnectionRef connection) { impl_->connections.close(connection); }
size_t TcpServer::queued_bytes(ConnectionRef connection) const {
  return impl_->connections.queued_bytes(connection);
}
void TcpServer::stop_listening() { impl_->acceptor.close(); }
void TcpServer::close_all() { impl_->connections.close_all(); }
size_t TcpServer::connections() const { return impl_->connections.count(); }
uint64_t TcpServer::refused() const { return impl_->refused; }

}  // namespace rollcall::net
