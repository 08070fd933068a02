#include "gateway/downlink.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "alink/messages.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::gateway {
namespace {

// A payload in up to three pieces, of which the middle one is shared by all devices of a job.
struct Payload {
  std::string_view head;
  std::string_view body;
  std::string_view tail;
};

// False when it is too large for the device.
bool publish(Services& services, Connection& connection, const mqtt::PublishHead& head,
             const Payload& payload) {
  const size_t bytes = payload.head.size() + payload.body.size() + payload.tail.size();
  if (!append_publish_head(services, connection, head, bytes)) return false;
  services.out.append(payload.head).append(payload.body).append(payload.tail);
  services.log.note_message(connection.device, services.clock.wall(), DeviceLogKind::Downlink, head.topic,
                            head.qos, payload.head.empty() ? payload.body : payload.head);
  return true;
}

PushedTask pushed(const engine::PushTask& push) {
  PushedTask task;
  task.key = push.key;
  task.attempt = push.attempt;
  task.alink_id = push.direct_id != 0 ? push.direct_id : alink_id(push.key.job, push.attempt);
  if (push.awaited)
    task.answer = push.content->raw_rrpc ? PushedTask::Answer::Bytes : PushedTask::Answer::Alink;
  return task;
}

// A direct call's message. Behind a full window it waits; one that waits for its PUBACK comes again on the
// next connection if it finds no room even there.
void publish_direct(Services& services, Connection& connection, PushedTask task, std::string_view topic,
                    const JobContent& content, const Payload& payload) {
  if (content.qos != MessageQos::Qos1) {
    publish(services, connection, {.topic = topic}, payload);
    return;
  }
  BlockedMessage message{std::move(task), std::string(topic), std::string(payload.head)};
  message.payload.append(payload.body).append(payload.tail);
  services.log.note_message(connection.device, services.clock.wall(), DeviceLogKind::Downlink, topic, 1,
                            message.payload);
  const bool waits = message.task.key != TaskKey();
  if (!send_message(services, connection, std::move(message)) && !waits)
    note_refusal(services, connection, topic, "too many messages wait for their PUBACK; this one is lost");
}

// Publishes with the QoS of the job. False when a QoS 1 packet has no place in the session's window: the task
// stays unconfirmed and is sent again on the device's next connection (DESIGN 5.11).
bool publish_push(Services& services, Connection& connection, PushedTask& task, std::string_view topic,
                  const JobContent& content, const Payload& payload) {
  mqtt::PublishHead head{.topic = topic};
  if (content.qos == MessageQos::Qos1 && !begin_push(connection, task, head)) return false;
  return publish(services, connection, head, payload);
}

void push_custom_job(Services& services, Connection& connection, const engine::PushTask& push) {
  PushedTask task = pushed(push);
  std::string topic;
  alink::append_system_topic(topic, connection.names(), alink::kJobNotify);
  services.text.clear();
  const std::string code = services.codec.task_code(push.key);
  alink::append_job_notify_head(services.text, task.alink_id,
                                {code, task_status_text(TaskStatus::Sent), std::nullopt});
  const Payload payload{services.text, push.content->body, alink::kJobNotifyTail};
  if (publish_push(services, connection, task, topic, *push.content, payload))
    remember_push(connection, std::move(task));
  finish(services, connection);
}

void append_raw_rrpc_topic(std::string& topic, const Connection& connection, uint32_t id,
                           std::string_view short_name) {
  if (short_name.empty())
    alink::append_rrpc_request_topic(topic, connection.names(), id);
  else
    alink::append_ext_rrpc_user_topic(topic, connection.names(), id, short_name);
}

void push_pub(Services& services, Connection& connection, const engine::PushTask& push) {
  PushedTask task = pushed(push);
  std::string topic;
  if (push.content->raw_rrpc)
    append_raw_rrpc_topic(topic, connection, task.alink_id, push.content->topic_short_name);
  else
    alink::append_user_topic(topic, connection.names(), push.content->topic_short_name);
  if (push.direct_id != 0) {
    publish_direct(services, connection, task, topic, *push.content, {push.content->body, {}, {}});
    if (push.awaited) remember_push(connection, std::move(task));
    finish(services, connection);
    return;
  }
  if (!publish_push(services, connection, task, topic, *push.content, {push.content->body, {}, {}})) return;
  if (task.serial != 0) {
    remember_push(connection, std::move(task));
    finish(services, connection);
    return;
  }
  // With QoS 0 written is all there is to know (DESIGN 5.12).
  if (!finish(services, connection)) return;
  command(services, connection,
          engine::PushWritten{session_ref(services, connection), push.key, push.attempt});
  finish(services, connection);
}

// A job's property sets and service calls go out once, with QoS 0: late delivery would be worse than none
// (DESIGN 5.9).
void push_property_set(Services& services, Connection& connection, const engine::PushTask& push) {
  PushedTask task = pushed(push);
  if (push.direct_id == 0) task.property_set = push.content;
  std::string topic;
  alink::append_system_topic(topic, connection.names(), alink::kPropertySet);
  services.text.clear();
  alink::append_property_set_head(services.text, task.alink_id);
  const Payload payload{services.text, push.content->body, alink::kCallTail};
  if (push.direct_id != 0) {
    publish_direct(services, connection, std::move(task), topic, *push.content, payload);
  } else {
    publish(services, connection, {.topic = topic}, payload);
    remember_push(connection, std::move(task));
  }
  finish(services, connection);
}

void push_service_call(Services& services, Connection& connection, const engine::PushTask& push) {
  const JobContent& content = *push.content;
  PushedTask task = pushed(push);
  const uint32_t id = task.alink_id;
  std::string topic;
  if (!content.sync_service) {
    alink::append_system_topic(topic, connection.names(), alink::kServicePrefix);
    topic.append(content.service_identifier);
  } else if (connection.filters->mode().ext_rrpc) {
    alink::append_ext_rrpc_service_topic(topic, connection.names(), id, content.service_identifier);
  } else {
    alink::append_rrpc_request_topic(topic, connection.names(), id);
  }
  services.text.clear();
  alink::append_service_call_head(services.text, id, content.service_identifier);
  const Payload payload{services.text, content.body, alink::kCallTail};
  if (push.direct_id != 0)
    publish_direct(services, connection, task, topic, content, payload);
  else
    publish(services, connection, {.topic = topic}, payload);
  if (push.awaited) remember_push(connection, std::move(task));
  finish(services, connection);
}

void acknowledge(Services& services, const engine::Echo& echo) {
  if (echo.packet_id != 0) mqtt::append_puback(services.out, echo.packet_id);
}

}  // namespace

