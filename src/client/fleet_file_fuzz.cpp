// Arbitrary texts as the file of `rollcall import`: records of CSV survive being written and read again, what
// is taken is cut into chunks that hold each device once and nothing else, and the chunks as a file are the
// same fleet.
#include <boost/json/serialize.hpp>
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

void check_records(std::string_view text) {
  const auto records = read_records(text);
  if (!records) return;
  for (const char* line_end : {"\n", "\r\n"}) demand(read_records(print(*records, line_end)) == *records);
}

// A fleet as sets, to be compared.
struct Fleet {
  std::map<std::string, std::string> products;
  std::vector<std::string> devices;
  std::map<std::string, std::multiset<std::string>> groups;
  bool operator==(const Fleet&) const = default;
};

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

void add_chunk(Fleet& fleet, const FleetChunk& chunk, size_t& repeated) {
  const auto parsed = parse_json(chunk.entries);
  demand(parsed && parsed->is_object() && parsed->get_object().size() == 3);
  const auto& root = parsed->get_object();
  for (const auto& product : root.at("products").as_array()) {
    const auto& object = product.as_object();
    repeated +=
        fleet.products.emplace(text_of(object, "ProductKey"), boost::json::serialize(product)).second ? 0 : 1;
  }
  demand(root.at("devices").as_array().size() <= kChunkDevices);
  for (const auto& device : root.at("devices").as_array()) {
    const auto& object = device.as_object();
    for (const auto& member : object) demand(!member.value().as_string().empty());
    const std::string name = text_of(object, "DeviceName");
    demand(name.size() >= 4 && name.size() <= 32 && !text_of(object, "ProductKey").empty());
    demand(!text_of(object, "DeviceSecret").empty());
    fleet.devices.push_back(boost::json::serialize(device));
  }
  std::set<std::string> here;
  for (const auto& group : root.at("groups").as_array()) {
    const auto& object = group.as_object();
    const std::string id = text_of(object, "GroupId");
    demand(!id.empty() && !text_of(object, "GroupName").empty() && here.insert(id).second);
    repeated += fleet.groups.count(id);
    auto& members = fleet.groups[id];
    for (const auto& device : object.at("Devices").as_array()) members.insert(boost::json::serialize(device));
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
  const std::set<std::string> unique(fleet.devices.begin(), fleet.devices.end());
  demand(unique.size() == fleet.devices.size());
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
    for (const auto element : json_elements(json_member(chunk.entries, "products").value()))
      if (seen.insert(json_unquote(json_member(element, "ProductKey").value()).value_or("")).second)
        add(products, element);
    for (const auto element : json_elements(json_member(chunk.entries, "devices").value()))
      add(devices, element);
    for (const auto element : json_elements(json_member(chunk.entries, "groups").value())) {
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
