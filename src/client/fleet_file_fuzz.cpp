// Arbitrary texts as the file of `rollcall import`: records of CSV survive being written and read again, what
// is taken is cut into chunks that hold each device once and nothing else, and the chunks as a file are the
// same fleet.
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/fuzz_input.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "client/fleet_file.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::client;
using fuzz::demand;

using Records = std::vector<std::vector<std::string>>;

std::string print(const Records& records, std::string_view line_end) {
  std::string out;
  for (const auto& record : records) {
    for (size_t i = 0; i < record.size(); ++i) {
      out += i == 0 ? "\"" : ",\"";
      for (const char c : record[i]) out.append(c == '"' ? 2 : 1, c);
      out += '"';
    }
    out += line_end;
  }
  return out;
}

std::optional<Records> read_records(std::string_view text) {
  Records records;
  size_t line = 1;
  while (!text.empty()) {
    const size_t before = text.size();
    auto record = read_csv_record(text, line);
    if (!record) return std::nullopt;
    demand(text.size() < before && !record->empty());
    records.push_back(std::move(*record));
  }
  return records;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// Any texts at all as fields, and any text without quotes as a file, read in other words.
void check_records(std::string_view text) {
  Records records;
  for (const std::string& record : split(text, ';')) records.push_back(split(record, '|'));
  for (const char* line_end : {"\n", "\r\n"}) demand(read_records(print(records, line_end)) == records);

  const auto read = read_records(text);
  if (read) demand(read_records(print(*read, "\n")) == *read);
  if (text.empty() || text.find('"') != std::string_view::npos) return;
  Records plain;
  for (std::string& line : split(text.substr(0, text.size() - (text.back() == '\n' ? 1 : 0)), '\n')) {
    const bool last = plain.size() == static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
    if (line.ends_with('\r') && !last) line.pop_back();
    plain.push_back(split(line, ','));
  }
  demand(read == plain);
}

// A fleet as sets, to be compared.
struct Fleet {
  std::map<std::string, std::string> products;
  std::vector<std::string> devices;
  std::map<std::string, std::multiset<std::string>> groups;
  bool operator==(const Fleet&) const = default;
};

std::string text_of(std::string_view object, std::string_view name) {
  const auto raw = json_member(object, name);
  return raw ? json_unquote(*raw).value() : std::string();
}

std::vector<std::string_view> list_of(std::string_view object, std::string_view name) {
  return json_elements(json_member(object, name).value());
}

void add_chunk(Fleet& fleet, const FleetChunk& chunk, size_t& repeated) {
  const std::string_view root = chunk.entries;
  demand(parse_json(root).has_value() && json_members(root).size() == 3);
  for (const auto product : list_of(root, "products"))
    repeated += fleet.products.emplace(text_of(product, "ProductKey"), product).second ? 0 : 1;
  demand(list_of(root, "devices").size() <= kChunkDevices);
  for (const auto device : list_of(root, "devices")) {
    for (const auto& [name, value] : json_members(device)) demand(value.size() > 2 && value[0] == '"');
    const std::string name = text_of(device, "DeviceName");
    demand(name.size() >= 4 && name.size() <= 32 && !text_of(device, "ProductKey").empty());
    demand(!text_of(device, "DeviceSecret").empty());
    fleet.devices.emplace_back(device);
  }
  std::set<std::string> here;
  for (const auto group : list_of(root, "groups")) {
    const std::string id = text_of(group, "GroupId");
    demand(!id.empty() && !text_of(group, "GroupName").empty() && here.insert(id).second);
    repeated += fleet.groups.count(id);
    auto& members = fleet.groups[id];
    for (const auto device : list_of(group, "Devices")) members.emplace(device);
  }
}

Fleet fleet_of(const FleetFile& file) {
  Fleet fleet;
  size_t repeated = 0, told = 0;
  for (const FleetChunk& chunk : file.chunks) {
    demand(!chunk.first_place.empty() && utf8_length(chunk.first_place).has_value());
    add_chunk(fleet, chunk, repeated);
    told += chunk.repeated;
  }
  demand(!file.chunks.empty() && repeated == told);
  demand(fleet.products.size() == file.products && fleet.devices.size() == file.devices);
  demand(fleet.groups.size() == file.groups);
  std::set<std::string> names, iot_ids;
  for (const std::string& device : fleet.devices) {
    demand(names.insert(text_of(device, "ProductKey") + "\n" + text_of(device, "DeviceName")).second);
    const std::string iot_id = text_of(device, "IotId");
    demand(iot_id.empty() || iot_ids.insert(iot_id).second);
  }
  return fleet;
}

// What was sent, as a JSON file.
std::string print(const FleetFile& file) {
  std::string products, devices, groups;
  std::map<std::string, std::string> members;
  std::map<std::string, std::string> heads;
  std::set<std::string> seen;
  const auto add = [](std::string& list, std::string_view element) {
    if (element.empty()) return;
    if (!list.empty()) list += ',';
    list += element;
  };
  for (const FleetChunk& chunk : file.chunks) {
    for (const auto element : list_of(chunk.entries, "products"))
      if (seen.insert(text_of(element, "ProductKey")).second) add(products, element);
    for (const auto element : list_of(chunk.entries, "devices")) add(devices, element);
    for (const auto element : list_of(chunk.entries, "groups")) {
      const std::string_view id = json_member(element, "GroupId").value();
      heads[std::string(id)] = std::string(json_member(element, "GroupName").value());
      const std::string_view list = json_member(element, "Devices").value();
      add(members[std::string(id)], list.substr(1, list.size() - 2));
    }
  }
  for (const auto& [id, name] : heads)
    add(groups, "{\"GroupId\":" + id + ",\"GroupName\":" + name + ",\"Devices\":[" + members[id] + "]}");
  return "{\"products\":[" + products + "],\"devices\":[" + devices + "],\"groups\":[" + groups + "]}";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const std::string_view text = input.rest();
  check_records(text);
  const auto file = read_fleet_file(text);
  if (!file) {
    demand(utf8_length(public_message(file.error())).has_value());
    return 0;
  }
  const Fleet fleet = fleet_of(*file);
  const auto again = read_fleet_file(print(*file));
  demand(again.has_value());
  demand(fleet_of(*again) == fleet);
  return 0;
}
