#include "client/fleet_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "client/api_client.hpp"
#include "client/fleet_rows.hpp"

namespace rollcall::client {
namespace {

tl::unexpected<Error> bad(const std::string& place, const std::string& why) {
  return fail(ErrorCode::InvalidFormattedParameter, place + ": " + why);
}

// --- CSV

enum Column : size_t {
  kProductKey,
  kDeviceName,
  kDeviceSecret,
  kIotId,
  kNickname,
  kGroupId,
  kGroupName,
  kColumns
};
constexpr std::array<std::string_view, kColumns> kColumnNames = {
    "ProductKey", "DeviceName", "DeviceSecret", "IotId", "Nickname", "GroupId", "GroupName"};

using ColumnPlaces = std::array<std::optional<size_t>, kColumns>;

Result<ColumnPlaces> read_header(const std::vector<std::string>& header) {
  ColumnPlaces places;
  for (size_t i = 0; i < header.size(); ++i) {
    const std::string name(trim(header[i]));
    const auto known = std::find_if(kColumnNames.begin(), kColumnNames.end(),
                                    [&](std::string_view column) { return ascii_iequal(column, name); });
    if (known == kColumnNames.end())
      return bad("line 1", "column " + excerpt(name) +
                               " is not known; known are ProductKey, DeviceName, "
                               "DeviceSecret, IotId, Nickname, GroupId and GroupName");
    auto& place = places[static_cast<size_t>(known - kColumnNames.begin())];
    if (place) return bad("line 1", "column " + name + " is there twice");
    place = i;
  }
  for (size_t column = kProductKey; column <= kDeviceSecret; ++column)
    if (!places[column]) return bad("line 1", "column " + std::string(kColumnNames[column]) + " is missing");
  return places;
}

Result<DeviceRow> read_row(const std::vector<std::string>& record, const ColumnPlaces& places,
                           const std::string& place) {
  const auto field = [&](Column column) {
    return places[column] ? std::string(trim(record[*places[column]])) : std::string();
  };
  DeviceRow row;
  row.place = place;
  row.product_key = field(kProductKey);
  row.device_name = field(kDeviceName);
  row.device_secret = field(kDeviceSecret);
  row.iot_id = field(kIotId);
  row.nickname = field(kNickname);
  row.group_id = field(kGroupId);
  row.group_name = field(kGroupName);
  ROLLCALL_TRY_STATUS(check_device_row(row));
  return row;
}

Result<FleetRows> read_csv(std::string_view text) {
  FleetRows rows;
  size_t line = 1;
  ROLLCALL_TRY(const auto header, read_csv_record(text, line));
  ROLLCALL_TRY(const ColumnPlaces places, read_header(header));
  while (!text.empty()) {
    const std::string place = fmt::format("line {}", line);
    ROLLCALL_TRY(const auto record, read_csv_record(text, line));
    if (record.size() == 1 && trim(record[0]).empty()) continue;  // an empty line
    if (record.size() != header.size())
      return bad(place, fmt::format("{} fields, but the header has {}", record.size(), header.size()));
    ROLLCALL_TRY(DeviceRow row, read_row(record, places, place));
    rows.devices.push_back(std::move(row));
  }
  return rows;
}

// --- JSON

using Members = std::vector<std::pair<std::string, std::string_view>>;

Result<Members> members_of(std::string_view raw, const std::string& place) {
  if (!raw.starts_with('{')) return bad(place, "must be a JSON object");
  return json_members(raw);
}

Result<std::vector<std::string_view>> elements_of(std::string_view raw, const std::string& place) {
  if (raw == "null") return std::vector<std::string_view>();
  if (!raw.starts_with('[')) return bad(place, "must be a JSON list");
  return json_elements(raw);
}

Result<DeviceRow> read_device(std::string_view raw, const std::string& place) {
  ROLLCALL_TRY(const Members members, members_of(raw, place));
  DeviceRow row;
  row.place = place;
  for (const auto& [name, value] : members) {
    std::string* field = name == "ProductKey"     ? &row.product_key
                         : name == "DeviceName"   ? &row.device_name
                         : name == "DeviceSecret" ? &row.device_secret
                         : name == "IotId"        ? &row.iot_id
                         : name == "Nickname"     ? &row.nickname
                                                  : nullptr;
    if (field == nullptr) return bad(place + "." + excerpt(name), "is not known here");
    if (value == "null") continue;
    auto text = json_unquote(value);
    if (!text) return bad(place + "." + name, "must be a string");
    *field = std::move(*text);
  }
  ROLLCALL_TRY_STATUS(check_device_row(row));
  return row;
}

// The server judges the rest of a product; what is needed here is its key.
Result<ProductRow> read_product(std::string_view raw, const std::string& place) {
  ROLLCALL_TRY_STATUS(members_of(raw, place).map([](const Members&) {}));
  const auto key = json_member(raw, "ProductKey");
  auto text = key ? json_unquote(*key) : std::nullopt;
  if (!text || text->empty()) return bad(place + ".ProductKey", "is mandatory and a string");
  return ProductRow{std::move(*text), std::string(raw), place};
}

Result<GroupRow> read_group(std::string_view raw, const std::string& place) {
  ROLLCALL_TRY(const Members members, members_of(raw, place));
  GroupRow group;
  group.place = place;
  for (const auto& [name, value] : members) {
    if (name == "Devices") {
      ROLLCALL_TRY(const auto devices, elements_of(value, place + ".Devices"));
      for (size_t i = 0; i < devices.size(); ++i) {
        const std::string member_place = fmt::format("{}.Devices[{}]", place, i);
        ROLLCALL_TRY_STATUS(members_of(devices[i], member_place).map([](const Members&) {}));
        const auto product_key = json_member(devices[i], "ProductKey");
        const auto device_name = json_member(devices[i], "DeviceName");
        if (!product_key || !device_name) return bad(member_place, "needs ProductKey and DeviceName");
        group.devices.emplace_back(json_text(*product_key), json_text(*device_name));
      }
      continue;
    }
    auto text = json_unquote(value);
    std::string* field = name == "GroupId"     ? &group.id
                         : name == "GroupName" ? &group.name
                         : name == "GroupDesc" ? &group.description
                                               : nullptr;
    if (field == nullptr) return bad(place + "." + excerpt(name), "is not known here");
    if (value == "null") continue;
    if (!text) return bad(place + "." + name, "must be a string");
    *field = std::move(*text);
  }
  if (group.id.empty()) return bad(place + ".GroupId", "is mandatory");
  if (group.name.empty()) group.name = group.id;
  return group;
}

template <class Row>
Status read_list(std::string_view raw, const std::string& name,
                 Result<Row> (*read)(std::string_view, const std::string&), std::vector<Row>& out) {
  ROLLCALL_TRY(const auto elements, elements_of(raw, name));
  out.reserve(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    ROLLCALL_TRY(Row row, read(elements[i], fmt::format("{}[{}]", name, i)));
    out.push_back(std::move(row));
  }
  return {};
}

Result<FleetRows> read_json(std::string_view text) {
  if (auto parsed = parse_json(text); !parsed)
    return bad("the file is not valid JSON", public_message(parsed.error()));
  ROLLCALL_TRY(const Members members, members_of(text, "the file"));
  FleetRows rows;
  for (const auto& [name, value] : members) {
    if (name == "products")
      ROLLCALL_TRY_STATUS(read_list(value, name, read_product, rows.products));
    else if (name == "devices")
      ROLLCALL_TRY_STATUS(read_list(value, name, read_device, rows.devices));
    else if (name == "groups")
      ROLLCALL_TRY_STATUS(read_list(value, name, read_group, rows.groups));
    else
      return bad(excerpt(name), "is not known; known are products, devices and groups");
  }
  return rows;
}

}  // namespace

Result<std::vector<std::string>> read_csv_record(std::string_view& text, size_t& line) {
  std::vector<std::string> fields(1);
  const size_t first_line = line;
  bool quoted = false;
  bool closed = false;  // the field ended with its quote
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        fields.back() += c;
        ++i;
      } else {
        quoted = false;
        closed = true;
      }
      continue;
    }
    if (c == '\n' || (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n')) break;
    if (c == ',') {
      fields.emplace_back();
      closed = false;
    } else if (closed) {
      return bad(fmt::format("line {}", line), "text behind a closing quote");
    } else if (c == '"' && fields.back().empty()) {
      quoted = true;
    } else {
      fields.back() += c;
    }
  }
  if (quoted) return bad(fmt::format("line {}", first_line), "a quote that does not end");
  if (i < text.size() && text[i] == '\r') {
    ++i;
    ++line;
  }
  text.remove_prefix(std::min(text.size(), i + 1));
  return fields;
}

Result<FleetFile> read_fleet_file(std::string_view text) {
  constexpr std::string_view kBom = "\xEF\xBB\xBF";
  if (text.starts_with(kBom)) text.remove_prefix(kBom.size());
  if (!utf8_length(text)) return bad("the file", "is not valid UTF-8");
  const std::string_view body = trim(text);
  if (body.empty()) return bad("the file", "is empty");
  ROLLCALL_TRY(FleetRows rows, body.front() == '{' ? read_json(body) : read_csv(text));
  return cut_fleet(rows);
}

}  // namespace rollcall::client
