#include "net/http_server.hpp"

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

#include "net/acceptor.hpp"
#include "net/http_connection.hpp"
#include "net/http_text.hpp"
#include "net/turns.hpp"

namespace rollcall::net {

namespace {
constexpr int64_t kSweepMsMax = 1'000;
}

struct HttpServer::Impl {
  Impl(CoreLoop& core_loop, const HttpServerOptions& server_options)
      : loop(core_loop),
        options(server_options),
        turns(core_loop, limits::kTlsHandshakeStepsPerRound),
        acceptor(core_loop,
                 [this](Socket&& socket, const tcp::endpoint& peer) { accept(std::move(socket), peer); }) {
    context.loop = &loop;
    context.options = &options;
    context.on_dead = [this](HttpConnection& connection) { remove(connection); };
    context.date = [this] { return date(); };
    // Deadlines are checked in turns rather than armed one by one: arming would cost more than the request's
    // parsing.
    const int64_t shortest = std::min({options.idle_ms, options.request_ms, options.answer_ms,
                                       options.write_ms, options.handshake_ms, options.close_ms});
    sweep_timer = loop.every(std::clamp<int64_t>(shortest / 4, 1, kSweepMsMax), [this] { sweep(); });
  }

  void accept(Socket&& accepted, const tcp::endpoint& peer) {
    if (connections.size() >= options.connections_max && !drop_longest_idle()) return;
    TcpSocket socket(loop.io());
    error_code ec;
    socket.assign(peer.protocol(), accepted.get(), ec);
    if (ec) return;
    accepted.release();
    socket.non_blocking(true, ec);
    if (ec) return;
    std::unique_ptr<Stream> stream;
    if (options.tls)
      stream =
          std::make_unique<TlsStream>(std::move(socket), options.tls->native(), &turns, loop.read_buffer());
    else
      stream = std::make_unique<PlainStream>(std::move(socket), loop.read_buffer());
    auto connection = std::make_shared<HttpConnection>(context, std::move(stream), endpoint_text(peer),
                                                       options.tls != nullptr);
    connection->index = connections.size();
    connections.push_back(connection);
    connection->start();
  }

  bool drop_longest_idle() {
    HttpConnection* longest = nullptr;
    for (const auto& connection : connections)
      if (connection->is_idle() && (longest == nullptr || connection->deadline() < longest->deadline()))
        longest = connection.get();
    if (longest == nullptr) return false;
    longest->close_now();
    return true;
  }

  void remove(HttpConnection& connection) {
    const size_t index = connection.index;
    if (index + 1 != connections.size()) {
      connections[index] = std::move(connections.back());
      connections[index]->index = index;
    }
    connections.pop_back();
  }

  void sweep() {
    const SteadyUs now = loop.now();
    for_all([now](HttpConnection& connection) { connection.check_deadline(now); });
  }

  // Backwards: an element that removes itself is replaced by one that was visited already.
  template <class F>
  void for_all(F visit) {
    for (size_t i = connections.size(); i-- > 0;) {
      const auto connection = connections[i];
      visit(*connection);
    }
  }

  std::string_view date() {
    const WallMs now = loop.clock().wall();
    if (now.value / 1000 != date_second) {
      date_second = now.value / 1000;
      date_text = http_date(now);
    }
    return date_text;
  }

  CoreLoop& loop;
  const HttpServerOptions options;
  Turns turns;  // of handshakes
  HttpServerContext context;
  std::vector<std::shared_ptr<HttpConnection>> connections;
  Acceptor acceptor;
  CoreLoop::TimerId sweep_timer = 0;
  int64_t date_second = -1;
  std::string date_text;
};

HttpServer::HttpServer(CoreLoop& loop, const HttpServerOptions& options)
    : loop_(loop), impl_(std::make_shared<Impl>(loop, options)) {}

HttpServer::~HttpServer() {
  impl_->acceptor.close();
  loop_.cancel(impl_->sweep_timer);
  impl_->for_all([](HttpConnection& connection) { connection.close_now(); });
  loop_.keep(std::move(impl_));
}

Status HttpServer::listen(const Address& address, HttpHandler& handler) {
  // Sending a file to a peer that has gone raises it, and has no flag against that.
  std::signal(SIGPIPE, SIG_IGN);
  impl_->context.handler = &handler;
  return impl_->acceptor.listen(address, impl_->options.reuse_port);
}

Address HttpServer::bound() const { return impl_->acceptor.bound(); }
void HttpServer::stop_listening() { impl_->acceptor.close(); }
void HttpServer::close_all() {
  impl_->for_all([](HttpConnection& connection) { connection.close_gently(); });
}
size_t HttpServer::connections() const { return impl_->connections.size(); }

}  // namespace rollcall::net
