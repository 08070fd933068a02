// Mosquitto as a peer: it delivers one QoS 1 message to each subscriber, and that is all it does. The load is
// our own.
#include <unistd.h>

#include "base/byte_stream.hpp"
#include "base/clock.hpp"
#include "bench/cases.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"
#include "net/tcp_client.hpp"
#include "support/child_process.hpp"

namespace rollcall::bench {
namespace {

constexpr size_t kPayloadBytes = 512;
constexpr size_t kInFlightMax = 1'000;

// N subscribers, each with a topic of its own, and one publisher (the last connection).
class Load final : public ByteHandler {
 public:
  Load(net::CoreLoop& loop, uint16_t port, size_t subscribers)
      : port_(port),
        subscribers_(subscribers),
        client_(loop, *this, {}),
        readers_(subscribers + 1),
        links_(subscribers + 1) {}

  void connect_some() {
    while (started_ < links_.size() && client_.connecting() < 200) {
      auto connection = client_.connect("127.0.0.1", port_, started_);
      if (!connection) give_up("cannot connect to mosquitto");
      ++started_;
    }
  }
  bool ready() const { return ready_ == links_.size(); }
  void publish_to_all() {
    next_ = 0;
    acked_ = 0;
    delivered_ = 0;
    publish_some();
  }
  size_t delivered() const { return delivered_; }
  size_t acked() const { return acked_; }

  void on_open(ConnectionRef connection, std::string_view) override {
    const size_t index = client_.token(connection);
    links_[index] = connection;
    const std::string id = "bench-" + std::to_string(index);
    mqtt::ConnectView connect;
    connect.protocol_level = 4;
    connect.client_id = id;
    connect.clean_session = true;
    connect.keep_alive_seconds = 600;
    std::string out;
    mqtt::append_connect(out, connect);
    client_.send(connection, out);
  }
  void on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) override {
    const size_t index = client_.token(connection);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    readers_[index].feed(text, [&](const mqtt::Packet& packet) {
      on_packet(connection, index, packet);
      return mqtt::Reading::Continue;
    });
  }
  void on_closed(ConnectionRef) override {
    give_up("mosquitto closed a connection: " + client_.close_reason());
  }

 private:
  static std::string topic(size_t index) { return "d/" + std::to_string(index); }

  void on_packet(ConnectionRef connection, size_t index, const mqtt::Packet& packet) {
    std::string out;
    if (std::holds_alternative<mqtt::ConnAck>(packet)) {
      if (index == subscribers_)
        ++ready_;
      else
        mqtt::append_subscribe(out, 1, {{topic(index), uint8_t{1}}});
    } else if (std::holds_alternative<mqtt::SubAckView>(packet)) {
      ++ready_;
    } else if (const auto* publish = std::get_if<mqtt::PublishView>(&packet)) {
      ++delivered_;
      mqtt::append_puback(out, publish->packet_id);
    } else if (std::holds_alternative<mqtt::PubAck>(packet)) {
      ++acked_;
      publish_some();
    }
    if (!out.empty()) client_.send(connection, out);
  }
  void publish_some() {
    std::string out;
    for (; next_ < subscribers_ && next_ - acked_ < kInFlightMax; ++next_) {
      const std::string name = topic(next_);
      mqtt::append_publish(out, {name, static_cast<uint16_t>(1 + next_ % 60'000), false, false, 1}, payload_);
    }
    if (!out.empty()) client_.send(links_[subscribers_], out);
  }

  const uint16_t port_;
  const size_t subscribers_;
  net::TcpClient client_;
  std::vector<mqtt::PacketReader> readers_;
  std::vector<ConnectionRef> links_;
  const std::string payload_ = std::string(kPayloadBytes, 'x');
  size_t started_ = 0, ready_ = 0, next_ = 0, acked_ = 0, delivered_ = 0;
};

class MosquittoCase final : public Case {
 public:
  explicit MosquittoCase(const Options& options) : devices_(options.devices) {
    const uint16_t port = testing::free_port();
    const std::string config = folder_.path() + "/mosquitto.conf";
    if (FILE* file = std::fopen(config.c_str(), "w")) {
      std::fprintf(file,
                   "listener %u 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\n"
                   "max_queued_messages 0\nset_tcp_nodelay true\nuser root\nlog_type error\n",
                   port);
      std::fclose(file);
    }
    const bool in_sbin = ::access("/usr/sbin/mosquitto", X_OK) == 0;
    process_.start({in_sbin ? "/usr/sbin/mosquitto" : "mosquitto", "-c", config}, folder_.path() + "/log");
    if (!loop_.run_until([&] { return testing::port_accepts(port); }, 5'000))
      give_up("mosquitto did not start: " + testing::read_file(folder_.path() + "/log"));
    const int64_t rss_before = process_.rss_bytes();
    load_ = std::make_unique<Load>(loop_, port, devices_);
    const auto connected = [&] {
      load_->connect_some();
      return load_->ready();
    };
    if (!loop_.run_until(connected, 120'000)) give_up("the subscribers did not all connect to mosquitto");
    rss_bytes_per_device_ =
        static_cast<double>(process_.rss_bytes() - rss_before) / static_cast<double>(devices_);
  }

  Round round() override {
    const int64_t cpu_before = process_.cpu_us();
    const SteadyUs begin = clock_.steady();
    load_->publish_to_all();
    if (!loop_.run_until([&] { return load_->delivered() >= devices_ && load_->acked() >= devices_; },
                         60'000))
      give_up("mosquitto lost messages: " + std::to_string(load_->delivered()) + " came");
    const auto devices = static_cast<double>(devices_);
    return {devices * 1e6 / static_cast<double>(clock_.steady() - begin),
            static_cast<double>(process_.cpu_us() - cpu_before) / devices};
  }
  double rss_bytes_per_device() const override { return rss_bytes_per_device_; }

 private:
  const size_t devices_;
  net::CoreLoop loop_;
  SystemClock clock_;
  testing::ScratchFolder folder_;
  testing::Process process_;
  std::unique_ptr<Load> load_;
  double rss_bytes_per_device_ = 0;
};

}  // namespace

std::unique_ptr<Case> start_mosquitto(const Options& options) {
  return std::make_unique<MosquittoCase>(options);
}

}  // namespace rollcall::bench
