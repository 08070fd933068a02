#include "bench/job_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "bench/subject.hpp"
#include "client/scan.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::bench {
namespace {

constexpr int64_t kPatienceMs = 120'000;
constexpr int64_t kTickMs = 1;  // paced reports leave at most so much late

}  // namespace

JobLoad::JobLoad(net::CoreLoop& loop, uint16_t port, const DeviceKeys& keys, bool tls)
    : MqttLoad(loop, port, keys.devices.size(), tls), keys_(keys), states_(keys.devices.size()) {
  settings_.product_key = keys.product_key;
  loop.after_poll([this] { release(); });
  loop.every(kTickMs, [] {});  // wakes the loop for release()
}

JobLoad::~JobLoad() {
  loop().after_poll([] {});
}

void JobLoad::expect_job(ReplyOrder order) { clear(false, order); }
void JobLoad::expect_job_held() { clear(true, ReplyOrder::Device); }

void JobLoad::clear(bool held, ReplyOrder order) {
  held_ = held;
  order_ = order;
  notified_ = finished_ = 0;
  waiting_.clear();
  notified_at_.clear();
  for (State& state : states_) state.step = Step::Idle;
}

std::vector<double> JobLoad::paced_reports(ReplyOrder order, int64_t reports_per_second) {
  waiting_.resize(states_.size());
  std::iota(waiting_.begin(), waiting_.end(), 0u);
  if (order == ReplyOrder::Random)
    for (size_t i = waiting_.size(); i > 1; --i) std::swap(waiting_[i - 1], waiting_[draw(i)]);
  latencies_ms_.clear();
  paced_ = 0;
  paced_from_ = loop().now();
  paced_per_second_ = reports_per_second;
  const bool all = loop().run_until([&] { return latencies_ms_.size() == states_.size(); }, kPatienceMs);
  paced_per_second_ = 0;
  waiting_.clear();
  if (!all) give_up(fmt::format("{} of {} reports were answered", latencies_ms_.size(), states_.size()));
  return latencies_ms_;
}

// The login of the simulated devices, byte for byte.
void JobLoad::append_login(size_t index, std::string& out) {
  const auto& [name, secret] = keys_.devices[index];
  client::DeviceStats stats;
  client::DeviceContext context{settings_, *this, stats, loop().now(), out};
  client::Device(static_cast<uint32_t>(index), name, secret).on_open(context);
}

void JobLoad::on_packet(size_t index, const mqtt::Packet& packet, std::string& out) {
  if (const auto* publish = std::get_if<mqtt::PublishView>(&packet)) {
    if (publish->qos > 0) mqtt::append_puback(out, publish->packet_id);
    if (publish->topic.ends_with("/job/notify")) on_notify(index, publish->payload, out);
    if (publish->topic.ends_with("/job/update_reply")) on_reply(index, publish->payload, out);
  } else if (const auto* connack = std::get_if<mqtt::ConnAck>(&packet)) {
    if (connack->code != 0) give_up(fmt::format("a login was refused with code {}", connack->code));
    const std::string user_topics = "/" + keys_.product_key + "/" + keys_.devices[index].first + "/user/#";
    mqtt::append_subscribe(out, 1, {{user_topics, uint8_t{1}}});
  } else if (std::holds_alternative<mqtt::SubAckView>(packet)) {
    logged_in();
  }
}

void JobLoad::on_notify(size_t index, std::string_view payload, std::string& out) {
  State& state = states_[index];
  if (state.step != Step::Idle || client::scan_text(payload, "status") == "CANCELLED") return;
  state.task = client::scan_text(payload, "taskId");
  state.step = Step::Notified;
  ++notified_;
  notified_at_.push_back(loop().now());
  if (held_) return;
  if (order_ == ReplyOrder::Device) return append_report(index, out);
  waiting_.push_back(static_cast<uint32_t>(index));
}

void JobLoad::on_reply(size_t index, std::string_view payload, std::string& out) {
  State& state = states_[index];
  if (client::scan_text(payload, "taskId") != state.task) return;
  if (client::scan_raw(payload, "code") != "200") give_up("a report was refused: " + std::string(payload));
  if (held_) latencies_ms_.push_back(static_cast<double>(loop().now() - state.due) / 1e3);
  if (state.step == Step::Finished) {
    ++finished_;
  } else if (!held_) {
    append_report(index, out);
  }
}

// IN_PROGRESS first, then SUCCEEDED.
void JobLoad::append_report(size_t index, std::string& out) {
  State& state = states_[index];
  const bool first = state.step == Step::Notified;
  state.step = first ? Step::Started : Step::Finished;
  text_.clear();
  fmt::format_to(std::back_inserter(text_),
                 R"({{"id":"{}","version":"1.0.0","params":{{"taskId":"{}","status":"{}","progress":{}}}}})",
                 first ? 1 : 2, state.task, first ? "IN_PROGRESS" : "SUCCEEDED", first ? 0 : 100);
  topic_ = fmt::format("/sys/{}/{}/thing/job/update", keys_.product_key, keys_.devices[index].first);
  mqtt::append_publish(out, {topic_, 0, false, false, 0}, text_);
}

// Sends what is due: shuffled replies beyond the half that is held back until all were notified, or paced
// ones.
void JobLoad::release() {
  if (waiting_.empty()) return;
  std::string out;
  if (paced_per_second_ > 0) {
    const int64_t elapsed_us = loop().now() - paced_from_;
    for (; paced_ < waiting_.size(); ++paced_) {
      const int64_t due_us = static_cast<int64_t>(paced_) * 1'000'000 / paced_per_second_;
      if (due_us > elapsed_us) return;
      const uint32_t index = waiting_[paced_];
      states_[index].due = paced_from_ + due_us;
      out.clear();
      append_report(index, out);
      send(index, out);
    }
    return;
  }
  const size_t keep = all_notified() ? 0 : states_.size() / 2;
  while (waiting_.size() > keep) {
    const size_t at = draw(waiting_.size());
    const uint32_t index = waiting_[at];
    waiting_[at] = waiting_.back();
    waiting_.pop_back();
    out.clear();
    append_report(index, out);
    send(index, out);
  }
}

// xorshift: the same order on every run.
size_t JobLoad::draw(size_t bound) {
  random_state_ ^= random_state_ << 13;
  random_state_ ^= random_state_ >> 7;
  random_state_ ^= random_state_ << 17;
  return (random_state_ >> 11) % bound;
}

}  // namespace rollcall::bench
