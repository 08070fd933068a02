#include "sim/device.hpp"

#include "base/crypto.hpp"
#include "mqtt/encoder.hpp"
#include "sim/truth.hpp"

namespace rollcall::sim {
namespace {

constexpr uint16_t kKeepAliveSeconds = 60;
constexpr int64_t kSecondUs = 1'000'000;
constexpr size_t kUnansweredMax = 100;
constexpr int64_t kAnswerUs = 90 * kSecondUs;  // by then every report has been answered

}  // namespace

Character draw_character(const Plan& plan, Dice& dice) {
  Character character;
  character.silent = dice.chance(plan.silent);
  character.lying = dice.chance(plan.lying);
  character.repeating = dice.chance(plan.repeating);
  character.asks_next = dice.chance(plan.asks_next);
  character.subscriber = dice.chance(plan.explicit_subscriber);
  character.late = dice.chance(plan.late);
  character.contrary = dice.chance(plan.contrary);
  character.qos1 = dice.chance(plan.qos1_reports);
  character.withholds_puback = dice.chance(plan.withholds_puback);
  character.mostly_offline = dice.chance(plan.offline_share);
  return character;
}

SimDevice::SimDevice(Parts& parts, Identity identity, Character character,
                     std::vector<std::string>& known_codes)
    : parts_(parts), identity_(std::move(identity)), character_(character), known_codes_(known_codes) {}

void SimDevice::later(int64_t us, std::function<void()> what) {
  parts_.loop.after(us, [this, what = std::move(what)] {
    if (!left_) what();
  });
}

// --- coming and going

void SimDevice::start(int64_t delay_us) {
  later(delay_us, [this] { connect(); });
  later(delay_us + kSecondUs, [this] { every_minute(); });
}

void SimDevice::connect() {
  if (connection_ != 0 || left_) return;
  const auto core = static_cast<uint16_t>(parts_.dice.index(parts_.plan.cores));
  connection_ = parts_.network.connect(*this, core);
}

void SimDevice::come_back() {
  int64_t us = parts_.dice.skewed(10'000, 20 * kSecondUs);
  if (character_.mostly_offline && !honest_) us = parts_.dice.skewed(10 * kSecondUs, 300 * kSecondUs);
  if (character_.twin && !honest_) us = parts_.dice.skewed(kSecondUs, 120 * kSecondUs);
  if (honest_) us = parts_.dice.between(1, 3) * kSecondUs;
  later(us, [this] { connect(); });
}

void SimDevice::on_connected(uint64_t connection) {
  if (connection != connection_ || left_) return;
  reader_.clear();
  const std::string id = identity_.product_key + "." + identity_.name;
  const std::string client_id = id + "|timestamp=2524608000000," + (character_.subscriber ? "" : "_ss=1,") +
                                "_v=sdk-c-4.1.0,securemode=3,signmethod=hmacsha256|";
  const std::string user = identity_.name + "&" + identity_.product_key;
  const std::string content = "clientId" + id + "deviceName" + identity_.name + "productKey" +
                              identity_.product_key + "timestamp2524608000000";
  const std::string password = hex_lower(hmac(HashKind::Sha256, identity_.secret, content));
  mqtt::ConnectView connect;
  connect.keep_alive_seconds = kKeepAliveSeconds;
  connect.client_id = client_id;
  connect.user_name = user;
  connect.password = password;
  std::string out;
  mqtt::append_connect(out, connect);
  send(out);
}

void SimDevice::on_closed(uint64_t connection) {
  if (connection != connection_) return;
  connection_ = 0;
  online_ = false;
  subscribed_ = false;
  packets_.clear();
  command_packets_.clear();
  pushed_here_.clear();
  unconfirmed_.clear();
  next_pending_ = false;
  read_slowly_ = false;
  for (auto& [number, unanswered] : unanswered_) {
    unanswered.packet_id = 0;
    unanswered.sent_at = SteadyUs();
  }
  if (!left_) come_back();
}

void SimDevice::cut(bool tell_server) {
  if (connection_ != 0) parts_.network.cut(connection_, tell_server);
}

void SimDevice::leave() {
  left_ = true;
  if (connection_ != 0) parts_.network.cut(connection_, true);
  connection_ = 0;
  online_ = false;
}

void SimDevice::become_honest() {
  honest_ = true;
  character_ = Character{};
  character_.qos1 = true;
  if (connection_ != 0)
    parts_.network.cut(connection_, true);  // the next connection tells everything again
  else
    later(parts_.dice.between(1, 3) * kSecondUs, [this] { connect(); });
}

void SimDevice::every_minute() {
  later(20 * kSecondUs, [this] { every_minute(); });
  if (!online_) return;
  check_answered();
  std::string out;
  mqtt::append_pingreq(out);
  send(out);
  if (honest_) return ask_next();
  const Plan& plan = parts_.plan;
  if (parts_.dice.chance(plan.cut_per_minute / 3)) {
    const int64_t us = parts_.dice.between(0, 20 * kSecondUs);
    later(us, [this] { cut(!parts_.dice.chance(parts_.plan.half_open)); });
  }
  if (character_.mostly_offline && parts_.dice.chance(0.5)) {
    parts_.network.close(connection_);
    on_closed(connection_);
    return;
  }
  if (parts_.dice.chance(plan.slow_reader / 3)) {
    const uint64_t connection = connection_;
    parts_.network.stop_reading(connection, true);
    read_slowly_ = true;
    later(parts_.dice.skewed(kSecondUs, 60 * kSecondUs),
          [this, connection] { parts_.network.stop_reading(connection, false); });
  }
  if (character_.lying && parts_.dice.chance(0.5)) misbehave();
  if (character_.asks_next && parts_.dice.chance(0.2)) ask_next();
}

// --- sending

void SimDevice::send(const std::string& bytes) {
  if (connection_ != 0) parts_.network.send(connection_, bytes);
}

uint16_t SimDevice::next_packet_id() {
  if (++packet_id_ == 0) packet_id_ = 1;
  return packet_id_;
}

void SimDevice::publish(std::string_view suffix, std::string_view payload, uint8_t qos, uint16_t packet_id,
                        bool dup) {
  std::string topic;
  alink::append_system_topic(topic, {identity_.product_key, identity_.name}, suffix);
  mqtt::PublishHead head{.topic = topic, .packet_id = packet_id, .dup = dup, .retain = false, .qos = qos};
  std::string out;
  mqtt::append_publish(out, head, payload);
  send(out);
}

void SimDevice::ask_next() {
  publish("thing/job/get", R"({"id":"n","version":"1.0","params":{"taskId":"$next"}})", 0);
}

// Now, or never: the server sends nothing to those who did not subscribe.
SteadyUs SimDevice::answerable_from() const {
  return character_.subscriber && !subscribed_ ? SteadyUs() : parts_.loop.now();
}

// Whatever the answer is, there must be one, as long as the connection lasts.
void SimDevice::check_answered() {
  if (read_slowly_ || parts_.plan.slow_disk > 0 || !parts_.network.is_whole(connection_)) return;
  for (const auto& [number, unanswered] : unanswered_)
    if (unanswered.sent_at.value > 0 && parts_.loop.now() - unanswered.sent_at > kAnswerUs)
      return parts_.truth.violated("report " + std::to_string(number) + " was never answered");
}

// Things no honest device would say; nothing of it may change anything that is not its own.
void SimDevice::misbehave() {
  Dice& dice = parts_.dice;
  const std::string code = known_codes_.empty() ? "nonsense" : dice.pick(known_codes_);
  switch (dice.between(0, 5)) {
    case 0:
    case 1: {
      const TaskKey key = parts_.truth.task_of(code);
      const auto owner = parts_.truth.owner_of(key);
      if (!owner || *owner == identity_.id) return;
      Report lie{identity_.id, key, TaskEvent::ReportSucceeded, connection_, 0, false, false};
      const std::string number = std::to_string(parts_.truth.report_sent(lie));
      return publish("thing/job/update",
                     R"({"id":")" + number + R"(","params":{"taskId":")" + code +
                         R"(","status":"SUCCEEDED","progress":100,"statusDetails":{"r":)" + number + "}}}",
                     0);
    }
    case 2:
      return publish("thing/job/update",
                     R"({"id":"x","params":{"taskId":")" + code + R"(","status":"CANCELLED","progress":1}})",
                     0);
    case 3:
      return publish("thing/job/update", R"({"id":7,"params":{"taskId":)", 1, next_packet_id());
    case 4:
      return publish("thing/job/get", R"({"id":"y","params":{"taskId":")" + code + R"("}})", 0);
    default:
      return publish("thing/service/property/set_reply", R"({"id":"1","code":200,"data":{}})", 0);
  }
}

