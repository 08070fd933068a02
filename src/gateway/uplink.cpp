#include "gateway/uplink.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "alink/device_info.hpp"
#include "alink/envelope.hpp"
#include "alink/messages.hpp"
#include "base/canary.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "gateway/downlink.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::gateway {
namespace {

using alink::UplinkKind;

alink::Failure failure_of(const Error& error, std::string& message) {
  message = public_message(error);
  return {error_row(error.code).alink_code, message};
}

// One PUBLISH on its way in.
class Uplink {
 public:
  Uplink(Services& services, Connection& connection, const mqtt::PublishView& publish)
      : services_(services),
        connection_(connection),
        publish_(publish),
        topic_(alink::read_uplink_topic(publish.topic, connection.names())) {}

  void take() {
    switch (topic_.kind) {
      case UplinkKind::JobGet:
        return job_get();
      case UplinkKind::JobUpdate:
        return job_update();
      case UplinkKind::JobNotifyReply:
        return notify_reply();
      case UplinkKind::PropertySetReply:
      case UplinkKind::ServiceReply:
        return command_reply(std::nullopt);
      case UplinkKind::RrpcResponse:
      case UplinkKind::ExtRrpc:
        return rrpc_reply();
      case UplinkKind::PropertyPost:
        return property_post();
      case UplinkKind::EventPost:
      case UplinkKind::PropertyBatchPost:
      case UplinkKind::PropertyHistoryPost:
        return answer(200, "success");
      case UplinkKind::DeviceInfoUpdate:
      case UplinkKind::DeviceInfoDelete:
        return tags();
      case UplinkKind::ConfigGet:
        return answer(400, "There is no remote configuration.");
      case UplinkKind::NtpRequest:
        return ntp();
      case UplinkKind::OtaInform:
        return firmware();
      case UplinkKind::OtaProgress:
      case UplinkKind::OtaRequest:
      case UplinkKind::ShadowUpdate:
      case UplinkKind::Custom:
      case UplinkKind::OtherSystem:
        return swallow();
      case UplinkKind::Foreign:
        return foreign();
    }
  }

 private:
  void acknowledge() {
    if (publish_.packet_id != 0) mqtt::append_puback(services_.out, publish_.packet_id);
  }

  // What is consumed by nobody here goes to whoever listens.
  void feed() {
    services_.feed.offer(connection_.device, connection_.names(), services_.clock.wall(), publish_.topic,
                         publish_.payload);
  }

  // The device must not wait for a consumer (device-protocol 2.1).
  void swallow() {
    feed();
    acknowledge();
  }

  // Dropped; the connection stays, since SDKs' demos publish to other devices (device-protocol 1.9).
  void foreign() {
    note_refusal(services_, connection_, publish_.topic, "no topic that this device may publish to");
    acknowledge();
  }

  engine::SessionRef session() const { return session_ref(services_, connection_); }

  engine::Echo echo(const alink::Request& request, std::string task_code) const {
    return {std::string(request.id_json), std::move(task_code), publish_.packet_id};
  }

  void refuse_get(std::string_view id_json, const Error& error) {
    acknowledge();
    std::string message;
    services_.text.clear();
    alink::append_job_get_failure(services_.text, id_json, "", failure_of(error, message));
    note_refusal(services_, connection_, publish_.topic, message);
    publish_reply(services_, connection_, alink::kJobGetReply, services_.text);
  }

  void job_get() {
    const auto request = alink::read_request(publish_.payload);
    if (!request) return refuse_get(alink::kUnknownId, request.error());
    auto code = alink::read_job_get(*request);
    if (!code) return refuse_get(request->id_json, code.error());
    engine::JobGet get{session(), engine::GetKind::Next, {}, {}};
    if (*code == "$list") get.kind = engine::GetKind::List;
    if (!code->starts_with('$')) {
      get.kind = engine::GetKind::One;
      get.key = services_.codec.task_key(*code).value_or(TaskKey());
    }
    get.echo = echo(*request, std::move(*code));
    command(services_, connection_, std::move(get));
  }

  void refuse_update(std::string_view id_json, std::string_view task_code, const Error& error) {
    acknowledge();
    std::string message;
    services_.text.clear();
    alink::append_job_update_reply(services_.text, id_json, task_code, failure_of(error, message));
    note_refusal(services_, connection_, publish_.topic, message);
    publish_reply(services_, connection_, alink::kJobUpdateReply, services_.text);
  }

