// InvokeThingService, InvokeThingsService, SetDeviceProperty, SetDevicesProperty, Pub, BatchPub, RRpc
// (cloud-api C.7): messages to devices without a job. All of them are one command of the engine.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/actions/answering.hpp"
#include "api/actions/direct_parameters.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/fleet_entries.hpp"
#include "api/reading.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall::api {
namespace {

using engine::MessageSent;
using engine::SendMessage;

Result<MessageQos> read_message_qos(const Parameters& parameters) {
  const int64_t qos = integer_of(parameters, "Qos").value_or(0);
  if (qos == 0) return MessageQos::Qos0;
  if (qos == 1) return MessageQos::Qos1;
  return refuse("Qos", "0 or 1", text_of(parameters, "Qos"));
}

// A parameter that holds a JSON object, as its own text.
Result<std::string> read_json_object(const Parameters& parameters, std::string_view name) {
  const std::string_view text = text_of(parameters, name);
  if (utf8_length(text).value_or(0) > limits::kJobDocumentCharactersMax) {
    return fail(ErrorCode::InvalidFormattedParameter, fmt::format("{} may be at most {} characters long.",
                                                                  name, limits::kJobDocumentCharactersMax));
  }
  const auto value = parse_json(text);
  if (!value || !value->is_object()) return refuse(name, "a JSON object", text);
  return std::string(text);
}

// DeviceName.N of one product: no name twice.
Status read_named_devices(const Parameters& parameters, SendMessage& message) {
  const std::string product_key(text_of(parameters, "ProductKey"));
  ROLLCALL_TRY_STATUS(check_product_key(product_key));
  std::vector<std::string_view> names = parameters.list("DeviceName");
  if (names.empty()) return fail(ErrorCode::NoneDeviceNameElement);
  if (names.size() > limits::kDirectDevicesMax) {
    return fail(ErrorCode::DeviceCountExceeded,
                fmt::format("At most {} devices may be named at once, but there are {}.",
                            limits::kDirectDevicesMax, names.size()));
  }
  for (std::string_view name : names) {
    ROLLCALL_TRY_STATUS(check_device_name(name));
    message.devices.push_back({{}, product_key, std::string(name)});
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) return refuse("DeviceName", "given once only", *twice);
  message.many = true;
  return {};
}

Status read_target(const Parameters& parameters, SendMessage& message, bool many) {
  if (many) return read_named_devices(parameters, message);
  ROLLCALL_TRY(engine::DeviceRef device, read_device_ref(parameters));
  message.devices.push_back(std::move(device));
  return {};
}

Result<SendMessage> read_property_set(const Parameters& parameters, bool many) {
  SendMessage message;
  message.type = JobType::SetProperty;
  ROLLCALL_TRY_STATUS(read_target(parameters, message, many));
  ROLLCALL_TRY(message.body, read_json_object(parameters, "Items"));
  ROLLCALL_TRY(message.qos, read_message_qos(parameters));
  return message;
}

Result<SendMessage> read_service_call(const Parameters& parameters, bool many) {
  SendMessage message;
  message.type = JobType::InvokeService;
  ROLLCALL_TRY_STATUS(read_target(parameters, message, many));
  message.service_identifier = std::string(text_of(parameters, "Identifier"));
  ROLLCALL_TRY(message.body, read_json_object(parameters, "Args"));
  ROLLCALL_TRY(message.qos, read_message_qos(parameters));
  return message;
}

// What is behind /{pk}/{dn}/user/ in a topic.
Status check_short_topic(std::string_view whole, std::string_view short_name) {
  const bool wild = short_name.find_first_of("+#") != std::string_view::npos;
  if (!short_name.empty() && !wild && whole.size() <= limits::kMqttTopicBytesMax &&
      short_name.find('\0') == std::string_view::npos && short_name.front() != '/')
    return {};
  return fail(ErrorCode::InvalidFormattedTopicName,
              fmt::format("{} is not a topic of at most {} bytes behind /user/.", excerpt(whole),
                          limits::kMqttTopicBytesMax));
}

Result<std::string> read_content(const Parameters& parameters, std::string_view name) {
  auto bytes = base64_decode(text_of(parameters, name));
  if (!bytes) return fail(ErrorCode::MessageContentNotBase64, fmt::format("{} must be Base64.", name));
  if (bytes->size() <= limits::kMessageBytesMax) return std::move(*bytes);
  return fail(ErrorCode::InvalidFormattedParameter,
              fmt::format("{} may hold at most {} bytes, but holds {}.", name, limits::kMessageBytesMax,
                          bytes->size()));
}

// "/{pk}/{dn}/user/{suffix}"; the product must be `product_key`. Gives the device and the suffix.
Result<std::pair<std::string, std::string>> read_device_topic(std::string_view topic,
                                                              std::string_view product_key) {
  const auto wrong = [topic](std::string_view rule) {
    return fail(ErrorCode::InvalidFormattedTopicName, fmt::format("{} {}", excerpt(topic), rule));
  };
  if (topic.starts_with("/broadcast/")) return wrong("is a broadcast, which is not offered.");
  std::string_view rest = topic;
  if (!rest.starts_with('/') || !rest.substr(1).starts_with(product_key) ||
      !rest.substr(1 + product_key.size()).starts_with('/'))
    return wrong("is not a topic of the product.");
  rest.remove_prefix(product_key.size() + 2);
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos || !rest.substr(slash).starts_with("/user/"))
    return wrong("is not /{ProductKey}/{DeviceName}/user/{suffix}.");
  const std::string_view name = rest.substr(0, slash);
  ROLLCALL_TRY_STATUS(check_device_name(name));
  const std::string_view suffix = rest.substr(slash + 6);
  ROLLCALL_TRY_STATUS(check_short_topic(topic, suffix));
  return std::pair(std::string(name), std::string(suffix));
}

