#include "net/tcp_client.hpp"

#include <utility>

#include "net/connections.hpp"

namespace rollcall::net {

namespace {
constexpr uint32_t kSourceFirst = 0x7f000101;  // 127.0.1.1
constexpr uint32_t kSources = 250;
}  // namespace

struct TcpClient::Impl {
  Impl(CoreLoop& loop, const TcpClientOptions& client_options)
      : options(client_options),
        connections(loop, ConnectionsOptions{client_options.output_bytes_max, client_options.close_ms,
                                             client_options.connect_ms, client_options.connect_ms}) {}

  Result<asio::ip::address> look_up(const std::string& host) {
    if (host == last_host) return last_address;
    ROLLCALL_TRY(const Address literal, resolve(Address{host, 0}));
    error_code ec;
    const auto address = asio::ip::make_address(literal.host, ec);
    if (ec) return fail(ErrorCode::ServiceUnavailable, "'" + host + "' is not an address");
    last_host = host;
    last_address = address;
    return address;
  }

  asio::ip::address next_source(const asio::ip::address& target) {
    if (!options.spread_sources || !target.is_v4() || !target.is_loopback()) return {};
    return asio::ip::address_v4(kSourceFirst + sources_used++ % kSources);
  }

  const TcpClientOptions options;
  Connections connections;
  std::string last_host;
  asio::ip::address last_address;
  uint32_t sources_used = 0;
};

TcpClient::TcpClient(CoreLoop& loop, ByteHandler& handler, const TcpClientOptions& options)
    : loop_(loop), impl_(std::make_shared<Impl>(loop, options)) {
  impl_->connections.set_handler(&handler);
  impl_->connections.set_tls(options.tls);
}

TcpClient::~TcpClient() {
  impl_->connections.shut();
  loop_.keep(std::move(impl_));
}

Result<ConnectionRef> TcpClient::connect(const std::string& host, uint16_t port, uint64_t token) {
  ROLLCALL_TRY(const asio::ip::address address, impl_->look_up(host));
  return impl_->connections.connect(tcp::endpoint(address, port), impl_->next_source(address), token);
}

uint64_t TcpClient::token(ConnectionRef connection) const { return impl_->connections.token(connection); }
std::string TcpClient::close_reason() const { return impl_->connections.close_reason().message(); }
bool TcpClient::send(ConnectionRef connection, std::string_view bytes) {
  return impl_->connections.send(connection, bytes);
}
void TcpClient::close(ConnectionRef connection) { impl_->connections.close(connection); }
size_t TcpClient::queued_bytes(ConnectionRef connection) const {
  return impl_->connections.queued_bytes(connection);
}
void TcpClient::close_all() { impl_->connections.close_all(); }
size_t TcpClient::connections() const { return impl_->connections.count(); }
size_t TcpClient::connecting() const { return impl_->connections.connecting(); }

}  // namespace rollcall::net
