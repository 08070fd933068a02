#include "client/device.hpp"

#include <charconv>
#include <utility>
#include <variant>

#include "base/crypto.hpp"
#include "client/scan.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::client {
namespace {

constexpr uint32_t kRepeatSeconds = 15;             // an update without a reply is sent again
constexpr uint32_t kHalfWayFromMs = 2'000;          // longer jobs report progress in the middle, too
constexpr std::string_view kServerTrouble = "500";  // Alink code of SystemException
constexpr size_t kWorkMax = 64;  // jobs a device holds at once; more wait for the server's redelivery
constexpr std::string_view kTimestamp = "2524608000000";  // the C Link SDK's (device-protocol 1.4)

uint32_t seconds(SteadyUs time) { return static_cast<uint32_t>(time.value / 1'000'000); }

// A well mixed number from what names a decision (splitmix64).
uint64_t mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

void append_decimal(std::string& out, uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value);
  out.append(digits, end.ptr);
}

// Texts of a call are made here; one buffer per thread, so that a device needs none of its own.
std::string& scratch() {
  static thread_local std::string text;
  text.clear();
  return text;
}

}  // namespace

// Client id, user name and password of device-protocol 1.1 and 1.2.
void Device::on_open(DeviceContext& context) {
  const std::string& product_key = context.settings.product_key;
  const std::string id = product_key + "." + name_;
  const std::string client_id = id + "|timestamp=" + std::string(kTimestamp) +
                                ",_ss=1,_v=sdk-c-4.1.0,securemode=3,signmethod=hmacsha256,ext=3|";
  const std::string user = name_ + "&" + product_key;
  const std::string content = "clientId" + id + "deviceName" + name_ + "productKey" + product_key +
                              "timestamp" + std::string(kTimestamp);
  const std::string password = hex_lower(hmac(HashKind::Sha256, secret_.reveal(), content));
  mqtt::ConnectView connect;
  connect.keep_alive_seconds = context.settings.keep_alive_seconds;
  connect.client_id = client_id;
  connect.user_name = user;
  connect.password = password;
  mqtt::append_connect(context.out, connect);
  state_ = DeviceState::LoggingIn;
  refusal_ = 0;
  ping_unanswered_ = false;
  last_sent_seconds_ = seconds(context.now);
}

void Device::on_closed() {
  state_ = DeviceState::Offline;
  reader_.clear();
}

bool Device::on_bytes(DeviceContext& context, std::string_view bytes) {
  const auto outcome = reader_.feed(bytes, [&](const mqtt::Packet& packet) {
    if (const auto* publish = std::get_if<mqtt::PublishView>(&packet)) {
      on_publish(context, *publish);
    } else if (const auto* connack = std::get_if<mqtt::ConnAck>(&packet)) {
      on_connack(context, *connack);
    } else if (std::holds_alternative<mqtt::PingResp>(packet)) {
      ping_unanswered_ = false;
    }
    return refusal_ != 0 ? mqtt::Reading::Stop : mqtt::Reading::Continue;
  });
  if (work_.empty() && work_.capacity() > 0) std::vector<Work>().swap(work_);
  return !outcome.error && refusal_ == 0;
}

void Device::on_connack(DeviceContext& context, const mqtt::ConnAck& connack) {
  refusal_ = connack.code;
  if (refusal_ != 0) return;
  state_ = DeviceState::Online;
  // User topics are not in the automatic list (device-protocol 2.4), and PUB jobs need one.
  const std::string user_topics = "/" + context.settings.product_key + "/" + name_ + "/user/#";
  mqtt::append_subscribe(context.out, next_packet_id(), {{user_topics, 1}});
  for (Work& work : work_)
    if (work.kind == Kind::Job && work.step != Step::Waiting) send_current(context, work);
}

