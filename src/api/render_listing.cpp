#include "api/render_listing.hpp"

#include <utility>
#include <vector>

#include "api/render_fleet.hpp"
#include "api/render_job.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"

namespace rollcall::api {
namespace {

int64_t page_count(int64_t total, int64_t page_size) noexcept { return (total + page_size - 1) / page_size; }

void add_page(Node& fields, const engine::DeviceList& list, const PageRequest& page) {
  fields.add("Page", page.page);
  fields.add("PageSize", page.page_size);
  fields.add("PageCount", page_count(list.total, page.page_size));
  fields.add("Total", list.total);
}

Node data_only(Node data) {
  Node fields;
  fields.add("Data", std::move(data));
  return fields;
}

std::vector<Node> text_nodes(const std::vector<std::string>& texts) {
  std::vector<Node> nodes;
  nodes.reserve(texts.size());
  for (const std::string& text : texts) nodes.emplace_back(text);
  return nodes;
}

// "2019-02-20T02:16:09.000Z" as "Wed, 20-Feb-2019 02:16:09 GMT" (cloud-api C.2, QueryDevice).
std::string gmt_text(WallMs time) {
  constexpr const char* kDays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // 1970 began so
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string utc = utc_text(time);
  const auto month = static_cast<size_t>((utc[5] - '0') * 10 + (utc[6] - '0') - 1);
  const auto day = static_cast<size_t>(time.value / 86'400'000 % 7);
  return std::string(kDays[day]) + ", " + utc.substr(8, 2) + "-" + kMonths[month] + "-" + utc.substr(0, 4) +
         " " + utc.substr(11, 8) + " GMT";
}

std::string iot_id_of_device(const engine::ListedDevice& one, const IdCodec& codec) {
  return iot_id_of(codec, one.device.id, one.device.foreign_iot_id);
}

Node device_info(const engine::ListedDevice& one, std::string_view status_name, const IdCodec& codec) {
  const Device& device = one.device;
  const WallMs modified = device.modified_at.value == 0 ? device.created_at : device.modified_at;
  Node out;
  out.add("IotId", iot_id_of_device(one, codec));
  out.add("ProductKey", one.product_key);
  out.add("DeviceName", device.name);
  out.add("DeviceSecret", device.secret.reveal());
  out.add("Nickname", device.nickname);
  out.add(status_name, device_status_text(device, one.presence));
  out.add("UtcCreate", utc_text(device.created_at));
  out.add("UtcModified", utc_text(modified));
  out.add("GmtCreate", gmt_text(device.created_at));
  out.add("GmtModified", gmt_text(modified));
  return out;
}

Node group_node(const Group& group) {
  Node out;
  out.add("GroupId", group.code);
  out.add("GroupName", group.name);
  out.add("GroupType", "LINK_PLATFORM");  // a static one; there are no others
  out.add("GroupDesc", group.description);
  out.add("UtcCreate", utc_text(group.created_at));
  return out;
}

std::vector<Node> group_nodes(const std::vector<Group>& groups) {
  std::vector<Node> nodes;
  nodes.reserve(groups.size());
  for (const Group& group : groups) nodes.push_back(group_node(group));
  return nodes;
}

std::string_view apply_status_text(const engine::ApplyReport& report) noexcept {
  switch (report.status) {
    case ApplyStatus::Checked:
      return "CHECK_SUCCESS";
    case ApplyStatus::Creating:
      return "CREATE";
    case ApplyStatus::Created:
      return report.failed ? "CREATE_FAILED" : "CREATE_SUCCESS";
  }
  return "";
}

}  // namespace

Node render_device_page(const engine::DeviceList& list, const PageRequest& page, const std::string& token,
                        const IdCodec& codec) {
  std::vector<Node> devices;
  for (const auto& one : list.devices) devices.push_back(device_info(one, "DeviceStatus", codec));
  Node fields;
  add_page(fields, list, page);
  fields.add("NextToken", token);
  fields.add_list("Data", "DeviceInfo", std::move(devices));
  return fields;
}

Node render_devices_of_status(const engine::DeviceList& list, const PageRequest& page, const IdCodec& codec) {
  std::vector<Node> devices;
  for (const auto& one : list.devices) devices.push_back(device_info(one, "Status", codec));
  Node fields;
  add_page(fields, list, page);
  fields.add_list("Data", "SimpleDeviceInfo", std::move(devices));
  return fields;
}

Node render_simple_devices(const engine::DeviceList& list, const PageRequest& page, const IdCodec& codec) {
  std::vector<Node> devices;
  for (const auto& one : list.devices) {
    Node out;
    out.add("ProductKey", one.product_key);
    out.add("ProductName", one.product_name);
    out.add("DeviceName", one.device.name);
    out.add("IotId", iot_id_of_device(one, codec));
    devices.push_back(std::move(out));
  }
  Node fields;
  add_page(fields, list, page);
  fields.add_list("Data", "SimpleDeviceInfo", std::move(devices));
  return fields;
}

Node render_device_details(const engine::DevicesFound& found, const IdCodec& codec, const ApiConfig& config) {
  const auto local = [&](WallMs time) {
    return time.value == 0 ? std::string() : local_text(time, config.gmt_offset_minutes);
  };
  std::vector<Node> devices;
  for (const auto& one : found.devices) {
    if (!one) continue;
    const WallMs active = one->presence.activated_at;
    Node out;
    out.add("IotId", iot_id_of(codec, one->device.id, one->device.foreign_iot_id));
    out.add("ProductKey", one->product.key);
    out.add("ProductName", one->product.name);
    out.add("DeviceName", one->device.name);
    out.add("DeviceSecret", one->device.secret.reveal());
    out.add("Nickname", one->device.nickname);
    out.add("Status", device_status_text(one->device, one->presence));
    out.add("NodeType", one->product.node_type);
    out.add("Region", config.region);
    out.add("FirmwareVersion", "");
    out.add("UtcCreate", utc_text(one->device.created_at));
    out.add("UtcActive", active.value == 0 ? std::string() : utc_text(active));
    out.add("GmtCreate", local(one->device.created_at));
    out.add("GmtActive", local(active));
    devices.push_back(std::move(out));
  }
  Node fields;
  fields.add_list("Data", "Data", std::move(devices));
  return fields;
}

Node render_device_tally(const DeviceTally& tally) {
  Node data;
  data.add("deviceCount", tally.devices);  // small letters, as the vendor has them
  data.add("activeCount", tally.active);
  data.add("onlineCount", tally.online);
  return data_only(std::move(data));
}

Node render_apply_report(const engine::ApplyReport& report) {
  std::vector<Node> details;
  for (const std::string& name : report.invalid) {
    Node out;
    out.add("DeviceName", name);
    out.add("NickName", "");
    out.add("ErrorMsg", "the DeviceName exists already");
    details.push_back(std::move(out));
  }
  Node data;
  data.add("Status", apply_status_text(report));
  data.add_list("ValidList", "Name", text_nodes(report.valid));
  data.add_list("InvalidList", "Name", text_nodes(report.invalid));
  data.add_list("InvalidDetailList", "invalidDetailList", std::move(details));
  return data_only(std::move(data));
}

Node render_imported(const engine::DeviceMade& made, const IdCodec& codec) {
  Node data;
  data.add("ProductKey", made.product_key);
  data.add("DeviceName", made.device.name);
  data.add("DeviceSecret", made.device.secret.reveal());
  data.add("IotId", iot_id_of(codec, made.device.id, made.device.foreign_iot_id));
  data.add("Nickname", made.device.nickname);
  data.add("Sn", made.device.serial);
  return data_only(std::move(data));
}

Node render_import_refused(const engine::ImportRefused& refused) {
  std::vector<Node> details;
  for (const auto& detail : refused.details) {
    Node out;
    out.add("DeviceName", detail.device_name);
    out.add("DeviceSecret", detail.secret);
    out.add("Sn", detail.serial);
    out.add("ErrorMsg", detail.reason);
    details.push_back(std::move(out));
  }
  Node data;
  data.add_list("InvalidDeviceNameList", "invalidDeviceName", text_nodes(refused.invalid_names));
  data.add_list("InvalidDeviceSecretList", "invalidDeviceSecret", text_nodes(refused.invalid_secrets));
  data.add_list("InvalidSnList", "invalidSn", text_nodes(refused.invalid_serials));
  data.add_list("RepeatedDeviceNameList", "repeatedDeviceName", text_nodes(refused.repeated_names));
  data.add_list("InvalidDetailList", "InvalidDetailList", std::move(details));
  return data_only(std::move(data));
}

Node render_group_info(const engine::GroupInfo& info) {
  Node data;
  data.add("GroupId", info.group.code);
  data.add("GroupName", info.group.name);
  data.add("GroupDesc", info.group.description);
  data.add("UtcCreate", utc_text(info.group.created_at));
  data.add("DeviceCount", info.tally.devices);
  data.add("DeviceActive", info.tally.active);
  data.add("DeviceOnline", info.tally.online);
  return data_only(std::move(data));
}

Node render_group_list(const engine::GroupList& list, const PageRequest& page) {
  Node fields;
  fields.add("CurrentPage", page.page);
  fields.add("PageSize", page.page_size);
  fields.add("PageCount", page_count(list.total, page.page_size));
  fields.add("Total", list.total);
  fields.add_list("Data", "GroupInfo", group_nodes(list.groups));
  return fields;
}

Node render_groups_of_device(const std::vector<Group>& groups) {
  Node fields;
  fields.add_list("GroupInfos", "GroupInfo", group_nodes(groups));
  return fields;
}

Node render_group_removed(const engine::GroupDevicesRemoved& removed) {
  Node fields;
  fields.add("ValidDeviceCount", removed.valid);
  fields.add("SuccessDeviceCount", removed.removed);
  fields.add("AlreadyRelatedGroupDeviceCount", removed.already);
  return fields;
}

Node render_tags(const std::vector<DeviceTag>& tags) {
  std::string props = "{";
  for (const DeviceTag& tag : tags) {
    if (props.size() > 1) props += ',';
    append_json_string(props, tag.name);
    props += ':';
    append_json_string(props, tag.value);
  }
  props += '}';
  Node fields;
  fields.add("Props", props);  // a JSON text
  return fields;
}

Node render_topics(const engine::TopicList& list) {
  std::vector<Node> topics;
  for (const ProductTopic& topic : list.topics) {
    Node out;
    out.add("Id", std::to_string(topic.id.value));
    out.add("ProductKey", list.product_key);
    out.add("TopicShortName", "/" + list.product_key + "/${deviceName}/" + topic.name);
    out.add("Operation", std::to_string(static_cast<int>(topic.operation)));
    out.add("Desc", topic.description);
    topics.push_back(std::move(out));
  }
  Node fields;
  fields.add_list("Data", "ProductTopicInfo", std::move(topics));
  return fields;
}

}  // namespace rollcall::api
