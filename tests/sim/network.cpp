#include "sim/network.hpp"

#include "base/limits.hpp"

namespace rollcall::sim {
namespace {

constexpr size_t kOutputBytesMax = 256 * 1024;  // of one connection; the product's bound is a net/ matter

}  // namespace

class Network::CoreSink final : public ByteSink {
 public:
  CoreSink(Network& network, uint16_t core) : network_(network), core_(core) {}
  bool send(ConnectionRef connection, std::string_view bytes) override {
    return network_.send_to_client(core_, connection, bytes);
  }
  void close(ConnectionRef connection) override { network_.close_by_server(core_, connection); }
  size_t queued_bytes(ConnectionRef connection) const override {
    Pipe* pipe = network_.find(network_.number_of(core_, connection));
    return pipe ? pipe->queued : 0;
  }

 private:
  Network& network_;
  uint16_t core_;
};

Network::Network(Loop& loop, Dice& dice, Trace& trace, int64_t latency_us_max, uint16_t cores)
    : loop_(loop), dice_(dice), trace_(trace), latency_us_max_(latency_us_max), slots_(cores) {
  for (uint16_t core = 0; core < cores; ++core) sinks_.push_back(std::make_unique<CoreSink>(*this, core));
}

Network::~Network() = default;

ByteSink& Network::sink(uint16_t core) { return *sinks_[core]; }

int64_t Network::latency() { return dice_.skewed(50, latency_us_max_); }

Network::Pipe* Network::find(uint64_t connection) {
  auto it = pipes_.find(connection);
  return it == pipes_.end() ? nullptr : &it->second;
}

uint64_t Network::number_of(uint16_t core, ConnectionRef ref) const {
  if (core >= slots_.size() || ref.slot >= slots_[core].size()) return 0;
  const Slot& slot = slots_[core][ref.slot];
  return slot.generation == ref.generation ? slot.connection : 0;
}

uint64_t Network::connect(Peer& peer, uint16_t core) {
  const uint64_t connection = next_++;
  Pipe& pipe = pipes_[connection];
  pipe.peer = &peer;
  pipe.core = core;
  loop_.after(latency(), [this, connection] {
    Pipe* found = find(connection);
    if (!found || !found->peer) return;
    if (!is_up()) return client_end(connection);
    auto& slots = slots_[found->core];
    size_t free = 0;
    while (free < slots.size() && slots[free].connection != 0) ++free;
    if (free == slots.size()) slots.emplace_back();
    slots[free].connection = connection;
    ++slots[free].generation;
    found->ref = {static_cast<uint32_t>(free), slots[free].generation};
    found->at_server = true;
    found->client_knows = true;
    trace_.note("connected", static_cast<int64_t>(connection));
    handlers_[found->core]->on_open(found->ref, "10.0.0.1:1000");
    if (Pipe* still = find(connection); still && still->peer) still->peer->on_connected(connection);
  });
  return connection;
}

void Network::send(uint64_t connection, std::string_view bytes) {
  Pipe* pipe = find(connection);
  if (!pipe || !pipe->peer || !pipe->client_knows) return;
  while (!bytes.empty()) {
    size_t piece = bytes.size();
    if (dice_.chance(0.3)) piece = 1 + dice_.index(bytes.size());
    SteadyUs when = loop_.now() + latency();
    if (when < pipe->to_server_at) when = pipe->to_server_at;
    pipe->to_server_at = when;
    loop_.at(when, [this, connection, text = std::string(bytes.substr(0, piece))] {
      arrive_at_server(connection, text);
    });
    bytes.remove_prefix(piece);
  }
}

void Network::arrive_at_server(uint64_t connection, const std::string& bytes) {
  Pipe* pipe = find(connection);
  if (!pipe || !pipe->at_server) return;
  handlers_[pipe->core]->on_bytes(pipe->ref, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

void Network::close(uint64_t connection) {
  Pipe* pipe = find(connection);
  if (!pipe || !pipe->peer) return;
  pipe->peer = nullptr;
  SteadyUs when = loop_.now() + latency();
  if (when < pipe->to_server_at) when = pipe->to_server_at;
  loop_.at(when, [this, connection] { server_end(connection); });
}

void Network::cut(uint64_t connection, bool tell_server) {
  Pipe* pipe = find(connection);
  if (!pipe) return;
  trace_.note("cut", static_cast<int64_t>(connection), tell_server);
  Peer* peer = pipe->peer;
  pipe->peer = nullptr;
  if (peer) peer->on_closed(connection);
  if (tell_server) server_end(connection);
  // Half open: what was under way arrives or not, nothing new is sent; the server's bytes go nowhere.
}

void Network::server_end(uint64_t connection) {
  Pipe* pipe = find(connection);
  if (!pipe) return;
  if (pipe->at_server) {
    pipe->at_server = false;
    const ConnectionRef ref = pipe->ref;
    const uint16_t core = pipe->core;
    slots_[core][ref.slot].connection = 0;
    if (is_up()) handlers_[core]->on_closed(ref);
  }
  if (Pipe* still = find(connection); still && still->peer) client_end(connection);
  forget_if_over(connection);
}

void Network::client_end(uint64_t connection) {
  Pipe* pipe = find(connection);
  if (!pipe) return;
  Peer* peer = pipe->peer;
  pipe->peer = nullptr;
  if (peer) peer->on_closed(connection);
  forget_if_over(connection);
}

void Network::forget_if_over(uint64_t connection) {
  Pipe* pipe = find(connection);
  if (pipe && !pipe->peer && !pipe->at_server) pipes_.erase(connection);
}

bool Network::send_to_client(uint16_t core, ConnectionRef ref, std::string_view bytes) {
  const uint64_t connection = number_of(core, ref);
  Pipe* pipe = find(connection);
  if (!pipe || !pipe->at_server || pipe->server_closing) return false;
  if (!pipe->peer) return pipe->queued + bytes.size() <= kOutputBytesMax;  // half open: the kernel takes it
  if (pipe->queued + bytes.size() > kOutputBytesMax) {
    close_by_server(core, ref);
    return false;
  }
  pipe->queued += bytes.size();
  while (!bytes.empty()) {
    size_t piece = bytes.size();
    if (dice_.chance(0.2)) piece = 1 + dice_.index(bytes.size());
    SteadyUs when = loop_.now() + latency();
    if (when < pipe->to_client_at) when = pipe->to_client_at;
    pipe->to_client_at = when;
    loop_.at(when, [this, connection, text = std::string(bytes.substr(0, piece))] {
      arrive_at_client(connection, text);
    });
    bytes.remove_prefix(piece);
  }
  return true;
}

void Network::arrive_at_client(uint64_t connection, std::string bytes) {
  Pipe* pipe = find(connection);
  if (!pipe || !pipe->peer) return;
  if (pipe->stopped) {
    pipe->waiting += bytes;
    return;
  }
  pipe->queued -= std::min(pipe->queued, bytes.size());
  pipe->peer->on_bytes(connection, bytes);
}

void Network::stop_reading(uint64_t connection, bool stop) {
  Pipe* pipe = find(connection);
  if (!pipe) return;
  pipe->stopped = stop;
  if (stop || pipe->waiting.empty()) return;
  std::string waiting;
  waiting.swap(pipe->waiting);
  arrive_at_client(connection, std::move(waiting));
}

void Network::close_by_server(uint16_t core, ConnectionRef ref) {
  const uint64_t connection = number_of(core, ref);
  Pipe* pipe = find(connection);
  if (!pipe || !pipe->at_server || pipe->server_closing) return;
  pipe->server_closing = true;
  SteadyUs when = loop_.now() + latency();
  if (when < pipe->to_client_at) when = pipe->to_client_at;
  loop_.at(when, [this, connection] { server_end(connection); });
}

void Network::server_up(std::vector<ByteHandler*> cores) { handlers_ = std::move(cores); }

void Network::server_down() {
  handlers_.clear();
  std::vector<uint64_t> all;
  for (const auto& [connection, pipe] : pipes_) all.push_back(connection);
  for (const uint64_t connection : all) {
    Pipe* pipe = find(connection);
    if (!pipe) continue;
    if (pipe->at_server) {
      pipe->at_server = false;
      slots_[pipe->core][pipe->ref.slot].connection = 0;
    }
    if (pipe->peer && pipe->client_knows)
      loop_.after(latency(), [this, connection] { client_end(connection); });
    forget_if_over(connection);
  }
}

}  // namespace rollcall::sim