bool Device::on_check(DeviceContext& context) {
  if (state_ != DeviceState::Online) return true;
  const uint32_t now = seconds(context.now);
  for (Work& work : work_) {
    if (work.kind != Kind::Job || work.step == Step::Waiting) continue;
    if (now - work.sent_at_seconds < kRepeatSeconds) continue;
    ++context.stats.repeated;
    send_current(context, work);
  }
  // Early enough that a ping and its answer fit into the server's patience.
  const uint32_t pause = context.settings.keep_alive_seconds * 2u / 3u;
  if (now - last_sent_seconds_ < pause) return true;
  if (ping_unanswered_) return false;
  ping_unanswered_ = true;
  last_sent_seconds_ = now;
  mqtt::append_pingreq(context.out);
  return true;
}

void Device::on_publish(DeviceContext& context, const mqtt::PublishView& message) {
  if (message.qos > 0) mqtt::append_puback(context.out, message.packet_id);
  const alink::DeviceNames self = names(context);
  if (const auto suffix = alink::system_suffix(message.topic, self); !suffix.empty())
    return on_system(context, suffix, message.payload);
  constexpr std::string_view kExtRrpc = "/ext/rrpc/";
  if (message.topic.starts_with(kExtRrpc)) return on_rrpc(context, message.topic, message.payload);
  ++context.stats.received;
  ++context.stats.messages;
}

void Device::on_system(DeviceContext& context, std::string_view suffix, std::string_view payload) {
  constexpr std::string_view kRrpcRequest = "rrpc/request/";
  if (suffix == alink::kJobUpdateReply) return on_update_reply(context, payload);
  if (suffix == alink::kJobNotify) return on_job_notify(context, payload);
  if (suffix == alink::kPropertySet) return on_call(context, Kind::PropertySet, {}, payload);
  if (suffix.starts_with(alink::kServicePrefix)) {
    const std::string_view service = suffix.substr(alink::kServicePrefix.size());
    const bool call = service.find('/') == std::string_view::npos && !service.ends_with("_reply");
    if (call) on_call(context, Kind::Service, service, payload);
    return;
  }
  if (!suffix.starts_with(kRrpcRequest)) return;
  std::string topic;
  alink::append_system_topic(topic, names(context),
                             "rrpc/response/" + std::string(suffix.substr(kRrpcRequest.size())));
  on_rrpc(context, topic, payload);
}

// {"id":"7","version":"1.0","params":{"task":{"taskId":"..","status":"SENT",...,"jobDocument":{..}}}}: the
// document comes last, so the first key of a name is the right one, as the SDKs rely on
// (device-protocol 6.2).
void Device::on_job_notify(DeviceContext& context, std::string_view payload) {
  const std::string_view code = scan_text(payload, "taskId");
  const std::string_view status = scan_text(payload, "status");
  if (code.empty()) return;
  if (context.settings.notify_reply) {
    std::string reply = R"({"id":)" + std::string(scan_raw(payload, "id")) + R"(,"code":200,"data":{}})";
    publish(context, "thing/job/notify_reply", reply, 0);
  }
  Work* known = find(code);
  if (status == "CANCELLED" || status == "REMOVED") {
    if (known == nullptr) return;
    ++context.stats.cancelled;
    return drop(known);
  }
  if (known != nullptr) return;  // pushed again while it runs
  if (work_.size() >= kWorkMax) return;
  ++context.stats.received;
  Work work;
  work.id = code;
  work.outcome = choose(context);
  work.delay_ms = choose_delay_ms(context);
  work.number = ++chosen_;
  if (work.outcome == Outcome::Silent) return count(context, Outcome::Silent);
  Work& kept = work_.emplace_back(std::move(work));
  if (kept.outcome == Outcome::Reject) {
    kept.step = Step::FinishSent;
  } else {
    kept.step = Step::StartSent;
  }
  send_current(context, kept);
}