// Properties of MQTT 5, which no device of this server has: checked, and not relayed.
Status check_mqtt5(const Parameters& parameters) {
  if (!base64_decode(text_of(parameters, "CorrelationData")))
    return refuse("CorrelationData", "Base64", text_of(parameters, "CorrelationData"));
  const int64_t format = integer_of(parameters, "PayloadFormatIndicator").value_or(0);
  if (format != 0 && format != 1)
    return refuse("PayloadFormatIndicator", "0 or 1", text_of(parameters, "PayloadFormatIndicator"));
  // The ranges of MQTT 5.
  const std::pair<std::string_view, int64_t> numbers[] = {{"MessageExpiryInterval", 4'294'967'295},
                                                          {"TopicAlias", 65'535}};
  for (const auto& [name, max] : numbers) {
    const int64_t number = integer_of(parameters, name).value_or(0);
    if (number < 0 || number > max)
      return refuse(name, fmt::format("from 0 to {}", max), text_of(parameters, name));
  }
  if (parameters.objects("UserProp").size() > limits::kUserPropertiesMax)
    return refuse("UserProp", "at most 20 pairs", std::string_view("more"));
  return {};
}

Result<SendMessage> read_pub(const Parameters& parameters) {
  SendMessage message;
  const std::string_view product_key = text_of(parameters, "ProductKey");
  ROLLCALL_TRY_STATUS(check_product_key(product_key));
  ROLLCALL_TRY(auto topic, read_device_topic(text_of(parameters, "TopicFullName"), product_key));
  message.devices.push_back({{}, std::string(product_key), std::move(topic.first)});
  message.topic_short_name = std::move(topic.second);
  ROLLCALL_TRY(message.body, read_content(parameters, "MessageContent"));
  ROLLCALL_TRY(message.qos, read_message_qos(parameters));
  ROLLCALL_TRY_STATUS(check_mqtt5(parameters));
  return message;
}

// TopicTemplateName, "/{pk}/${deviceName}/user/{suffix}", wins over TopicShortName (cloud-api C.7).
Result<std::string> read_many_topic(const Parameters& parameters, std::string_view product_key) {
  const std::string_view whole = text_of(parameters, "TopicTemplateName");
  if (!whole.empty()) {
    const std::string begin = fmt::format("/{}/${{deviceName}}/user/", product_key);
    if (!whole.starts_with(begin)) {
      return fail(ErrorCode::InvalidFormattedTopicName,
                  fmt::format("{} does not begin with {}.", excerpt(whole), begin));
    }
    ROLLCALL_TRY_STATUS(check_short_topic(whole, whole.substr(begin.size())));
    return std::string(whole.substr(begin.size()));
  }
  std::string_view name = text_of(parameters, "TopicShortName");
  if (name.empty())
    return fail(ErrorCode::NullTopicName, "TopicShortName or TopicTemplateName must be given.");
  if (name.starts_with("/user/")) name.remove_prefix(6);
  if (name.starts_with("user/")) name.remove_prefix(5);
  ROLLCALL_TRY_STATUS(check_short_topic(name, name));
  return std::string(name);
}

Result<SendMessage> read_batch_pub(const Parameters& parameters) {
  SendMessage message;
  ROLLCALL_TRY_STATUS(read_named_devices(parameters, message));
  ROLLCALL_TRY(message.topic_short_name, read_many_topic(parameters, text_of(parameters, "ProductKey")));
  ROLLCALL_TRY(message.body, read_content(parameters, "MessageContent"));
  ROLLCALL_TRY(message.qos, read_message_qos(parameters));
  ROLLCALL_TRY_STATUS(check_mqtt5(parameters));
  return message;
}

Result<SendMessage> read_rrpc(const Parameters& parameters) {
  SendMessage message;
  message.raw_rrpc = true;
  ROLLCALL_TRY(engine::DeviceRef device, read_device_ref(parameters));
  message.timeout_ms = integer_of(parameters, "Timeout").value_or(0);
  if (message.timeout_ms < limits::kRrpcMsMin || message.timeout_ms > limits::kRrpcMsMax)
    return fail(ErrorCode::InvalidTimeoutValue,
                fmt::format("Timeout must be from {} to {} milliseconds, but is {}.", limits::kRrpcMsMin,
                            limits::kRrpcMsMax, excerpt(text_of(parameters, "Timeout"))));
  if (const std::string_view topic = text_of(parameters, "Topic"); !topic.empty()) {
    ROLLCALL_TRY(auto named_topic, read_device_topic(topic, device.product_key));
    if (named_topic.first != device.device_name)
      return fail(ErrorCode::InvalidFormattedTopicName,
                  fmt::format("{} is not a topic of the device.", excerpt(topic)));
    message.topic_short_name = std::move(named_topic.second);
  }
  ROLLCALL_TRY(message.body, read_content(parameters, "RequestBase64Byte"));
  message.devices.push_back(std::move(device));
  return message;
}

// --- what is answered

void send_without_data(const ActionContext& context, Call& call, Result<SendMessage> message,
                       const Answer& answer) {
  if (!message) return refuse_call(answer, std::move(message.error()));
  send_command<MessageSent>(context, call, std::move(*message), answer,
                            [](const MessageSent&) { return Node(); });
}

void set_device_property(const ActionContext& context, Call& call, Answer answer) {
  auto message = read_property_set(call.parameters, false);
  if (!message) return refuse_call(answer, std::move(message.error()));
  send_command<MessageSent>(context, call, std::move(*message), answer, [](const MessageSent& sent) {
    Node data;
    data.add("MessageId", std::to_string(sent.message_id));
    return std::move(Node().add("Data", std::move(data)));
  });
}

void set_devices_property(const ActionContext& context, Call& call, Answer answer) {
  send_without_data(context, call, read_property_set(call.parameters, true), answer);
}

// The device's own code decides about a synchronous call (cloud-api C.7).
ActionAnswer render_service(const MessageSent& sent) {
  Node data;
  if (sent.answered) data.add("Result", sent.data);
  data.add("MessageId", std::to_string(sent.message_id));
  ActionAnswer answer;
  answer.fields.add("Data", std::move(data));
  if (sent.answered && sent.code != 200) {
    const std::string_view colon = sent.message.empty() ? "." : ": ";
    answer.error = Error(ErrorCode::InvokeThingServiceFailed,
                         fmt::format("The device answered with code {}{}{}", sent.code, colon, sent.message));
  }
  return answer;
}

void invoke_thing_service(const ActionContext& context, Call& call, Answer answer) {
  auto message = read_service_call(call.parameters, false);
  if (!message) return refuse_call(answer, std::move(message.error()));
  send_request(context, call, std::move(*message), answer, [answer](const engine::Outcome& outcome) {
    const auto* sent = std::get_if<MessageSent>(&outcome);
    ROLLCALL_CHECK(sent != nullptr);
    answer(render_service(*sent));
  });
}

void invoke_things_service(const ActionContext& context, Call& call, Answer answer) {
  send_without_data(context, call, read_service_call(call.parameters, true), answer);
}

void pub(const ActionContext& context, Call& call, Answer answer) {
  auto message = read_pub(call.parameters);
  if (!message) return refuse_call(answer, std::move(message.error()));
  send_command<MessageSent>(context, call, std::move(*message), answer, [](const MessageSent& sent) {
    return std::move(Node().add("MessageId", std::to_string(sent.message_id)));
  });
}

void batch_pub(const ActionContext& context, Call& call, Answer answer) {
  send_without_data(context, call, read_batch_pub(call.parameters), answer);
}

// What became of the request stands in RrpcCode too (device-protocol 5.3).
std::string_view rrpc_code(ErrorCode code) noexcept {
  if (code == ErrorCode::DeviceOffline) return "OFFLINE";
  if (code == ErrorCode::DeviceTimeout) return "TIMEOUT";
  return "UNKNOW";  // the vendor's spelling
}

void rrpc(const ActionContext& context, Call& call, Answer answer) {
  auto message = read_rrpc(call.parameters);
  if (!message) return refuse_call(answer, std::move(message.error()));
  const Answer with_code = [answer](ActionAnswer&& given) {
    if (given.error) given.fields.add("RrpcCode", rrpc_code(given.error->code));
    answer(std::move(given));
  };
  send_command<MessageSent>(context, call, std::move(*message), with_code, [](const MessageSent& sent) {
    Node fields;
    fields.add("MessageId", sent.message_id);
    fields.add("PayloadBase64Byte", base64_encode(sent.data));
    fields.add("RrpcCode", "SUCCESS");
    return fields;
  });
}

// --- the rows

constexpr ActionRow kRows[] = {
    {"BatchPub", 50, kVendor, batch_pub, kBatchPub},
    {"InvokeThingService", 500, kVendor, invoke_thing_service, kInvokeThingService},
    {"InvokeThingsService", 10, kVendor, invoke_things_service, kInvokeThingsService},
    {"Pub", 1600, kVendor, pub, kPub},
    {"RRpc", 1000, kVendor, rrpc, kRRpc},
    {"SetDeviceProperty", 500, kVendor, set_device_property, kSetDeviceProperty},
    {"SetDevicesProperty", 10, kVendor, set_devices_property, kSetDevicesProperty},
};

}  // namespace

std::span<const ActionRow> direct_actions() noexcept { return kRows; }

}  // namespace rollcall::api