void SimDevice::report(const TaskKey& key, const std::string& code, TaskEvent event, int progress) {
  if (unanswered_.size() >= kUnansweredMax) return;
  const char* status = event == TaskEvent::ReportSucceeded  ? "SUCCEEDED"
                       : event == TaskEvent::ReportFailed   ? "FAILED"
                       : event == TaskEvent::ReportRejected ? "REJECTED"
                                                            : "IN_PROGRESS";
  const int64_t number = parts_.truth.report_sent({identity_.id, key, event, connection_, 0, true, false});
  const std::string text = std::to_string(number);
  std::string payload = R"({"id":")" + text + R"(","version":"1.0","params":{"taskId":")" + code +
                        R"(","status":")" + status + R"(","progress":)" + std::to_string(progress) +
                        R"(,"statusDetails":{"r":)" + text + "}}}";
  Unanswered& unanswered = unanswered_[number];
  unanswered.payload = std::move(payload);
  parts_.trace.note("report", key.job.value, key.sequence, number);
  if (!online_) return;  // told on the next connection
  confirm(key);
  unanswered.sent_at = answerable_from();
  const int times = character_.repeating ? 2 : 1;
  for (int i = 0; i < times; ++i) {
    if (character_.qos1) {
      unanswered.packet_id = next_packet_id();
      packets_[unanswered.packet_id] = number;
    }
    publish("thing/job/update", unanswered.payload, character_.qos1 ? 1 : 0, unanswered.packet_id);
  }
}

}  // namespace rollcall::sim
