#include "api/render_device_log.hpp"

#include <utility>

#include "api/render_support.hpp"

namespace rollcall::api {

Node render_device_log(const std::vector<DeviceLogEntry>& entries) {
  std::vector<Node> logs;
  logs.reserve(entries.size());
  for (const DeviceLogEntry& entry : entries) {
    Node out;
    out.add("UtcTime", utc_text(entry.at));
    out.add("Kind", device_log_kind_text(entry.kind));
    out.add("Topic", entry.topic);
    out.add("Message", entry.text);
    logs.push_back(std::move(out));
  }
  Node data;
  data.add_list("List", "DeviceLog", std::move(logs));
  Node fields;
  fields.add("Data", std::move(data));
  return fields;
}

}  // namespace rollcall::api
