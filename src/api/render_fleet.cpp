#include "api/render_fleet.hpp"

#include <utility>
#include <vector>

#include "api/render_job.hpp"
#include "base/clock.hpp"
#include "model/thing_model_json.hpp"

namespace rollcall::api {
namespace {

std::string_view commodity_text(const Product& product) noexcept {
  return product.has_thing_model ? "iothub_senior" : "iothub";
}

int64_t page_count(int64_t total, int64_t page_size) noexcept { return (total + page_size - 1) / page_size; }

// A time that may never have come is an empty text.
std::string utc_or_empty(WallMs time) { return time.value == 0 ? std::string() : utc_text(time); }
std::string local_or_empty(WallMs time, const ApiConfig& config) {
  return time.value == 0 ? std::string() : local_text(time, config.gmt_offset_minutes);
}

// "127.0.0.1:54321" and "[::1]:54321" without the port.
std::string_view host_of(std::string_view peer) noexcept {
  if (!peer.empty() && peer.front() == '[') {
    const size_t end = peer.find(']');
    return end == std::string_view::npos ? peer : peer.substr(1, end - 1);
  }
  const size_t colon = peer.find(':');
  const bool has_port =
      colon != std::string_view::npos && peer.find(':', colon + 1) == std::string_view::npos;
  return has_port ? peer.substr(0, colon) : peer;
}

// When the status that device_status_text shows began.
int64_t status_since(const FoundDevice& found) noexcept {
  return found.presence.changed_at.value != 0 ? found.presence.changed_at.value
                                              : found.device.created_at.value;
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

}  // namespace

std::string_view device_status_text(const Device& device, const Presence& presence) noexcept {
  if (!device.enabled) return "DISABLE";
  if (presence.online) return "ONLINE";
  return presence.activated_at.value == 0 ? "UNACTIVE" : "OFFLINE";
}

Node render_product_made(const Product& product) {
  Node data;
  data.add("ProductKey", product.key);
  data.add("ProductName", product.name);
  data.add("ProductSecret", product.secret.reveal());
  data.add("NodeType", product.node_type);
  data.add("DataFormat", product.data_format);
  data.add("AuthType", product.auth_type);
  data.add("Id2", product.id2);
  data.add("ProtocolType", product.protocol_type);
  data.add("Description", product.description);
  data.add("AliyunCommodityCode", commodity_text(product));
  Node fields;
  fields.add("ProductKey", product.key);
  fields.add("Data", std::move(data));
  return fields;
}

Node render_product(const Product& product) {
  Node data;
  data.add("ProductKey", product.key);
  data.add("ProductName", product.name);
  data.add("ProductSecret", product.secret.reveal());
  data.add("ProductStatus",
           product.status == ProductStatus::Released ? "RELEASE_STATUS" : "DEVELOPMENT_STATUS");
  data.add("NodeType", product.node_type);
  data.add("DataFormat", product.data_format);
  data.add("AliyunCommodityCode", commodity_text(product));
  data.add("AuthType", product.auth_type);
  data.add("Id2", product.id2);
  data.add("NetType", product.net_type);
  data.add("ProtocolType", product.protocol_type);
  data.add("CategoryKey", product.category_key);
  data.add("CategoryName", "");
  data.add("ValidateType", product.validate_type);
  data.add("Description", product.description);
  if (product.dynamic_registration != DynamicRegistration::Off)  // ours
    data.add("DynamicRegistration", dynamic_registration_text(product.dynamic_registration));
  data.add("DeviceCount", product.device_count);
  data.add("GmtCreate", product.created_at.value);  // a number here (cloud-api C.1)
  data.add("Owner", true);
  return data_only(std::move(data));
}

Node render_product_list(const engine::ProductList& list, int64_t page, int64_t page_size) {
  std::vector<Node> products;
  products.reserve(list.products.size());
  for (const Product& product : list.products) {
    Node out;
    out.add("ProductKey", product.key);
    out.add("ProductName", product.name);
    out.add("NodeType", product.node_type);
    out.add("DataFormat", product.data_format);
    out.add("AuthType", product.auth_type);
    out.add("Description", product.description);
    out.add("DeviceCount", product.device_count);
    out.add("GmtCreate", product.created_at.value);
    products.push_back(std::move(out));
  }
  Node data;
  data.add("CurrentPage", page);
  data.add("PageSize", page_size);
  data.add("PageCount", page_count(list.total, page_size));
  data.add("Total", list.total);
  data.add_list("List", "ProductInfo", std::move(products));
  return data_only(std::move(data));
}

Node render_device_made(const engine::DeviceMade& made, const IdCodec& codec) {
  Node data;
  data.add("ProductKey", made.product_key);
  data.add("DeviceName", made.device.name);
  data.add("DeviceSecret", made.device.secret.reveal());
  data.add("IotId", iot_id_of(codec, made.device.id, made.device.foreign_iot_id));
  data.add("Nickname", made.device.nickname);
  return data_only(std::move(data));
}

Node render_device_detail(const FoundDevice& found, const IdCodec& codec, const ApiConfig& config) {
  const Device& device = found.device;
  const Presence& presence = found.presence;
  Node data;
  data.add("IotId", iot_id_of(codec, device.id, device.foreign_iot_id));
  data.add("ProductKey", found.product.key);
  data.add("ProductName", found.product.name);
  data.add("DeviceName", device.name);
  data.add("DeviceSecret", device.secret.reveal());
  data.add("Nickname", device.nickname);
  data.add("Status", device_status_text(device, presence));
  data.add("NodeType", found.product.node_type);
  data.add("Region", config.region);
  data.add("IpAddress", host_of(presence.address));
  data.add("FirmwareVersion", presence.firmware_version);
  data.add("Owner", true);
  data.add("UtcCreate", utc_text(device.created_at));
  data.add("UtcActive", utc_or_empty(presence.activated_at));
  data.add("UtcOnline", utc_or_empty(presence.online_at));
  data.add("GmtCreate", local_or_empty(device.created_at, config));
  data.add("GmtActive", local_or_empty(presence.activated_at, config));
  data.add("GmtOnline", local_or_empty(presence.online_at, config));
  // Ours: since when it is away, and why.
  if (!presence.online && presence.activated_at.value != 0) {
    data.add("UtcOffline", utc_or_empty(presence.changed_at));
    data.add("OfflineReason", offline_reason_text(presence.offline_reason));
  }
  return data_only(std::move(data));
}

Node render_device_status(const FoundDevice& found) {
  Node data;
  data.add("Status", device_status_text(found.device, found.presence));
  data.add("Timestamp", status_since(found));
  return data_only(std::move(data));
}

Node render_device_states(const engine::DevicesFound& found, const IdCodec& codec, const ApiConfig& config) {
  std::vector<Node> devices;
  for (const auto& one : found.devices) {
    if (!one) continue;
    Node out;
    out.add("IotId", iot_id_of(codec, one->device.id, one->device.foreign_iot_id));
    out.add("DeviceName", one->device.name);
    out.add("Status", device_status_text(one->device, one->presence));
    out.add("LastOnlineTime", local_or_empty(one->presence.online_at, config));
    out.add("Timestamp", status_since(*one));
    out.add("AsAddress", host_of(one->presence.address));
    devices.push_back(std::move(out));
  }
  Node fields;
  fields.add_list("DeviceStatusList", "DeviceStatus", std::move(devices));
  return fields;
}

Node render_apply(ApplyId apply) {
  Node data;
  data.add("ApplyId", apply.value);
  return data_only(std::move(data));
}

Node render_names_refused(const engine::NamesRefused& refused) {
  std::vector<Node> details;
  details.reserve(refused.details.size());
  for (const auto& detail : refused.details) {
    Node out;
    out.add("DeviceName", detail.device_name);
    out.add("NickName", detail.nickname);  // spelled so here (cloud-api C.2)
    out.add("ErrorMsg", detail.reason);
    details.push_back(std::move(out));
  }
  Node data;
  data.add_list("InvalidDeviceNameList", "InvalidDeviceName", text_nodes(refused.invalid_names));
  data.add_list("InvalidDeviceNicknameList", "InvalidDeviceNickname", text_nodes(refused.invalid_nicknames));
  data.add_list("InvalidDetailList", "InvalidDetailList", std::move(details));
  // The missing letter is the vendor's (cloud-api 0.3).
  data.add_list("RepeatedDeviceNameList", "RepeatDevieNameList", text_nodes(refused.repeated_names));
  return data_only(std::move(data));
}

Node render_apply_page(const engine::ApplyPage& list, int64_t page, int64_t page_size, const IdCodec& codec) {
  std::vector<Node> devices;
  devices.reserve(list.items.size());
  for (const auto& item : list.items) {
    Node out;
    out.add("DeviceName", item.device_name);
    out.add("DeviceSecret", item.device.secret.reveal());
    out.add("IotId", item.device.id ? iot_id_of(codec, item.device.id, item.device.foreign_iot_id) : "");
    devices.push_back(std::move(out));
  }
  Node fields;
  fields.add("Page", page);
  fields.add("PageSize", page_size);
  fields.add("PageCount", page_count(list.total, page_size));
  fields.add("Total", list.total);
  fields.add_list("ApplyDeviceList", "ApplyDeviceInfo", std::move(devices));
  return fields;
}

Node render_group(const Group& group) {
  Node data;
  data.add("GroupId", group.code);
  data.add("GroupName", group.name);
  data.add("GroupDesc", group.description);
  data.add("UtcCreate", utc_text(group.created_at));
  return data_only(std::move(data));
}

Node render_group_added(const engine::GroupDevicesAdded& added) {
  Node fields;
  fields.add("ValidDeviceCount", added.valid);
  fields.add("SuccessAddedDeviceCount", added.added);
  fields.add("AlreadyRelatedGroupDeviceCount", added.already);
  fields.add("ExceedTenGroupDeviceCount", added.exceed_ten);
  return fields;
}

Node render_thing_model(std::string_view tsl) {
  Node data;
  data.add("TslStr", tsl);
  data.add("TslUri", "");  // the vendor's link to the same text
  return data_only(std::move(data));
}

Node render_thing_model_json(std::string_view product_key, const engine::Queries::ModelFound& found) {
  Node fields;
  fields.add("ProductKey", product_key);
  Node data;
  data.add("ThingModelJson",
           thing_model_json_of_tsl(found.tsl, {product_key, found.version, found.description}));
  fields.add("Data", std::move(data));
  return fields;
}

Node render_exported_devices(const std::vector<Device>& devices, const IdCodec& codec) {
  std::vector<Node> items;
  for (const Device& device : devices) {
    Node out;
    out.add("DeviceName", device.name);
    out.add("DeviceSecret", device.secret.reveal());
    out.add("IotId", iot_id_of(codec, device.id, device.foreign_iot_id));
    out.add("Nickname", device.nickname);
    items.push_back(std::move(out));
  }
  Node fields;
  fields.add_list("Data", "DeviceInfo", std::move(items));
  return fields;
}

Node render_tally(const engine::ImportTally& tally) {
  Node node;
  node.add("Added", tally.added);
  node.add("Changed", tally.changed);
  node.add("Same", tally.same);
  node.add("Refused", tally.refused);
  return node;
}

std::vector<Node> render_refusals(const std::vector<engine::ImportRefusal>& refusals) {
  std::vector<Node> nodes;
  for (const auto& refusal : refusals) {
    Node node;
    node.add("Place", refusal.place);
    node.add("Why", refusal.why);
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Node render_fleet_imported(const engine::FleetImported& imported, bool dry_run) {
  Node data;
  data.add("DryRun", dry_run);
  data.add("Products", render_tally(imported.products));
  data.add("Groups", render_tally(imported.groups));
  data.add("Devices", render_tally(imported.devices));
  data.add("Tasks", render_tally(imported.tasks));
  data.add_list("Refusals", "Refusal", render_refusals(imported.refusals));
  return data_only(std::move(data));
}

}  // namespace rollcall::api
