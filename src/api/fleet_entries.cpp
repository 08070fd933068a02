#include "api/fleet_entries.hpp"

#include <fmt/format.h>

#include <boost/json/value.hpp>
#include <initializer_list>
#include <string>
#include <utility>

#include "api/config_object.hpp"
#include "api/entry.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

using boost::json::value;
using engine::ImportFleet;

constexpr size_t kIdentityBytesMax = 64;

bool is_identity(std::string_view text) noexcept {
  if (text.empty() || text.size() > kIdentityBytesMax) return false;
  for (char c : text)
    if (c <= ' ' || c > '~' || c == '/' || c == '+' || c == '#') return false;
  return true;
}

Result<std::optional<int32_t>> read_net_type(const Entry& entry) {
  const value* found = entry.find("NetType");
  if (found == nullptr || !found->is_string()) return entry.integer("NetType", 1, 8);
  const auto type = parse_net_type(found->get_string());
  if (!type) return refuse(entry.path_of("NetType"), "WIFI, CELLULAR, ETHERNET, LORA or OTHER", *found);
  return *type;
}

// "user/..." as QueryProductTopic shows it.
Result<ProductTopic> read_topic(std::string path, const value& given) {
  constexpr std::string_view kUser = "user/";
  ROLLCALL_TRY(const Entry entry, Entry::read(std::move(path), given, {"Name", "Operation", "Description"}));
  ProductTopic topic;
  ROLLCALL_TRY(topic.name, entry.required_text("Name"));
  ROLLCALL_TRY(const auto operation, entry.integer("Operation", 0, 2));
  topic.operation = static_cast<TopicOperation>(operation.value_or(2));
  if (!topic.name.starts_with(kUser)) return refuse(entry.path_of("Name"), "one behind user/", topic.name);
  ROLLCALL_TRY_STATUS(
      entry.check("Name", check_topic_name(topic.name.substr(kUser.size()), topic.operation)));
  ROLLCALL_TRY(topic.description, entry.text("Description"));
  ROLLCALL_TRY_STATUS(entry.check("Description", check_description(topic.description)));
  return topic;
}

Result<std::optional<std::vector<ProductTopic>>> read_topics(const Entry& entry) {
  const value* given = entry.find("Topics");
  if (given == nullptr) return std::nullopt;
  ROLLCALL_TRY(const auto* list, read_list(entry.path_of("Topics"), given, limits::kTopicsPerProductMax));
  std::vector<ProductTopic> topics;
  for (size_t i = 0; i < list->size(); ++i) {
    ROLLCALL_TRY(ProductTopic topic,
                 read_topic(fmt::format("{}[{}]", entry.path_of("Topics"), i), (*list)[i]));
    topics.push_back(std::move(topic));
  }
  return topics;
}