  void job_update() {
    const auto request = alink::read_request(publish_.payload);
    if (!request) return refuse_update(alink::kUnknownId, "", request.error());
    auto content = alink::read_job_update(*request);
    if (!content)
      return refuse_update(request->id_json, alink::job_update_task_code(*request), content.error());
    engine::JobUpdate update{
        session(), {}, content->event, content->progress, std::move(content->status_details), {}};
    update.key = services_.codec.task_key(content->task_code).value_or(TaskKey());
    update.echo = echo(*request, std::move(content->task_code));
    if (canary(Canary::PubackBeforeCommit)) {
      acknowledge();
      update.echo.packet_id = 0;
    }
    command(services_, connection_, std::move(update));
  }

  std::vector<PushedTask>::iterator find_push(uint32_t alink_id) {
    // One that waits for its PUBACK is settled by nothing else.
    return std::find_if(connection_.pushes.begin(), connection_.pushes.end(),
                        [alink_id](const PushedTask& push) {
                          return push.alink_id == alink_id && !engine::is_offline_key(push.key);
                        });
  }

  void forget_push(std::vector<PushedTask>::iterator push) {
    connection_.pushes.erase(push);
    if (connection_.pushes.empty()) std::vector<PushedTask>().swap(connection_.pushes);
  }

  // Optional on the device's side (device-protocol 4.2); says no more than a PUBACK does.
  void notify_reply() {
    acknowledge();
    const auto reply = alink::read_device_reply(publish_.payload, std::nullopt);
    const auto push = reply ? find_push(reply->alink_id) : connection_.pushes.end();
    if (push == connection_.pushes.end() || push->answer != PushedTask::Answer::None) return;
    const engine::PushConfirmed confirmed{session(), push->key, push->attempt};
    forget_push(push);
    command(services_, connection_, confirmed);
  }

  // The message id stands in the topic (device-protocol 5.3).
  void rrpc_reply() {
    const auto id = parse_int(topic_.part);
    if (id && *id > 0 && *id <= UINT32_MAX && answers_with_bytes(static_cast<uint32_t>(*id))) return;
    const bool system = topic_.inner.empty() || topic_.inner.starts_with("/sys/");
    if (!system || !id || *id < 0 || *id > UINT32_MAX) return swallow();
    command_reply(static_cast<uint32_t>(*id));
  }

  // The answer to an RRpc call: whatever bytes the device sends, once.
  bool answers_with_bytes(uint32_t id) {
    const auto push = find_push(id);
    if (push == connection_.pushes.end() || push->answer != PushedTask::Answer::Bytes) return false;
    forget_push(push);
    engine::CommandReply reply{session(), id, 200, {}, {}, {"", "", publish_.packet_id}, {}};
    reply.payload = std::string(publish_.payload);
    command(services_, connection_, std::move(reply));
    return true;
  }

  void command_reply(std::optional<uint32_t> id) {
    auto reply = alink::read_device_reply(publish_.payload, id);
    if (!reply) return swallow();
    const auto push = find_push(reply->alink_id);
    const bool awaited =
        push != connection_.pushes.end() && push->answer == PushedTask::Answer::Alink;  // its caller gets all
    if (!awaited && reply->data.size() > limits::kTaskDetailBytesMax) {
      reply->data = "{}";
      if (reply->message.empty()) reply->message = "The output was longer than 4096 bytes and was dropped.";
    }
    if (push != connection_.pushes.end() && push->answer != PushedTask::Answer::Bytes) forget_push(push);
    command(services_, connection_,
            engine::CommandReply{session(),
                                 reply->alink_id,
                                 reply->code,
                                 std::move(reply->data),
                                 std::move(reply->message),
                                 {"", "", publish_.packet_id},
                                 {}});
  }

  // {suffix}_reply with that code, unless the device wants none.
  void answer(int32_t code, std::string_view message) {
    feed();
    acknowledge();
    const auto request = alink::read_request(publish_.payload);
    if (request && !request->wants_reply) return;
    std::string failure;
    alink::ReplyText reply{code, "{}", message};
    if (!request) {
      const alink::Failure refused = failure_of(request.error(), failure);
      reply.code = refused.code;
      reply.message = refused.message;
      note_refusal(services_, connection_, publish_.topic, failure);
    }
    services_.text.clear();
    alink::append_reply(services_.text, request ? request->id_json : alink::kUnknownId, topic_.suffix, reply);
    publish_reply(services_, connection_, std::string(topic_.suffix) + "_reply", services_.text);
  }

