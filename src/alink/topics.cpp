#include "alink/topics.hpp"

#include <charconv>

namespace rollcall::alink {
namespace {

// Takes `prefix` off the front of `text` if it is there.
bool take(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Takes "{pk}/{dn}" followed by '/' or the end.
bool take_names(std::string_view& text, const DeviceNames& names) noexcept {
  std::string_view rest = text;
  if (!take(rest, names.product_key) || !take(rest, "/") || !take(rest, names.device_name)) return false;
  if (!rest.empty() && rest[0] != '/') return false;
  text = rest;
  return true;
}

struct SystemRow {
  std::string_view suffix;
  UplinkKind kind;
};

constexpr SystemRow kSystemRows[] = {
    {"thing/job/get", UplinkKind::JobGet},
    {"thing/job/update", UplinkKind::JobUpdate},
    {"thing/job/notify_reply", UplinkKind::JobNotifyReply},
    {"thing/event/property/post", UplinkKind::PropertyPost},
    {"thing/service/property/set_reply", UplinkKind::PropertySetReply},
    {"thing/event/property/batch/post", UplinkKind::PropertyBatchPost},
    {"thing/event/property/history/post", UplinkKind::PropertyHistoryPost},
    {"thing/deviceinfo/update", UplinkKind::DeviceInfoUpdate},
    {"thing/deviceinfo/delete", UplinkKind::DeviceInfoDelete},
    {"thing/config/get", UplinkKind::ConfigGet},
};

// One level, not empty, between `prefix` and `end`.
std::string_view level_between(std::string_view text, std::string_view prefix,
                               std::string_view end) noexcept {
  if (text.size() <= prefix.size() + end.size() || !text.starts_with(prefix) || !text.ends_with(end))
    return {};
  const std::string_view level = text.substr(prefix.size(), text.size() - prefix.size() - end.size());
  return level.find('/') == std::string_view::npos ? level : std::string_view();
}

UplinkTopic read_system(std::string_view suffix) noexcept {
  for (const SystemRow& row : kSystemRows) {
    if (suffix == row.suffix) return {row.kind, {}, {}, suffix};
  }
  if (const auto part = level_between(suffix, kServicePrefix, "_reply"); !part.empty())
    return {UplinkKind::ServiceReply, part, {}, suffix};
  if (const auto part = level_between(suffix, "rrpc/response/", ""); !part.empty())
    return {UplinkKind::RrpcResponse, part, {}, suffix};
  if (const auto part = level_between(suffix, "thing/event/", "/post"); !part.empty())
    return {UplinkKind::EventPost, part, {}, suffix};
  return {UplinkKind::OtherSystem, {}, {}, suffix};
}

// /ext/rrpc/{message id}/{full topic}: the topic inside must be the device's own.
UplinkTopic read_ext_rrpc(std::string_view rest, const DeviceNames& names) noexcept {
  const size_t slash = rest.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == rest.size()) return {};
  std::string_view inner = rest.substr(slash);
  std::string_view owner = inner;
  const bool own = (take(owner, "/sys/") || take(owner, "/")) && take_names(owner, names);
  if (!own) return {};
  return {UplinkKind::ExtRrpc, rest.substr(0, slash), inner, {}};
}

UplinkTopic read_ota(std::string_view rest, const DeviceNames& names) noexcept {
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view verb = rest.substr(0, slash);
  std::string_view owner = rest.substr(slash + 1);
  if (!take_names(owner, names)) return {};
  if (verb == "inform") return {UplinkKind::OtaInform, {}, {}, {}};
  if (verb == "progress") return {UplinkKind::OtaProgress, {}, {}, {}};
  if (verb == "request") return {UplinkKind::OtaRequest, {}, {}, {}};
  return {UplinkKind::OtherSystem, {}, {}, {}};
}

void append_decimal(std::string& out, uint32_t value) {
  char digits[10];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value);
  out.append(digits, end.ptr);
}

}  // namespace

std::string_view system_suffix(std::string_view topic, const DeviceNames& names) noexcept {
  if (take(topic, "/sys/") && take_names(topic, names) && take(topic, "/")) return topic;
  return {};
}