Result<ImportFleet::ProductEntry> read_product(std::string path, const value& given) {
  ROLLCALL_TRY(const Entry entry,
               Entry::read(path, given,
                           {"ProductKey", "ProductSecret", "ProductName", "NodeType", "DataFormat",
                            "AliyunCommodityCode", "NetType", "AuthType", "ProtocolType", "CategoryKey",
                            "ValidateType", "Id2", "Released", "Description", "Tsl", "DraftTsl", "Topics",
                            "DynamicRegistration"}));
  ImportFleet::ProductEntry out;
  out.place = std::move(path);
  ROLLCALL_TRY(out.key, entry.required_text("ProductKey"));
  ROLLCALL_TRY_STATUS(entry.check("ProductKey", check_product_key(out.key)));
  ROLLCALL_TRY(auto secret, entry.optional_text("ProductSecret"));
  if (secret && !secret->empty()) out.secret = Secret(std::move(*secret));
  ROLLCALL_TRY(std::string given_name, entry.text("ProductName"));
  if (!given_name.empty()) out.name = std::move(given_name);
  // Names come as they are (DESIGN 5.22): a short one is judged by its characters only.
  const std::string& name = out.name ? *out.name : out.key;
  ROLLCALL_TRY_STATUS(entry.check("ProductName", check_product_name(name.size() < 4 ? name + "____" : name)));
  ROLLCALL_TRY(out.node_type, entry.integer("NodeType", 0, 1));
  ROLLCALL_TRY(out.data_format, entry.integer("DataFormat", 0, 1));
  ROLLCALL_TRY(out.validate_type, entry.integer("ValidateType", 0, 2));
  ROLLCALL_TRY(out.net_type, read_net_type(entry));
  ROLLCALL_TRY(out.id2, entry.boolean("Id2"));
  ROLLCALL_TRY(out.released, entry.boolean("Released"));
  ROLLCALL_TRY(const std::string registration, entry.text("DynamicRegistration"));
  if (!registration.empty()) {
    out.dynamic_registration = parse_dynamic_registration(registration);
    if (!out.dynamic_registration)
      return refuse(entry.path_of("DynamicRegistration"), "OFF, PREREGISTERED or ANYONE", registration);
  }
  ROLLCALL_TRY(out.tsl, entry.text("Tsl", limits::kTslBytesMax));
  ROLLCALL_TRY(out.draft_tsl, entry.text("DraftTsl", limits::kTslBytesMax));
  ROLLCALL_TRY(const std::string commodity, entry.text("AliyunCommodityCode"));
  if (!commodity.empty() && commodity != "iothub_senior" && commodity != "iothub") {
    ROLLCALL_TRY_STATUS(entry.check("AliyunCommodityCode", fail(ErrorCode::InvalidAliyunCommodityCode)));
  }
  if (!commodity.empty()) out.has_thing_model = commodity == "iothub_senior";
  ROLLCALL_TRY(out.auth_type, entry.optional_text("AuthType"));
  ROLLCALL_TRY(out.protocol_type, entry.optional_text("ProtocolType"));
  ROLLCALL_TRY(out.category_key, entry.optional_text("CategoryKey"));
  ROLLCALL_TRY(out.description, entry.optional_text("Description"));
  if (out.description) ROLLCALL_TRY_STATUS(entry.check("Description", check_description(*out.description)));
  ROLLCALL_TRY(out.topics, read_topics(entry));
  return out;
}

Result<std::vector<DeviceTag>> read_tags(const Entry& entry) {
  std::vector<DeviceTag> tags;
  const value* given = entry.find("Tags");
  if (given == nullptr) return tags;
  const auto* object = given->if_object();
  if (object == nullptr) return refuse(entry.path_of("Tags"), "an object of texts", *given);
  for (const auto& member : *object) {
    const auto* text = member.value().if_string();
    if (text == nullptr) return refuse(entry.path_of("Tags"), "an object of texts", *given);
    tags.push_back({std::string(member.key()), std::string(*text)});
    ROLLCALL_TRY_STATUS(entry.check("Tags", check_tag(tags.back())));
  }
  return tags;
}

Result<std::vector<std::string>> read_group_codes(const Entry& entry) {
  const std::string path = entry.path_of("Groups");
  ROLLCALL_TRY(const auto* list, read_list(path, entry.find("Groups"), limits::kGroupsPerDeviceMax));
  std::vector<std::string> codes;
  for (const value& given : *list) {
    const auto* text = given.if_string();
    if (text == nullptr || !is_identity(*text)) return refuse(path, "a list of GroupIds", given);
    codes.emplace_back(*text);
  }
  return codes;
}