// The next report leaves only when the one before it was acknowledged, which the server does once it is
// durable.
void Device::on_update_reply(DeviceContext& context, std::string_view payload) {
  Work* work = find(scan_text(payload, "taskId"));
  if (work == nullptr) return;
  const std::string_view code = scan_raw(payload, "code");
  if (code != "200") {
    ++context.stats.refused;
    // The server's own trouble says nothing about the job: the report is sent again later.
    return code == kServerTrouble ? void() : drop(work);
  }
  if (work->step == Step::FinishSent) {
    count(context, work->outcome);
    return drop(work);
  }
  if (work->step != Step::StartSent) return;
  if (!work->half_way) ++context.stats.running;
  work->step = Step::Waiting;
  if (work->delay_ms == 0) return proceed(context, *work);
  const bool in_two = work->half_way || work->delay_ms >= kHalfWayFromMs;
  context.timers.arm(index_, work->number, in_two ? work->delay_ms / 2 : work->delay_ms);
}

void Device::on_timer(DeviceContext& context, uint32_t number) {
  for (Work& work : work_)
    if (work.number == number && work.step == Step::Waiting) return proceed(context, work);
}

// The delay of a job is over, or half of it.
void Device::proceed(DeviceContext& context, Work& work) {
  if (work.kind != Kind::Job) {
    answer_call(context, work);
    return drop(&work);
  }
  if (!work.half_way && work.delay_ms >= kHalfWayFromMs) {
    work.half_way = true;
    work.step = Step::StartSent;
  } else {
    work.step = Step::FinishSent;
  }
  send_current(context, work);
}

// Sends the report that the work's step says, also again after a reconnect.
void Device::send_current(DeviceContext& context, Work& work) {
  work.sent_at_seconds = seconds(context.now);
  if (state_ != DeviceState::Online) return;
  if (work.step == Step::StartSent) return send_update(context, work, "IN_PROGRESS", work.half_way ? 50 : 0);
  switch (work.outcome) {
    case Outcome::Succeed:
      return send_update(context, work, "SUCCEEDED", 100);
    case Outcome::Fail:
      return send_update(context, work, "FAILED", 50);
    case Outcome::Reject:
      return send_update(context, work, "REJECTED", 0);
    case Outcome::Silent:
      return;
  }
}

// {"id":"4","version":"1.0.0","params":{"taskId":"T1","status":"SUCCEEDED","progress":100,
// "statusDetails":{..}}} (device-protocol 4.4)
void Device::send_update(DeviceContext& context, Work& work, std::string_view status, int progress) {
  std::string& text = scratch();
  text += R"({"id":")";
  append_decimal(text, ++message_id_);
  text += R"(","version":"1.0.0","params":{"taskId":")";
  text += work.id;
  text += R"(","status":")";
  text += status;
  text += R"(","progress":)";
  append_decimal(text, static_cast<uint64_t>(progress));
  if (status == "FAILED") text += R"(,"statusDetails":{"reason":"simulated failure"})";
  if (status == "REJECTED") text += R"(,"statusDetails":{"reason":"simulated rejection"})";
  text += "}}";
  publish(context, "thing/job/update", text, context.settings.update_qos);
}

// Property set or asynchronous service: answered once, after the delay.
void Device::on_call(DeviceContext& context, Kind kind, std::string_view service, std::string_view payload) {
  ++context.stats.received;
  Work work;
  work.kind = kind;
  work.id = scan_raw(payload, "id");
  work.service = service;
  work.outcome = choose(context);
  work.delay_ms = choose_delay_ms(context);
  work.number = ++chosen_;
  if (work.outcome == Outcome::Silent || work.id.empty()) return count(context, Outcome::Silent);
  if (work.delay_ms == 0) return answer_call(context, work);
  if (work_.size() >= kWorkMax) return;
  context.timers.arm(index_, work.number, work.delay_ms);
  work_.push_back(std::move(work));
}

