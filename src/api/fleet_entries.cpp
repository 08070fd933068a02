#include "api/fleet_entries.hpp"

#include <fmt/format.h>

#include <boost/json/value.hpp>
#include <initializer_list>
#include <string>
#include <utility>

#include "api/config_object.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

using boost::json::value;

constexpr size_t kIdentityBytesMax = 64;
constexpr size_t kTextBytesMax = 1024;

bool is_identity(std::string_view text) noexcept {
  if (text.empty() || text.size() > kIdentityBytesMax) return false;
  for (char c : text)
    if (c <= ' ' || c > '~' || c == '/' || c == '+' || c == '#') return false;
  return true;
}

// One object of a list; members are read by their exact names.
class Entry {
 public:
  static Result<Entry> read(std::string path, const value& given,
                            std::initializer_list<std::string_view> known) {
    const auto* object = given.if_object();
    if (object == nullptr) return refuse(path, "a JSON object", given);
    for (const auto& member : *object) {
      bool found = false;
      for (std::string_view name : known) found = found || member.key() == name;
      if (!found) {
        return fail(ErrorCode::InvalidFormattedParameter,
                    fmt::format("{}.{} is not known here.", path, excerpt(std::string_view(member.key()))));
      }
    }
    return Entry(std::move(path), *object);
  }

  std::string path_of(std::string_view name) const { return path_ + "." + std::string(name); }
  const value* find(std::string_view name) const {
    const value* found = object_.if_contains(name);
    return found == nullptr || found->is_null() ? nullptr : found;
  }
  // A text, empty when absent.
  Result<std::string> text(std::string_view name, size_t bytes_max = kTextBytesMax) const {
    const value* found = find(name);
    if (found == nullptr) return std::string();
    const auto* string = found->if_string();
    if (string == nullptr || string->size() > bytes_max) {
      // Without the value: it may be a secret.
      return fail(ErrorCode::InvalidFormattedParameter,
                  fmt::format("{} must be a string of at most {} bytes.", path_of(name), bytes_max));
    }
    if (holds_control_characters(*string))
      return fail(ErrorCode::InvalidFormattedParameter, path_of(name) + " holds a control character.");
    return std::string(*string);
  }
  Result<std::string> required_text(std::string_view name) const {
    ROLLCALL_TRY(std::string given, text(name));
    if (given.empty()) return fail(ErrorCode::InvalidFormattedParameter, path_of(name) + " is mandatory.");
    return given;
  }
  Result<int32_t> integer(std::string_view name, int32_t fallback, int32_t first, int32_t last) const {
    const value* found = find(name);
    if (found == nullptr) return fallback;
    const auto* number = found->if_int64();
    if (number == nullptr || *number < first || *number > last)
      return refuse(path_of(name), fmt::format("a whole number from {} to {}", first, last), *found);
    return static_cast<int32_t>(*number);
  }
  // Puts the place in front of a rule's message.
  Status check(std::string_view name, Status status) const { return named(path_of(name), std::move(status)); }

 private:
  Entry(std::string path, const boost::json::object& object) : path_(std::move(path)), object_(object) {}
  std::string path_;
  const boost::json::object& object_;
};

Result<int32_t> read_net_type(const Entry& entry) {
  const value* found = entry.find("NetType");
  if (found == nullptr || !found->is_string()) return entry.integer("NetType", 3, 1, 8);
  const auto type = parse_net_type(found->get_string());
  if (!type) return refuse(entry.path_of("NetType"), "WIFI, CELLULAR, ETHERNET, LORA or OTHER", *found);
  return *type;
}

