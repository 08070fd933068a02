// What a simulated device makes of what it hears.
#include "base/json.hpp"
#include "base/overload.hpp"
#include "base/text.hpp"
#include "mqtt/encoder.hpp"
#include "sim/device.hpp"
#include "sim/truth.hpp"

namespace rollcall::sim {
namespace {

constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kNextWaitUs = 1'000'000;  // well inside the two seconds that the server waits
constexpr int64_t kBetweenReportsUs = 200'000;
constexpr size_t kUnconfirmedMax = 10;  // DESIGN 3

// The raw text of a member of a member ..., or empty.
std::string_view member(std::string_view text, std::initializer_list<std::string_view> path) {
  for (const std::string_view key : path) {
    const auto found = json_member(text, key);
    if (!found) return {};
    text = *found;
  }
  return text;
}

std::string text_of(std::string_view raw) { return json_unquote(raw).value_or(std::string(raw)); }

}  // namespace

void SimDevice::on_bytes(uint64_t connection, std::string_view bytes) {
  if (connection != connection_ || left_) return;
  const auto outcome = reader_.feed(bytes, [&](const mqtt::Packet& packet) {
    if (connection == connection_) on_packet(packet);
    return mqtt::Reading::Continue;
  });
  if (outcome.error) parts_.truth.violated("the server sent something that is not MQTT");
}

void SimDevice::on_packet(const mqtt::Packet& packet) {
  std::visit(Overload{
                 [&](const mqtt::ConnAck& connack) {
                   parts_.trace.note("connack", static_cast<int64_t>(connection_), connack.code,
                                     identity_.id.value);
                   if (connack.code == 0) online();
                 },
                 [&](const mqtt::PublishView& publish) { on_publish(publish); },
                 [&](const mqtt::PubAck& puback) {
                   if (auto it = packets_.find(puback.packet_id); it != packets_.end()) {
                     parts_.truth.report_packet_acknowledged(it->second);
                     packets_.erase(it);
                   }
                   if (auto it = command_packets_.find(puback.packet_id); it != command_packets_.end()) {
                     parts_.truth.command_answer_acknowledged(it->second.first, it->second.second);
                     command_packets_.erase(it);
                   }
                 },
                 [](const auto&) {},
             },
             packet);
}

void SimDevice::online() {
  online_ = true;
  connack_at_ = parts_.loop.now();
  if (character_.subscriber) {
    if (parts_.dice.chance(0.8)) {
      subscribe_all();
    } else {
      later(parts_.dice.skewed(kSecondUs, 90 * kSecondUs), [this, connection = connection_] {
        if (connection == connection_ && online_) subscribe_all();
      });
    }
  } else {
    std::string out;
    const std::string user = "/" + identity_.product_key + "/" + identity_.name + "/user/#";
    mqtt::append_subscribe(out, next_packet_id(), {{user, 1}});
    send(out);
  }
  if (character_.asks_next || honest_) {
    next_pending_ = !character_.subscriber || subscribed_;  // else nothing can answer it
    ask_next();
  }
  // One after the other: a server with small mailboxes closes connections that flood it.
  int64_t us = 0;
  for (const auto& [number, unanswered] : unanswered_) {
    later(us, [this, number = number, connection = connection_] {
      if (connection == connection_ && online_) report_again(number);
    });
    us += kBetweenReportsUs;
  }
}

void SimDevice::report_again(int64_t number) {
  auto it = unanswered_.find(number);
  if (it == unanswered_.end()) return;
  Unanswered& unanswered = it->second;
  parts_.truth.report_sent_again(number, connection_);
  if (character_.qos1) {
    unanswered.packet_id = next_packet_id();
    packets_[unanswered.packet_id] = number;
  }
  unanswered.sent_at = answerable_from();
  publish("thing/job/update", unanswered.payload, character_.qos1 ? 1 : 0, unanswered.packet_id,
          character_.qos1);
}

void SimDevice::subscribe_all() {
  subscribed_ = true;
  const std::string own = "/sys/" + identity_.product_key + "/" + identity_.name + "/thing/";
  const std::string user = "/" + identity_.product_key + "/" + identity_.name + "/user/#";
  const std::string job = own + "job/#";
  const std::string service = own + "service/#";
  std::string out;
  mqtt::append_subscribe(out, next_packet_id(), {{job, 1}, {service, 1}, {user, 1}});
  send(out);
}

bool SimDevice::acknowledge(const mqtt::PublishView& publish) {
  if (publish.packet_id == 0) return false;
  if (character_.withholds_puback && parts_.dice.chance(0.7)) return false;
  std::string out;
  mqtt::append_puback(out, publish.packet_id);
  send(out);
  return true;
}

void SimDevice::on_publish(const mqtt::PublishView& publish) {
  const alink::DeviceNames names{identity_.product_key, identity_.name};
  const std::string user = "/" + identity_.product_key + "/" + identity_.name + "/user/";
  if (character_.subscriber && !subscribed_)
    return parts_.truth.violated("a message for a device that did not subscribe: " +
                                 std::string(publish.topic));
  if (publish.topic.starts_with(user)) {
    const std::string marker(publish.payload);
    parts_.truth.command_received(identity_.id, marker);
    if (publish.qos == 0) return;
    parts_.truth.message_taken(identity_.id, marker);
    acknowledge(publish);
    return;
  }
  const std::string_view suffix = alink::system_suffix(publish.topic, names);
  if (suffix.empty())
    return parts_.truth.violated("a device was sent another's message: " + std::string(publish.topic));
  if (suffix == alink::kJobNotify) return on_notify(publish);
  acknowledge(publish);
  if (suffix == alink::kJobGetReply) return on_get_reply(publish.payload);
  if (suffix == alink::kJobUpdateReply) return on_update_reply(publish.payload);
  if (suffix.starts_with(alink::kServicePrefix)) on_command(suffix, publish.payload);
}

void SimDevice::on_notify(const mqtt::PublishView& publish) {
  const std::string_view task = member(publish.payload, {"params", "task"});
  const std::string code = text_of(member(task, {"taskId"}));
  const std::string status = text_of(member(task, {"status"}));
  const TaskKey key = parts_.truth.task_of(code);
  parts_.trace.note("notify", key.job.value, key.sequence, static_cast<int64_t>(status.size()));
  if (status != "SENT") {  // CANCELLED or REMOVED: drop it, or say something silly
    acknowledge(publish);
    work_.erase(key);
    if (character_.contrary) report(key, code, TaskEvent::ReportInProgress, 50);
    return;
  }
  const int32_t attempt = parts_.truth.attempt_of(key);
  if (!pushed_here_.insert({key, attempt}).second)
    return parts_.truth.violated(key, "was pushed twice on one connection");
  // A disk that fails swallows an answer to `$next`; then the push comes without one.
  const bool sound = parts_.plan.bad_spells_per_minute == 0 && parts_.plan.full_per_minute == 0;
  if (sound && next_pending_ && parts_.loop.now() - connack_at_ < kNextWaitUs &&
      parts_.plan.latency_us_max <= 50'000 && parts_.plan.thread_delay_us_max <= 50'000)
    return parts_.truth.violated(key, "was pushed although the device's $next was on its way");
  if (!acknowledge(publish)) unconfirmed_.insert(key);
  std::erase_if(unconfirmed_,
                [&](const TaskKey& open) { return parts_.truth.status_of(open) != TaskStatus::Sent; });
  if (unconfirmed_.size() > kUnconfirmedMax)
    return parts_.truth.violated(key, "is the eleventh unconfirmed push to its device");
  take_task(code, std::string(member(task, {"jobDocument", "m"})));
}

void SimDevice::on_get_reply(std::string_view payload) {
  next_pending_ = false;
  const std::string_view task = member(payload, {"data", "task"});
  if (task.empty()) return;
  const std::string code = text_of(member(task, {"taskId"}));
  const TaskKey key = parts_.truth.task_of(code);
  parts_.trace.note("got", key.job.value, key.sequence);
  confirm(key);
  const std::string status = text_of(member(task, {"status"}));
  if (status != "SENT" && status != "IN_PROGRESS") return;
  if (!honest_ && work_.contains(key)) return;
  take_task(code, std::string(member(task, {"jobDocument", "m"})));
}

void SimDevice::take_task(const std::string& code, const std::string& marker) {
  const TaskKey key = parts_.truth.task_of(code);
  parts_.truth.task_received(identity_.id, key, marker);
  if (known_codes_.size() < 1'000) known_codes_.push_back(code);
  Work& work = work_[key];
  work.code = code;
  work.progress = -1;
  ++work.turn;
  if (character_.silent && parts_.dice.chance(0.6)) return;
  int64_t us = parts_.dice.skewed(1'000, 10 * kSecondUs);
  if (character_.late) us = parts_.dice.skewed(kSecondUs, 400 * kSecondUs);
  if (honest_) us = parts_.dice.between(1'000, 500'000);
  later(us, [this, key, turn = work.turn] { work_on(key, turn); });
}

void SimDevice::work_on(const TaskKey& key, uint32_t turn) {
  auto it = work_.find(key);
  if (it == work_.end() || it->second.turn != turn) return;
  const std::string code = it->second.code;
  Dice& dice = parts_.dice;
  if (!honest_ && dice.chance(it->second.progress < 0 ? 0.6 : 0.3)) {
    it->second.progress = static_cast<int>(dice.between(it->second.progress + 1, 100));
    report(key, code, TaskEvent::ReportInProgress, it->second.progress % 100);
    const int64_t us =
        character_.late ? dice.skewed(kSecondUs, 200 * kSecondUs) : dice.skewed(1'000, 15 * kSecondUs);
    later(us, [this, key, turn] { work_on(key, turn); });
    return;
  }
  if (!honest_ && character_.silent && dice.chance(0.5)) return;  // started and never heard of again
  TaskEvent event = TaskEvent::ReportSucceeded;
  if (!honest_ && dice.chance(0.25))
    event = dice.chance(0.7) ? TaskEvent::ReportFailed : TaskEvent::ReportRejected;
  work_.erase(it);
  report(key, code, event, event == TaskEvent::ReportSucceeded ? 100 : 30);
}

void SimDevice::on_update_reply(std::string_view payload) {
  const auto number = parse_int(text_of(member(payload, {"id"})));
  const auto code = parse_int(member(payload, {"code"}));
  if (!number || !code || *number < 0 || *number >= parts_.truth.reports_sent()) return;
  parts_.trace.note("answered", *number, *code);
  // A server that could not store it says so, and the device tries again later.
  if (*code == 500 || *code == 503 || *code == 429) {
    if (auto it = unanswered_.find(*number); it != unanswered_.end()) it->second.sent_at = SteadyUs();
    return;
  }
  parts_.truth.report_answered(*number, static_cast<int>(*code));
  unanswered_.erase(*number);
  if (honest_) ask_next();
}

void SimDevice::on_command(std::string_view suffix, std::string_view payload) {
  const std::string marker(member(payload, {"params", "m"}));
  const std::string id = text_of(member(payload, {"id"}));
  if (marker.empty()) return;  // a reply
  if (!parts_.truth.command_received(identity_.id, marker)) return;
  if (character_.silent && parts_.dice.chance(0.6)) return;
  int64_t us = parts_.dice.skewed(1'000, 5 * kSecondUs);
  if (character_.late) us = parts_.dice.skewed(kSecondUs, 150 * kSecondUs);
  answer_later(us, std::string(suffix), id, marker);
  if (!character_.repeating) return;
  if (parts_.dice.chance(0.5)) us += parts_.dice.skewed(kSecondUs, 200 * kSecondUs);
  answer_later(us, std::string(suffix), id, marker);
}

void SimDevice::answer_later(int64_t us, const std::string& suffix, const std::string& id,
                             const std::string& marker) {
  later(us, [this, suffix, id, marker] {
    if (online_) answer_command(suffix, id, marker);
  });
}

void SimDevice::answer_command(const std::string& suffix, const std::string& id, const std::string& marker) {
  const bool success = honest_ || parts_.dice.chance(0.8);
  if (suffix == alink::kPropertySet && parts_.dice.chance(0.2)) {  // the Node SDK never answers a set
    parts_.truth.property_shown(identity_.id);
    return publish(
        "thing/event/property/post",
        R"({"id":"p","version":"1.0","params":{"m":)" + marker + R"(},"method":"thing.event.property.post"})",
        0);
  }
  if (const auto number = parse_int(id))
    parts_.truth.answer_sent(identity_.id, static_cast<uint32_t>(*number));
  const std::string text =
      R"({"id":")" + id + R"(","code":)" + (success ? "200" : "500") + R"(,"data":{},"message":"said"})";
  if (!character_.qos1) return publish(suffix + "_reply", text, 0);
  const uint16_t packet_id = next_packet_id();
  const auto key = parts_.truth.task_with_alink_id(identity_.id, marker, id);
  if (key) command_packets_[packet_id] = *key;
  publish(suffix + "_reply", text, 1, packet_id);
}

}  // namespace rollcall::sim
