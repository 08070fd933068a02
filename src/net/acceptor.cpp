#include "net/acceptor.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <string>
#include <utility>

#include "base/log.hpp"

namespace rollcall::net {

namespace {
constexpr int kBacklog = 4096;       // small backlogs drop SYNs, which come again only after a second
constexpr int kAcceptsPerTurn = 64;  // then the open connections have a turn
constexpr int64_t kBackOffMs = 100;

bool is_one_peers_trouble(const error_code& ec) {
  return ec == asio::error::connection_aborted || ec == asio::error::connection_reset ||
         ec == asio::error::interrupted || ec == boost::system::errc::protocol_error;
}

// What an operator can do about it; the limit was raised as far as this process may (server.cpp).
std::string file_limit_text(const error_code& ec) {
  rlimit limit{};
  if (ec != boost::system::errc::too_many_files_open || getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  return std::to_string(limit.rlim_cur) +
         " open files are allowed, each connection takes one; raise it with ulimit -n or LimitNOFILE=";
}
}  // namespace

Acceptor::Acceptor(CoreLoop& loop, OnAccept on_accept)
    : loop_(loop), on_accept_(std::move(on_accept)), acceptor_(loop.io()) {}

Status Acceptor::listen(const Address& address, bool reuse_port) {
  ROLLCALL_TRY(const Address literal, resolve(address));
  error_code ec;
  const auto ip = asio::ip::make_address(literal.host, ec);
  if (ec) return fail(ErrorCode::ServiceUnavailable, "'" + literal.host + "' is not an address");
  auto opened = open(tcp::endpoint(ip, literal.port), reuse_port);
  if (!opened) {
    close();
    return opened;
  }
  wait();
  return {};
}

Status Acceptor::open(const tcp::endpoint& endpoint, bool reuse_port) {
  const auto failed = [&endpoint](const char* step, const error_code& ec) {
    return fail(ErrorCode::ServiceUnavailable,
                "cannot listen on " + endpoint_text(endpoint) + " (" + step + "): " + ec.message());
  };
  error_code ec;
  acceptor_.open(endpoint.protocol(), ec);
  if (ec) return failed("socket", ec);
  acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec && reuse_port)
    acceptor_.set_option(asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>(true), ec);
  // Accepted sockets inherit it, which saves a system call each.
  if (!ec) acceptor_.set_option(tcp::no_delay(true), ec);
  if (ec) return failed("setsockopt", ec);
  acceptor_.bind(endpoint, ec);
  if (ec) return failed("bind", ec);
  acceptor_.listen(kBacklog, ec);
  if (!ec) acceptor_.non_blocking(true, ec);
  if (ec) return failed("listen", ec);
  return {};
}

Address Acceptor::bound() const {
  error_code ec;
  const auto endpoint = acceptor_.local_endpoint(ec);
  if (ec) return {};
  return Address{endpoint.address().to_string(), endpoint.port()};
}

void Acceptor::close() {
  if (retry_timer_ != 0) loop_.cancel(retry_timer_);
  retry_timer_ = 0;
  error_code ignored;
  acceptor_.close(ignored);
}

void Acceptor::wait() {
  acceptor_.async_wait(asio::socket_base::wait_read, [this](const error_code& ec) {
    if (!ec && acceptor_.is_open()) on_ready();
  });
}

void Acceptor::on_ready() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    tcp::endpoint peer;
    socklen_t peer_bytes = static_cast<socklen_t>(peer.capacity());
    Socket socket(accept4(acceptor_.native_handle(), peer.data(), &peer_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const error_code ec = socket.get() < 0 ? last_error() : error_code();
    if (ec == asio::error::would_block || ec == asio::error::try_again) break;
    if (ec && is_one_peers_trouble(ec)) continue;
    if (ec) {
      back_off(ec);
      return;
    }
    failing_ = false;
    peer.resize(peer_bytes);
    on_accept_(std::move(socket), peer);
    if (!acceptor_.is_open()) return;
  }
  wait();
}

// Out of file descriptors or memory: the waiting connection stays in the backlog, and trying at once would
// only spin.
void Acceptor::back_off(const error_code& ec) {
  if (!failing_)
    log_error("net.accept_failed",
              {{"address", bound().text()}, {"reason", ec.message()}, {"hint", file_limit_text(ec)}});
  failing_ = true;
  retry_timer_ = loop_.after(kBackOffMs, [this] {
    retry_timer_ = 0;
    on_ready();
  });
}

}  // namespace rollcall::net