Result<ImportFleet::DeviceEntry> read_device(std::string path, const value& given) {
  ROLLCALL_TRY(const Entry entry, Entry::read(path, given,
                                              {"ProductKey", "DeviceName", "DeviceSecret", "IotId",
                                               "Nickname", "Serial", "Enabled", "Tags", "Groups"}));
  ImportFleet::DeviceEntry out;
  out.place = std::move(path);
  ROLLCALL_TRY(out.product_key, entry.required_text("ProductKey"));
  ROLLCALL_TRY_STATUS(entry.check("ProductKey", check_product_key(out.product_key)));
  ROLLCALL_TRY(out.device.name, entry.required_text("DeviceName"));
  ROLLCALL_TRY_STATUS(entry.check("DeviceName", check_device_name(out.device.name)));
  ROLLCALL_TRY(std::string secret, entry.required_text("DeviceSecret"));
  out.device.secret = Secret(std::move(secret));
  ROLLCALL_TRY(out.device.foreign_iot_id, entry.text("IotId"));
  if (!out.device.foreign_iot_id.empty())
    ROLLCALL_TRY_STATUS(entry.check("IotId", check_iot_id(out.device.foreign_iot_id)));
  ROLLCALL_TRY(out.device.nickname, entry.text("Nickname"));
  if (!out.device.nickname.empty())
    ROLLCALL_TRY_STATUS(entry.check("Nickname", check_nickname(out.device.nickname)));
  ROLLCALL_TRY(out.device.serial, entry.text("Serial"));
  if (!out.device.serial.empty()) ROLLCALL_TRY_STATUS(entry.check("Serial", check_serial(out.device.serial)));
  ROLLCALL_TRY(const auto enabled, entry.boolean("Enabled"));
  out.device.enabled = enabled.value_or(true);
  ROLLCALL_TRY(out.tags, read_tags(entry));
  ROLLCALL_TRY(out.groups, read_group_codes(entry));
  return out;
}

Result<ImportFleet::GroupEntry> read_group(std::string path, const value& given) {
  ROLLCALL_TRY(const Entry entry,
               Entry::read(path, given, {"GroupId", "GroupName", "GroupDesc", "SuperGroupId", "Devices"}));
  ImportFleet::GroupEntry out;
  out.place = path;
  ROLLCALL_TRY(out.code, entry.required_text("GroupId"));
  if (!is_identity(out.code))
    return refuse(entry.path_of("GroupId"), "1 to 64 printable characters without blanks", out.code);
  ROLLCALL_TRY(out.name, entry.optional_text("GroupName"));
  // As with products; the id of a group without a name stands for it.
  if (out.name && out.name->empty()) out.name.reset();
  if (out.name) {
    ROLLCALL_TRY_STATUS(
        entry.check("GroupName", check_group_name(out.name->size() < 4 ? *out.name + "____" : *out.name)));
  }
  ROLLCALL_TRY(out.description, entry.optional_text("GroupDesc"));
  if (out.description) ROLLCALL_TRY_STATUS(entry.check("GroupDesc", check_description(*out.description)));
  ROLLCALL_TRY(out.parent_code, entry.optional_text("SuperGroupId"));
  ROLLCALL_TRY(const auto* list, read_list(entry.path_of("Devices"), entry.find("Devices")));
  for (size_t i = 0; i < list->size(); ++i) {
    ROLLCALL_TRY(const Entry member, Entry::read(fmt::format("{}.Devices[{}]", path, i), (*list)[i],
                                                 {"ProductKey", "DeviceName"}));
    engine::DeviceRef device;
    ROLLCALL_TRY(device.product_key, member.required_text("ProductKey"));
    ROLLCALL_TRY(device.device_name, member.required_text("DeviceName"));
    out.devices.push_back(std::move(device));
  }
  return out;
}

Result<ImportFleet::TaskEntry> read_task(std::string path, const value& given, const IdCodec& codec) {
  ROLLCALL_TRY(const Entry entry, Entry::read(path, given, {"TaskId", "ForeignTaskId"}));
  ImportFleet::TaskEntry out;
  out.place = std::move(path);
  ROLLCALL_TRY(out.foreign_id, entry.required_text("ForeignTaskId"));
  if (!is_identity(out.foreign_id) || codec.task_key(out.foreign_id))
    return refuse(entry.path_of("ForeignTaskId"), "a TaskId of another platform, 1 to 64 bytes",
                  out.foreign_id);
  ROLLCALL_TRY(const std::string code, entry.required_text("TaskId"));
  const auto key = codec.task_key(code);
  if (!key) return refuse(entry.path_of("TaskId"), "a TaskId of this server", code);
  out.key = *key;
  return out;
}