Result<engine::ImportFleet::ProductEntry> read_product(std::string path, const value& given) {
  ROLLCALL_TRY(const Entry entry,
               Entry::read(std::move(path), given,
                           {"ProductKey", "ProductSecret", "ProductName", "NodeType", "DataFormat",
                            "AliyunCommodityCode", "NetType", "AuthType", "ProtocolType", "CategoryKey",
                            "ValidateType", "Description", "Tsl"}));
  engine::ImportFleet::ProductEntry out;
  Product& product = out.product;
  ROLLCALL_TRY(product.key, entry.required_text("ProductKey"));
  ROLLCALL_TRY_STATUS(entry.check("ProductKey", check_product_key(product.key)));
  ROLLCALL_TRY(std::string secret, entry.text("ProductSecret"));
  product.secret = Secret(std::move(secret));
  ROLLCALL_TRY(product.name, entry.text("ProductName"));
  if (product.name.empty()) product.name = product.key;
  // Names come as they are (DESIGN 5.22): a short one is judged by its characters only.
  const bool is_short = product.name.size() < 4;
  ROLLCALL_TRY_STATUS(
      entry.check("ProductName", check_product_name(is_short ? product.name + "____" : product.name)));
  ROLLCALL_TRY(product.node_type, entry.integer("NodeType", 0, 0, 1));
  ROLLCALL_TRY(product.data_format, entry.integer("DataFormat", 1, 0, 1));
  ROLLCALL_TRY(product.validate_type, entry.integer("ValidateType", 1, 0, 2));
  ROLLCALL_TRY(product.net_type, read_net_type(entry));
  ROLLCALL_TRY(out.tsl, entry.text("Tsl", limits::kTslBytesMax));
  ROLLCALL_TRY(const std::string commodity, entry.text("AliyunCommodityCode"));
  if (!commodity.empty() && commodity != "iothub_senior" && commodity != "iothub") {
    ROLLCALL_TRY_STATUS(entry.check("AliyunCommodityCode", fail(ErrorCode::InvalidAliyunCommodityCode)));
  }
  product.has_thing_model = commodity == "iothub_senior" || !out.tsl.empty();
  ROLLCALL_TRY(product.auth_type, entry.text("AuthType"));
  if (product.auth_type.empty()) product.auth_type = "secret";
  ROLLCALL_TRY(product.protocol_type, entry.text("ProtocolType"));
  ROLLCALL_TRY(product.category_key, entry.text("CategoryKey"));
  ROLLCALL_TRY(product.description, entry.text("Description"));
  ROLLCALL_TRY_STATUS(entry.check("Description", check_description(product.description)));
  return out;
}

Result<engine::ImportFleet::DeviceEntry> read_device(std::string path, const value& given) {
  ROLLCALL_TRY(
      const Entry entry,
      Entry::read(std::move(path), given, {"ProductKey", "DeviceName", "DeviceSecret", "IotId", "Nickname"}));
  engine::ImportFleet::DeviceEntry out;
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
  return out;
}

Result<const boost::json::array*> read_list(const std::string& path, const value* given) {
  static const boost::json::array kEmpty;
  if (given == nullptr || given->is_null()) return &kEmpty;
  const auto* list = given->if_array();
  if (list == nullptr) return refuse(path, "a list", *given);
  if (list->size() > limits::kSweepRows) {
    return fail(ErrorCode::DeviceCountExceeded, fmt::format("{} may hold at most {} entries, but holds {}.",
                                                            path, limits::kSweepRows, list->size()));
  }
  return list;
}

Result<engine::ImportFleet::GroupEntry> read_group(std::string path, const value& given) {
  ROLLCALL_TRY(const Entry entry, Entry::read(path, given, {"GroupId", "GroupName", "GroupDesc", "Devices"}));
  engine::ImportFleet::GroupEntry out;
  ROLLCALL_TRY(out.group.code, entry.required_text("GroupId"));
  if (!is_identity(out.group.code))
    return refuse(entry.path_of("GroupId"), "1 to 64 printable characters without blanks", out.group.code);
  ROLLCALL_TRY(out.group.name, entry.required_text("GroupName"));
  ROLLCALL_TRY_STATUS(entry.check("GroupName", check_group_name(out.group.name)));
  ROLLCALL_TRY(out.group.description, entry.text("GroupDesc"));
  ROLLCALL_TRY_STATUS(entry.check("GroupDesc", check_description(out.group.description)));
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

template <class T>
Status read_entries(const Entry& root, const char* name, Result<T> (*read)(std::string, const value&),
                    std::vector<T>& out) {
  ROLLCALL_TRY(const auto* list, read_list(name, root.find(name)));
  out.reserve(list->size());
  for (size_t i = 0; i < list->size(); ++i) {
    ROLLCALL_TRY(T entry, read(fmt::format("{}[{}]", name, i), (*list)[i]));
    out.push_back(std::move(entry));
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

Result<engine::ImportFleet> read_fleet_entries(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed) {
    return fail(ErrorCode::InvalidFormattedParameter,
                "Entries is not valid JSON: " + public_message(parsed.error()));
  }
  ROLLCALL_TRY(const Entry root, Entry::read("Entries", *parsed, {"products", "devices", "groups"}));
  engine::ImportFleet fleet;
  ROLLCALL_TRY_STATUS(read_entries(root, "products", read_product, fleet.products));
  ROLLCALL_TRY_STATUS(read_entries(root, "devices", read_device, fleet.devices));
  ROLLCALL_TRY_STATUS(read_entries(root, "groups", read_group, fleet.groups));
  return fleet;
}

}  // namespace rollcall::api