  void refuse_tags(const alink::Request& request, const Error& error) {
    acknowledge();
    std::string message;
    const alink::Failure failure = failure_of(error, message);
    note_refusal(services_, connection_, publish_.topic, message);
    if (!request.wants_reply) return;
    services_.text.clear();
    alink::append_reply(services_.text, request.id_json, topic_.suffix,
                        {failure.code, "{}", failure.message});
    publish_reply(services_, connection_, std::string(topic_.suffix) + "_reply", services_.text);
  }

  void tags() {
    const auto request = alink::read_request(publish_.payload);
    if (!request) return answer(200, "success");  // says what is wrong with it
    engine::TagReport report{session(), {}, {}, {}};
    if (topic_.kind == UplinkKind::DeviceInfoUpdate) {
      auto put = alink::read_tags_update(*request);
      if (!put) return refuse_tags(*request, put.error());
      report.put = std::move(*put);
    } else {
      auto dropped = alink::read_tags_delete(*request);
      if (!dropped) return refuse_tags(*request, dropped.error());
      report.dropped = std::move(*dropped);
    }
    if (report.put.empty() && report.dropped.empty()) return answer(200, "success");
    report.echo = echo(*request, {});
    if (!request->wants_reply) report.echo.id_json.clear();
    command(services_, connection_, std::move(report));
  }

  void firmware() {
    acknowledge();
    if (auto version = alink::read_firmware_inform(publish_.payload))
      services_.commands.send(engine::FirmwareReport{session(), std::move(*version)});
    else
      note_refusal(services_, connection_, publish_.topic, "no version of a firmware");
  }

  // Nothing waits for last values: without room in the engine's mailbox these are lost, not the connection.
  void keep(std::string_view params) {
    LastValueMap values = read_property_report(params, services_.clock.wall());
    if (values.empty()) return;
    services_.commands.send(engine::PropertyReport{session(), std::move(values)});
  }

  void property_post() {
    answer(200, "success");
    const auto request = alink::read_request(publish_.payload);
    if (!request) return;
    const auto params = alink::read_property_post(*request);
    if (!params) return;
    if (params->size() <= limits::kPropertyReportBytesMax) keep(*params);
    const bool waiting = std::any_of(connection_.pushes.begin(), connection_.pushes.end(),
                                     [](const PushedTask& push) { return push.property_set != nullptr; });
    if (!waiting) return;
    for (size_t i = connection_.pushes.size(); i-- > 0 && i < connection_.pushes.size();) {
      const PushedTask& push = connection_.pushes[i];
      if (!push.property_set || !report_shows(*params, push.property_set->body)) continue;
      const engine::PropertySeen seen{session(), push.key, push.attempt};
      forget_push(connection_.pushes.begin() + static_cast<std::ptrdiff_t>(i));
      if (!command(services_, connection_, seen)) return;
    }
  }

  void ntp() {
    acknowledge();
    const WallMs now = services_.clock.wall();
    const auto sent = alink::read_ntp_request(publish_.payload);
    if (!sent || !connection_.filters->deliverable_ntp_response()) return;
    std::string topic;
    alink::append_ntp_response_topic(topic, connection_.names());
    services_.text.clear();
    alink::append_ntp_response(services_.text, *sent, now, now);
    if (append_publish_head(services_, connection_, {.topic = topic}, services_.text.size()))
      services_.out += services_.text;
  }

  Services& services_;
  Connection& connection_;
  const mqtt::PublishView& publish_;
  const alink::UplinkTopic topic_;
};

bool same_value(const boost::json::value& a, const boost::json::value& b) {
  if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
  if (a.is_bool() && b.is_number()) return b.to_number<double>() == (a.get_bool() ? 1 : 0);
  if (a.is_number() && b.is_bool()) return same_value(b, a);
  return a == b;
}

}  // namespace

void take_publish(Services& services, Connection& connection, const mqtt::PublishView& publish) {
  Uplink(services, connection, publish).take();
}

bool report_shows(std::string_view report_params, std::string_view wanted_params) {
  const auto report = parse_json(report_params);
  const auto wanted = parse_json(wanted_params);
  if (!report || !wanted || !report->is_object() || !wanted->is_object() || wanted->get_object().empty())
    return false;
  for (const auto& member : wanted->get_object()) {
    const boost::json::value* shown = report->get_object().if_contains(member.key());
    if (shown == nullptr) return false;
    if (same_value(*shown, member.value())) continue;
    const boost::json::object* wrapped = shown->if_object();
    const boost::json::value* value = wrapped != nullptr ? wrapped->if_contains("value") : nullptr;
    if (value == nullptr || !same_value(*value, member.value())) return false;
  }
  return true;
}

}  // namespace rollcall::gateway