UplinkTopic read_uplink_topic(std::string_view topic, const DeviceNames& names) noexcept {
  if (const auto suffix = system_suffix(topic, names); !suffix.empty()) return read_system(suffix);
  std::string_view rest = topic;
  if (take(rest, "/ext/rrpc/")) return read_ext_rrpc(rest, names);
  if (take(rest, "/ext/ntp/")) {
    if (!take_names(rest, names)) return {};
    return {rest == "/request" ? UplinkKind::NtpRequest : UplinkKind::OtherSystem, {}, {}, {}};
  }
  if (take(rest, "/ext/session/"))
    return {take_names(rest, names) ? UplinkKind::OtherSystem : UplinkKind::Foreign, {}, {}, {}};
  if (take(rest, "/ota/device/")) return read_ota(rest, names);
  if (take(rest, "/shadow/update/"))
    return {take_names(rest, names) ? UplinkKind::ShadowUpdate : UplinkKind::Foreign, {}, {}, {}};
  if (take(rest, "/") && take_names(rest, names)) {
    if (take(rest, "/user/") && !rest.empty()) return {UplinkKind::Custom, rest, {}, {}};
    return {UplinkKind::OtherSystem, {}, {}, {}};
  }
  return {};
}

bool is_own_topic(std::string_view topic, const DeviceNames& names) noexcept {
  return read_uplink_topic(topic, names).kind != UplinkKind::Foreign;
}

std::string without_names(std::string_view topic, const DeviceNames& names) {
  std::string_view rest = topic;
  if (take(rest, "/broadcast/")) {
    if (!take(rest, names.product_key) || !rest.starts_with('/')) return {};
    return "/broadcast/{}" + std::string(rest);
  }
  if (take(rest, "/ext/rrpc/")) {
    // /ext/rrpc/+/sys/{pk}/{dn}/... and /ext/rrpc/+/{pk}/{dn}/user/...; "/ext/rrpc/#" only ever brings own
    // messages.
    const size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return rest == "#" ? std::string(topic) : std::string();
    const std::string inner = without_names(rest.substr(slash), names);
    if (inner.empty() && rest.substr(slash) != "/#") return {};
    return "/ext/rrpc/" + std::string(rest.substr(0, slash)) + (inner.empty() ? "/#" : inner);
  }
  for (const std::string_view known :
       {"/sys/", "/ext/ntp/", "/ext/session/", "/shadow/get/", "/shadow/update/", "/"}) {
    rest = topic;
    if (take(rest, known) && take_names(rest, names)) return std::string(known) + "{}" + std::string(rest);
  }
  rest = topic;
  if (take(rest, "/ota/device/")) {
    const size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return {};
    std::string_view owner = rest.substr(slash + 1);
    if (!take_names(owner, names)) return {};
    return "/ota/device/" + std::string(rest.substr(0, slash + 1)) + "{}" + std::string(owner);
  }
  return {};
}

void append_system_topic(std::string& out, const DeviceNames& names, std::string_view suffix) {
  out.append("/sys/")
      .append(names.product_key)
      .append("/")
      .append(names.device_name)
      .append("/")
      .append(suffix);
}

void append_user_topic(std::string& out, const DeviceNames& names, std::string_view short_name) {
  out.append("/")
      .append(names.product_key)
      .append("/")
      .append(names.device_name)
      .append("/user/")
      .append(short_name);
}

void append_rrpc_request_topic(std::string& out, const DeviceNames& names, uint32_t message_id) {
  append_system_topic(out, names, "rrpc/request/");
  append_decimal(out, message_id);
}

void append_ext_rrpc_service_topic(std::string& out, const DeviceNames& names, uint32_t message_id,
                                   std::string_view service_identifier) {
  out.append("/ext/rrpc/");
  append_decimal(out, message_id);
  append_system_topic(out, names, kServicePrefix);
  out.append(service_identifier);
}

void append_ext_rrpc_user_topic(std::string& out, const DeviceNames& names, uint32_t message_id,
                                std::string_view short_name) {
  out.append("/ext/rrpc/");
  append_decimal(out, message_id);
  append_user_topic(out, names, short_name);
}

void append_ntp_response_topic(std::string& out, const DeviceNames& names) {
  out.append("/ext/ntp/").append(names.product_key).append("/").append(names.device_name).append("/response");
}

}  // namespace rollcall::alink