// In a dry run a row that is ill-formed is told of and left out.
template <class T, class Read>
Status read_entries(const Entry& root, const char* name, Read&& read, std::vector<T>& out, ImportFleet& fleet,
                    engine::ImportTally& tally) {
  ROLLCALL_TRY(const auto* list, read_list(name, root.find(name)));
  out.reserve(list->size());
  for (size_t i = 0; i < list->size(); ++i) {
    std::string place = fmt::format("{}[{}]", name, i);
    auto entry = read(place, (*list)[i]);
    if (entry) {
      out.push_back(std::move(*entry));
      continue;
    }
    if (!fleet.dry_run) return fail(std::move(entry.error()));
    ++tally.refused;
    auto& refusals = fleet.refused.refusals;
    if (refusals.size() < limits::kImportRefusalsTold)
      refusals.push_back({std::move(place), public_message(entry.error())});
  }
  return {};
}

Status read_known(const Entry& root, const char* name, std::vector<std::string>& out) {
  ROLLCALL_TRY(const auto* list, read_list(name, root.find(name)));
  for (const value& given : *list) {
    const auto* text = given.if_string();
    if (text == nullptr) return refuse(name, "a list of texts", given);
    out.emplace_back(*text);
  }
  return {};
}

}  // namespace

Status check_product_key(std::string_view key) {
  if (is_identity(key)) return {};
  return fail(
      ErrorCode::InvalidFormattedProductKey,
      fmt::format("ProductKey must be 1 to {} printable characters without blanks and /+#, but is {}.",
                  kIdentityBytesMax, excerpt(key)));
}

Status check_iot_id(std::string_view iot_id) {
  if (is_identity(iot_id)) return {};
  return fail(ErrorCode::InvalidIotId,
              fmt::format("IotId must be 1 to {} printable characters without blanks and /+#, but is {}.",
                          kIdentityBytesMax, excerpt(iot_id)));
}

std::optional<int32_t> parse_net_type(std::string_view text) noexcept {
  if (text == "WIFI") return 3;
  if (text == "CELLULAR") return 6;
  if (text == "ETHERNET") return 7;
  if (text == "OTHER" || text == "LORA") return 8;
  return std::nullopt;
}

Result<engine::ImportFleet> read_fleet_entries(std::string_view text, const IdCodec& codec, bool dry_run) {
  auto parsed = parse_json(text);
  if (!parsed) {
    return fail(ErrorCode::InvalidFormattedParameter,
                "Entries is not valid JSON: " + public_message(parsed.error()));
  }
  ROLLCALL_TRY(const Entry root,
               Entry::read("Entries", *parsed,
                           {"products", "devices", "groups", "tasks", "knownProducts", "knownGroups"}));
  engine::ImportFleet fleet;
  fleet.dry_run = dry_run;
  auto& refused = fleet.refused;
  ROLLCALL_TRY_STATUS(read_entries(root, "products", read_product, fleet.products, fleet, refused.products));
  ROLLCALL_TRY_STATUS(read_entries(root, "groups", read_group, fleet.groups, fleet, refused.groups));
  ROLLCALL_TRY_STATUS(read_entries(root, "devices", read_device, fleet.devices, fleet, refused.devices));
  const auto read_alias = [&codec](std::string path, const value& given) {
    return read_task(std::move(path), given, codec);
  };
  ROLLCALL_TRY_STATUS(read_entries(root, "tasks", read_alias, fleet.tasks, fleet, refused.tasks));
  ROLLCALL_TRY_STATUS(read_known(root, "knownProducts", fleet.known_products));
  ROLLCALL_TRY_STATUS(read_known(root, "knownGroups", fleet.known_groups));
  return fleet;
}

}  // namespace rollcall::api
