#include "bench/tls_subjects.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "bench/machine.hpp"
#include "net/address.hpp"
#include "net/core_loop.hpp"
#include "net/tcp_client.hpp"
#include "net/tls.hpp"
#include "support/child_process.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::bench {
namespace {

constexpr size_t kDevicesPerHandshake = 4;  // of the run, for one in a round
constexpr size_t kUnderWayMax = 16;
constexpr int64_t kPatienceMs = 120'000;

// Clients that shake hands and leave, some at a time.
class HandshakeLoad final : ByteHandler {
 public:
  HandshakeLoad(net::CoreLoop& loop, uint16_t port)
      : loop_(loop), port_(port), client_(loop, *this, client()) {}

  void run(size_t handshakes) {
    started_ = opened_ = done_ = 0;
    const bool all = loop_.run_until(
        [&] {
          for (; started_ < handshakes && started_ - done_ < kUnderWayMax; ++started_)
            if (!client_.connect("127.0.0.1", port_)) give_up("cannot connect");
          return done_ == handshakes && client_.connections() == 0;
        },
        kPatienceMs);
    if (!all) give_up("only " + std::to_string(done_) + " handshakes were done");
  }

 private:
  static net::TcpClientOptions client() {
    net::TcpClientOptions options;
    options.tls = net::TlsContext::for_client().value();
    return options;
  }
  void on_open(ConnectionRef connection, std::string_view) override {
    ++opened_;
    client_.close(connection);
  }
  void on_bytes(ConnectionRef, std::span<const uint8_t>) override {}
  void on_closed(ConnectionRef) override {
    ++done_;
    if (opened_ < done_) give_up("a handshake failed: " + client_.close_reason());
  }

  net::CoreLoop& loop_;
  const uint16_t port_;
  net::TcpClient client_;
  size_t started_ = 0, opened_ = 0, done_ = 0;
};

class RollcallTlsPort {
 public:
  RollcallTlsPort(const Options& options, net::CoreLoop& loop)
      : server_(options.binary, loop, {.environment = {{"ROLLCALL_MQTTS", "127.0.0.1:0"}}}) {}
  testing::Process& process() { return server_.process; }
  // The port for MQTT takes TLS, since there is a certificate.
  uint16_t port() const { return net::parse_address(server_.mqtt)->port; }

 private:
  testing::RollcallServer server_;
};

class OpensslServer {
 public:
  OpensslServer(const Options&, net::CoreLoop& loop) : port_(testing::free_port()) {
    const auto files = net::generate_self_signed(folder_.path(), "localhost");
    if (!files) give_up(public_message(files.error()));
    process_.start({"openssl", "s_server", "-accept", std::to_string(port_), "-cert", files->certificate_path,
                    "-key", files->key_path, "-quiet", "-no_ticket", "-no_cache"},
                   folder_.path() + "/log");
    if (!loop.run_until([&] { return testing::port_accepts(port_); }, 5'000))
      give_up("openssl s_server did not start: " + testing::read_file(folder_.path() + "/log"));
  }
  testing::Process& process() { return process_; }
  uint16_t port() const { return port_; }

 private:
  const uint16_t port_;
  testing::ScratchFolder folder_;
  testing::Process process_;
};

// A round is many full handshakes of TLS 1.3.
template <class Server>
class Handshakes final : public Subject {
 public:
  explicit Handshakes(const Options& options)
      : handshakes_(std::max<size_t>(options.devices / kDevicesPerHandshake, 1)),
        server_(options, loop_),
        load_(loop_, server_.port()) {}
  Values round() override {
    const int64_t cpu_before = server_.process().cpu_us();
    const SteadyUs begin = loop_.now();
    load_.run(handshakes_);
    const auto count = static_cast<double>(handshakes_);
    return {{"handshakes_per_s", count * 1e6 / static_cast<double>(loop_.now() - begin)},
            {"cpu_us", static_cast<double>(server_.process().cpu_us() - cpu_before) / count}};
  }

 private:
  const size_t handshakes_;
  net::CoreLoop loop_;
  Server server_;
  HandshakeLoad load_;
};

}  // namespace

std::unique_ptr<Subject> start_rollcall_handshakes(const Options& options) {
  return std::make_unique<Handshakes<RollcallTlsPort>>(options);
}
std::unique_ptr<Subject> start_openssl_handshakes(const Options& options) {
  return std::make_unique<Handshakes<OpensslServer>>(options);
}

}  // namespace rollcall::bench