void publish_reply(Services& services, Connection& connection, std::string_view suffix,
                   std::string_view payload) {
  if (!connection.filters->deliverable_system(suffix)) return;
  std::string topic;
  alink::append_system_topic(topic, connection.names(), suffix);
  publish(services, connection, {.topic = topic}, {payload, {}, {}});
}

void append_registration(Services& services, const Connection& connection, const Secret& device_secret) {
  const DeviceLogin& login = connection.arrival->login;
  services.text.clear();
  const bool token = login.kind == LoginKind::RegisterNew;
  if (token) {
    const std::string client_id = token_client_id(login, device_secret);
    alink::append_device_token(services.text, login.product_key, login.device_name, client_id,
                               device_token(device_secret, client_id));
  } else {
    alink::append_device_secret(services.text, login.product_key, login.device_name, device_secret.reveal());
  }
  mqtt::append_publish(services.out,
                       {.topic = token ? alink::kRegisterNewTopic : alink::kRegisterTopic,
                        .version = connection.session.version()},
                       services.text);
  services.probe.publishes_out.add();
}

void push_task(Services& services, Connection& connection, const engine::PushTask& push) {
  services.out.clear();
  switch (push.content->type) {
    case JobType::CustomJob:
      return push_custom_job(services, connection, push);
    case JobType::Pub:
      return push_pub(services, connection, push);
    case JobType::SetProperty:
      return push_property_set(services, connection, push);
    case JobType::InvokeService:
      return push_service_call(services, connection, push);
  }
}