void Device::answer_call(DeviceContext& context, const Work& work) {
  if (state_ != DeviceState::Online) return;
  std::string& text = scratch();
  text += R"({"id":)";
  text += work.id;
  switch (work.outcome) {
    case Outcome::Succeed:
      text += R"(,"code":200,"data":{}})";
      break;
    case Outcome::Fail:
      text += R"(,"code":5001,"data":{},"message":"simulated failure"})";
      break;
    case Outcome::Reject:
      text += R"(,"code":5002,"data":{},"message":"simulated rejection"})";
      break;
    case Outcome::Silent:
      return;
  }
  count(context, work.outcome);
  if (work.kind == Kind::PropertySet)
    return publish(context, "thing/service/property/set_reply", text, context.settings.update_qos);
  publish(context, "thing/service/" + work.service + "_reply", text, context.settings.update_qos);
}

// Synchronous calls have 8 s, so the delay does not apply; a message that is no Alink comes back as it is.
// The answer is QoS 0 (device-protocol 5.3).
void Device::on_rrpc(DeviceContext& context, std::string_view answer_topic, std::string_view payload) {
  ++context.stats.received;
  const Outcome outcome = choose(context);
  ++chosen_;
  count(context, outcome);
  if (outcome == Outcome::Silent) return;
  std::string& text = scratch();
  if (const std::string_view id = scan_raw(payload, "id"); !id.empty()) {
    text += R"({"id":)";
    text += id;
    text += outcome == Outcome::Succeed ? R"(,"code":200,"data":{}})"
                                        : R"(,"code":5001,"data":{},"message":"simulated failure"})";
  } else {
    text += payload;
  }
  mqtt::append_publish(context.out, {answer_topic, 0, false, false, 0}, text);
  last_sent_seconds_ = seconds(context.now);
}

void Device::publish(DeviceContext& context, std::string_view suffix, std::string_view payload, uint8_t qos) {
  static thread_local std::string topic;
  topic.clear();
  alink::append_system_topic(topic, names(context), suffix);
  const uint16_t id = qos > 0 ? next_packet_id() : uint16_t{0};
  mqtt::append_publish(context.out, {topic, id, false, false, qos}, payload);
  last_sent_seconds_ = seconds(context.now);
}

Device::Outcome Device::choose(const DeviceContext& context) const {
  const Behaviour& behaviour = context.settings.behaviour;
  if (behaviour.failing + behaviour.rejecting + behaviour.silent <= 0) return Outcome::Succeed;
  const uint64_t number = mix(mix(behaviour.seed ^ index_) ^ chosen_);
  double share = static_cast<double>(number >> 11) * 0x1.0p-53;
  if (share < behaviour.failing) return Outcome::Fail;
  share -= behaviour.failing;
  if (share < behaviour.rejecting) return Outcome::Reject;
  share -= behaviour.rejecting;
  return share < behaviour.silent ? Outcome::Silent : Outcome::Succeed;
}

uint32_t Device::choose_delay_ms(const DeviceContext& context) const {
  const Behaviour& behaviour = context.settings.behaviour;
  const auto range = static_cast<uint64_t>(behaviour.delay_ms_max - behaviour.delay_ms_min);
  const uint64_t extra = range == 0 ? 0 : mix(mix(~behaviour.seed ^ index_) ^ chosen_) % (range + 1);
  return static_cast<uint32_t>(static_cast<uint64_t>(behaviour.delay_ms_min) + extra);
}

void Device::count(DeviceContext& context, Outcome outcome) const {
  switch (outcome) {
    case Outcome::Succeed:
      ++context.stats.succeeded;
      return;
    case Outcome::Fail:
      ++context.stats.failed;
      return;
    case Outcome::Reject:
      ++context.stats.rejected;
      return;
    case Outcome::Silent:
      ++context.stats.silent;
      return;
  }
}

Device::Work* Device::find(std::string_view id) noexcept {
  if (id.empty()) return nullptr;
  for (Work& work : work_)
    if (work.kind == Kind::Job && work.id == id) return &work;
  return nullptr;
}

void Device::drop(Work* work) {
  if (work != &work_.back()) *work = std::move(work_.back());
  work_.pop_back();
}

uint16_t Device::next_packet_id() noexcept {
  if (++packet_id_ == 0) packet_id_ = 1;
  return packet_id_;
}

}  // namespace rollcall::client
