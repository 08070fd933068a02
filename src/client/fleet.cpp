#include "client/fleet.hpp"

#include <algorithm>
#include <utility>

#include "mqtt/encoder.hpp"

namespace rollcall::client {
namespace {

// Timers of the fleet itself; a device counts its work from 1 and never comes so far.
constexpr uint32_t kReconnect = 0xffffffff;
constexpr uint32_t kLeave = 0xfffffffe;

constexpr int64_t kCheckMs = 5'000;
constexpr uint32_t kLoginSeconds = 20;
constexpr int64_t kBackOffMs = 1'000;
constexpr int64_t kBackOffMsMax = 30'000;
constexpr int64_t kAwayMsMin = 5'000;  // how long a device that comes and goes stays, and stays away
constexpr int64_t kAwayMsMax = 30'000;
constexpr size_t kOneSourceMax = 10'000;  // connections from one address before port search gets slow

net::TcpClientOptions client_options(const FleetOptions& given) {
  net::TcpClientOptions options;
  options.output_bytes_max = 256 * 1024;
  options.close_ms = 1'000;
  options.spread_sources = given.devices > kOneSourceMax;
  return options;
}

std::string login_refusal(uint8_t code) {
  switch (static_cast<mqtt::ConnectCode>(code)) {
    case mqtt::ConnectCode::Accepted:
      return {};
    case mqtt::ConnectCode::UnacceptableVersion:
      return "the server does not speak MQTT 3.1.1";
    case mqtt::ConnectCode::IdentifierRejected:
      return "the server rejects the client id";
    case mqtt::ConnectCode::ServerUnavailable:
      return "the server is not available";
    case mqtt::ConnectCode::BadUserOrPassword:
      return "the server rejects the device's name or secret";
    case mqtt::ConnectCode::NotAuthorized:
      return "the device is disabled";
  }
  return "the server refuses the login with code " + std::to_string(code);
}

}  // namespace

Fleet::Fleet(net::CoreLoop& loop, DeviceSettings settings, FleetOptions options)
    : loop_(loop),
      settings_(std::move(settings)),
      options_(std::move(options)),
      client_(loop, *this, client_options(options_)),
      wheel_(loop.now()),
      pumped_at_(loop.now()),
      random_state_((settings_.behaviour.seed + 1) * 0x9e3779b97f4a7c15ULL | 1) {
  devices_.reserve(options_.devices);
  links_.reserve(options_.devices);
}

Fleet::~Fleet() {
  for (const auto timer : timers_) loop_.cancel(timer);
}

void Fleet::add(std::string name, Secret secret) {
  const auto index = static_cast<uint32_t>(devices_.size());
  devices_.emplace_back(index, std::move(name), std::move(secret));
  Link link;
  const double draw = static_cast<double>(random_ms(0, 999'999)) / 1e6;
  if (draw < options_.offline)
    link.presence = draw < options_.offline / 2 ? Presence::Never : Presence::ComesAndGoes;
  if (link.presence != Presence::Never) {
    ++counters_.expected;
    waiting_.push_back(index);
  }
  links_.push_back(link);
  ++counters_.devices;
}

void Fleet::start() {
  pumped_at_ = loop_.now();
  timers_.push_back(loop_.every(TimerWheel::kTickMs, [this] { tick(); }));
  timers_.push_back(loop_.every(kCheckMs, [this] { check(); }));
}

void Fleet::stop() {
  stopping_ = true;
  for (Link& link : links_) {
    if (!link.open) continue;
    output_.clear();
    mqtt::append_disconnect(output_);
    if (link.online) client_.send(link.connection, output_);
  }
  client_.close_all();
}

void Fleet::tick() {
  if (stopping_) return;
  wheel_.advance(loop_.now(), [this](uint32_t index, uint32_t what) { fire(index, what); });
  pump();
}

void Fleet::fire(uint32_t index, uint32_t what) {
  Link& link = links_[index];
  if (what == kReconnect) {
    if (!link.open) waiting_.push_back(index);
    return;
  }
  if (what == kLeave) {
    if (link.online) client_.close(link.connection);
    return;
  }
  auto now = context();
  devices_[index].on_timer(now, what);
  send_output(index, true);
}

// Starts connects as the rate and the number under way allow.
void Fleet::pump() {
  const SteadyUs now = loop_.now();
  const auto rate = static_cast<double>(options_.connects_per_second);
  allowance_ += rate * static_cast<double>(now - pumped_at_) / 1e6;
  allowance_ = std::min(allowance_, std::max(rate / 20, 1.0));
  pumped_at_ = now;
  while (!waiting_.empty() && allowance_ >= 1 && logging_in_ < options_.connecting_max) {
    allowance_ -= 1;
    const uint32_t index = waiting_.front();
    waiting_.pop_front();
    if (!links_[index].open) try_connect(index);
  }
}

void Fleet::try_connect(uint32_t index) {
  Link& link = links_[index];
  const auto connection = client_.connect(options_.server.host, options_.server.port, index);
  if (!connection) {
    ++counters_.failures;
    counters_.reason = public_message(connection.error());
    return retry_later(index);
  }
  link.connection = *connection;
  link.since_seconds = now_seconds();
  link.open = true;
  ++logging_in_;
}

void Fleet::retry_later(uint32_t index) {
  Link& link = links_[index];
  const int64_t most = std::min(kBackOffMs << std::min<int>(link.attempts, 6), kBackOffMsMax);
  if (link.attempts < 255) ++link.attempts;
  arm(index, kReconnect, random_ms(most / 2, most));
}

void Fleet::on_open(ConnectionRef connection, std::string_view) {
  const auto index = static_cast<uint32_t>(client_.token(connection));
  auto now = context();
  devices_[index].on_open(now);
  send_output(index, true);
}

void Fleet::on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) {
  const auto index = static_cast<uint32_t>(client_.token(connection));
  auto now = context();
  const bool keep =
      devices_[index].on_bytes(now, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!links_[index].online && devices_[index].state() == DeviceState::Online) logged_in(index);
  send_output(index, keep);
}

void Fleet::logged_in(uint32_t index) {
  Link& link = links_[index];
  link.online = true;
  link.attempts = 0;
  --logging_in_;
  ++counters_.connected;
  ++counters_.logins;
  if (!link.seen) {
    link.seen = true;
    ++counters_.seen;
  }
  if (link.presence == Presence::ComesAndGoes) arm(index, kLeave, random_ms(kAwayMsMin, kAwayMsMax));
}

void Fleet::on_closed(ConnectionRef connection) {
  const auto index = static_cast<uint32_t>(client_.token(connection));
  Link& link = links_[index];
  Device& device = devices_[index];
  const uint8_t refusal = device.refusal();
  device.on_closed();
  link.open = false;
  if (link.online) {
    link.online = false;
    --counters_.connected;
    if (!stopping_) ++counters_.cuts;
  } else {
    --logging_in_;
    if (!stopping_) ++counters_.failures;
    counters_.reason = refusal != 0 ? login_refusal(refusal) : client_.close_reason();
  }
  if (stopping_) return;
  if (link.presence == Presence::ComesAndGoes && link.seen)
    return arm(index, kReconnect, random_ms(kAwayMsMin, kAwayMsMax));
  retry_later(index);
}

void Fleet::check() {
  if (stopping_) return;
  const uint32_t now = now_seconds();
  for (uint32_t index = 0; index < links_.size(); ++index) {
    Link& link = links_[index];
    if (!link.open) continue;
    if (!link.online) {
      if (now - link.since_seconds > kLoginSeconds) client_.close(link.connection);
      continue;
    }
    auto moment = context();
    const bool keep = devices_[index].on_check(moment);
    send_output(index, keep);
  }
}

void Fleet::arm(uint32_t device, uint32_t work, int64_t delay_ms) {
  wheel_.arm(loop_.now(), device, work, delay_ms);
}

void Fleet::send_output(uint32_t index, bool keep) {
  const Link& link = links_[index];
  if (!output_.empty() && link.open) client_.send(link.connection, output_);
  output_.clear();
  if (!keep && link.open) client_.close(link.connection);
}

DeviceContext Fleet::context() { return {settings_, *this, counters_.jobs, loop_.now(), output_}; }

// xorshift: where jitter comes from need not be good, but the same on every run.
int64_t Fleet::random_ms(int64_t low, int64_t high) {
  random_state_ ^= random_state_ << 13;
  random_state_ ^= random_state_ >> 7;
  random_state_ ^= random_state_ << 17;
  const auto range = static_cast<uint64_t>(high - low + 1);
  return low + static_cast<int64_t>((random_state_ >> 11) % range);
}

}  // namespace rollcall::client