void tell_task(Services& services, Connection& connection, const engine::TellTask& tell) {
  if (!connection.filters->job_notify()) return;
  services.out.clear();
  services.text.clear();
  std::string topic;
  alink::append_system_topic(topic, connection.names(), alink::kJobNotify);
  const std::string code = services.codec.task_code(tell.key);
  // REMOVED is a word for devices only (cloud-api B.2).
  const std::string_view status = tell.removed ? "REMOVED" : task_status_text(tell.status);
  alink::append_job_notify(services.text, alink_id(tell.key.job, tell.attempt), {code, status, std::nullopt},
                           "{}");
  // QoS 1, so that TCP's last seconds do not swallow it; nothing waits for the PUBACK (token 0).
  mqtt::PublishHead head{.topic = topic};
  if (const auto packet_id = connection.session.begin_push(0)) {
    head.packet_id = *packet_id;
    head.qos = 1;
  }
  publish(services, connection, head, {services.text, {}, {}});
  finish(services, connection);
}

void answer_job_get(Services& services, Connection& connection, const engine::JobGetReply& reply) {
  services.out.clear();
  services.text.clear();
  acknowledge(services, reply.echo);
  std::vector<std::string> codes;
  codes.reserve(reply.items.size());
  for (const auto& item : reply.items) codes.push_back(services.codec.task_code(item.key));
  if (reply.kind == engine::GetKind::List) {
    std::vector<alink::TaskText> tasks;
    for (size_t i = 0; i < codes.size(); ++i)
      tasks.push_back({codes[i], task_status_text(reply.items[i].status), std::nullopt});
    alink::append_job_list_reply(services.text, reply.echo.id_json, tasks);
  } else {
    std::optional<alink::TaskWithDocument> task;
    if (!codes.empty() && reply.items[0].content) {
      task = alink::TaskWithDocument{{codes[0], task_status_text(reply.items[0].status), std::nullopt},
                                     reply.items[0].content->body};
    }
    alink::append_job_get_reply(services.text, reply.echo.id_json, reply.echo.task_code, task);
  }
  publish_reply(services, connection, alink::kJobGetReply, services.text);
  finish(services, connection);
}

void answer_tags(Services& services, Connection& connection, const engine::TagReply& reply) {
  services.out.clear();
  acknowledge(services, reply.echo);
  const std::string_view suffix = reply.dropped ? "thing/deviceinfo/delete" : "thing/deviceinfo/update";
  std::string message = "success";
  alink::ReplyText text;
  if (!reply.status) {
    message = public_message(reply.status.error());
    text.code = error_row(reply.status.error().code).alink_code;
    note_refusal(services, connection, suffix, message);
  }
  if (!reply.echo.id_json.empty()) {
    text.message = message;
    services.text.clear();
    alink::append_reply(services.text, reply.echo.id_json, suffix, text);
    publish_reply(services, connection, std::string(suffix) + "_reply", services.text);
  }
  finish(services, connection);
}

void answer_job_update(Services& services, Connection& connection, const engine::JobUpdateReply& reply) {
  services.out.clear();
  services.text.clear();
  acknowledge(services, reply.echo);
  std::optional<alink::Failure> failure;
  std::string message;
  if (!reply.status) {
    message = public_message(reply.status.error());
    failure = alink::Failure{error_row(reply.status.error().code).alink_code, message};
  }
  alink::append_job_update_reply(services.text, reply.echo.id_json, reply.echo.task_code, failure);
  publish_reply(services, connection, alink::kJobUpdateReply, services.text);
  finish(services, connection);
}

}  // namespace rollcall::gateway
