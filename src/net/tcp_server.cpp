#include "net/tcp_server.hpp"

#include <utility>
#include <vector>

#include "net/acceptor.hpp"
#include "net/connections.hpp"
#include "net/upgrade.hpp"

namespace rollcall::net {

struct TcpServer::Impl {
  Impl(CoreLoop& loop, const TcpServerOptions& server_options)
      : options(server_options),
        connections(loop, ConnectionsOptions{server_options.output_bytes_max, server_options.close_ms, 0,
                                             server_options.hello_ms, server_options.handshakes_max,
                                             server_options.handshake_steps_max}) {}

  bool has_room() {
    if (connections.count() < options.connections_max) return true;
    ++refused;
    return false;
  }

  const TcpServerOptions options;
  Connections connections;
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  uint64_t refused = 0;
};

TcpServer::TcpServer(CoreLoop& loop, const TcpServerOptions& options)
    : loop_(loop), impl_(std::make_shared<Impl>(loop, options)) {}

TcpServer::~TcpServer() {
  stop_listening();
  impl_->connections.shut();
  loop_.keep(std::move(impl_));
}

Status TcpServer::listen(const Address& address, ByteHandler& handler) {
  return listen(address, handler, Greeting::Plain);
}

Status TcpServer::listen(const Address& address, ByteHandler& handler, Greeting greeting) {
  impl_->connections.set_handler(&handler);
  // A connection too many is closed with the scope of its socket.
  impl_->acceptors.push_back(std::make_unique<Acceptor>(
      loop_, [impl = impl_.get(), greeting](Socket&& socket, const tcp::endpoint& peer) {
        if (impl->has_room()) impl->connections.adopt(std::move(socket), peer, greeting);
      }));
  return impl_->acceptors.back()->listen(address, impl_->options.reuse_port);
}

void TcpServer::set_tls(std::shared_ptr<TlsContext> tls) { impl_->connections.set_tls(std::move(tls)); }

void TcpServer::adopt(Upgrade&& upgrade) {
  if (impl_->has_room()) impl_->connections.adopt(std::move(upgrade));
}

Address TcpServer::bound(size_t listener) const {
  return listener < impl_->acceptors.size() ? impl_->acceptors[listener]->bound() : Address{};
}
bool TcpServer::send(ConnectionRef connection, std::string_view bytes) {
  return impl_->connections.send(connection, bytes);
}
void TcpServer::close(ConnectionRef connection) { impl_->connections.close(connection); }
size_t TcpServer::queued_bytes(ConnectionRef connection) const {
  return impl_->connections.queued_bytes(connection);
}
std::string TcpServer::certified_name(ConnectionRef connection) const {
  return impl_->connections.certified_name(connection);
}
void TcpServer::stop_listening() {
  for (const auto& acceptor : impl_->acceptors) acceptor->close();
}
void TcpServer::close_all() { impl_->connections.close_all(); }
size_t TcpServer::connections() const { return impl_->connections.count(); }
uint64_t TcpServer::refused() const { return impl_->refused; }
const HandshakeProbe& TcpServer::handshakes() const { return impl_->connections.handshakes(); }

}  // namespace rollcall::net
