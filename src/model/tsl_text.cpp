// TSL documents as texts: completed and simplified without printing their numbers and labels anew (cloud-api
// C.5).
#include <string>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/json_text.hpp"
#include "model/thing_model.hpp"

namespace rollcall {
namespace {

using Members = JsonMembers;
using List = JsonList;

Error bad(std::string_view path, std::string_view rule) {
  return Error(ErrorCode::InvalidThingModel, std::string(path) + ": " + std::string(rule));
}

// What the generated features say of the properties.
struct Properties {
  List all;          // {identifier, name, dataType} each
  List writable;     // the same of those that can be set
  List identifiers;  // texts
  bool any = false;
};

Properties read_properties(std::string_view list) {
  Properties properties;
  for (const std::string_view raw : json_elements(list)) {
    const Members members = json_members(raw);
    List entry;
    for (const char* key : {"identifier", "name", "dataType"})
      if (const auto value = find_member(members, key); !value.empty())
        entry.add(key, compact_json(value, false));
    properties.any = true;
    properties.all.add(entry.object());
    if (find_member(members, "accessMode") != "\"r\"") properties.writable.add(entry.object());
    if (const auto identifier = find_member(members, "identifier"); !identifier.empty())
      properties.identifiers.add(identifier);
  }
  return properties;
}

bool has_identifier(std::string_view list, std::string_view identifier) {
  for (const std::string_view raw : json_elements(list)) {
    const auto value = json_member(raw, "identifier");
    if (value && json_unquote(*value) == identifier) return true;
  }
  return false;
}

// The list with the generated entries that it lacks.
std::string complete_list(std::string_view list, const Members& generated) {
  List out;
  for (const std::string_view raw : json_elements(list)) out.add(compact_json(raw, false));
  for (const auto& [identifier, text] : generated)
    if (!has_identifier(list, identifier)) out.add(text);
  return out.array();
}

std::string complete_profile(std::string_view profile, std::string_view product_key) {
  List out;
  for (const auto& [key, raw] : json_members(profile))
    if (key != "productKey") out.add(key, compact_json(raw, false));
  out.add("productKey", json_quoted(product_key));
  return out.object();
}

std::string own_service(std::string_view name, const std::string& input, const std::string& output) {
  return "{\"identifier\":\"" + std::string(name) + "\",\"name\":\"" + std::string(name) +
         "\",\"required\":true,\"callType\":\"async\",\"method\":\"thing.service.property." +
         std::string(name) + "\",\"inputData\":" + input + ",\"outputData\":" + output + "}";
}

void append_simple(std::string& out, std::string_view raw) {
  if (raw.starts_with('{')) {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : json_members(raw)) {
      if (key == "name" || key == "desc" || key == "description") continue;
      if (!first) out += ',';
      first = false;
      append_json_string(out, key);
      out += ':';
      append_simple(out, value);
    }
    out += '}';
  } else if (raw.starts_with('[')) {
    out += '[';
    bool first = true;
    for (const std::string_view value : json_elements(raw)) {
      if (!first) out += ',';
      first = false;
      append_simple(out, value);
    }
    out += ']';
  } else {
    out += raw;
  }
}

Status check_outline(std::string_view tsl) {
  auto document = parse_json(tsl);
  if (!document) return fail(bad("the document", document.error().message));
  if (!document->is_object()) return fail(bad("the document", "must be an object"));
  return {};
}

}  // namespace

std::string empty_tsl(std::string_view product_key) {
  return "{\"profile\":{\"productKey\":" + json_quoted(product_key) +
         "},\"properties\":[],\"events\":[],\"services\":[]}";
}

Result<std::string> complete_tsl(std::string_view tsl, std::string_view product_key, size_t bytes_max) {
  if (tsl.size() > bytes_max)
    return fail(bad("the document", "has at most " + std::to_string(bytes_max) + " bytes, not " +
                                        std::to_string(tsl.size())));
  ROLLCALL_TRY_STATUS(check_outline(tsl));
  const Members given = json_members(tsl);
  for (const char* key : {"properties", "events", "services"})
    if (const auto raw = find_member(given, key); !raw.empty() && raw != "null" && !raw.starts_with('['))
      return fail(bad(key, "must be a list"));
  if (const auto raw = find_member(given, "profile"); !raw.empty() && raw != "null" && !raw.starts_with('{'))
    return fail(bad("profile", "must be an object"));

  const Properties properties = read_properties(find_member(given, "properties"));
  std::string set, get, post;
  Members services, events;
  if (properties.any) {
    set = own_service("set", properties.writable.array(), "[]");
    get = own_service("get", properties.identifiers.array(), properties.all.array());
    post =
        "{\"identifier\":\"post\",\"name\":\"post\",\"type\":\"info\",\"required\":true,\"method\":\"thing."
        "event.property.post\"," +
        std::string("\"outputData\":") + properties.all.array() + "}";
    services = {{"set", set}, {"get", get}};
    events = {{"post", post}};
  }
  List out;
  if (const auto schema = find_member(given, "schema"); !schema.empty())
    out.add("schema", compact_json(schema, false));
  out.add("profile", complete_profile(find_member(given, "profile"), product_key));
  out.add("properties", complete_list(find_member(given, "properties"), {}));
  out.add("events", complete_list(find_member(given, "events"), events));
  out.add("services", complete_list(find_member(given, "services"), services));
  for (const auto& [key, raw] : given)
    if (key != "schema" && key != "profile" && key != "properties" && key != "events" && key != "services")
      out.add(key, compact_json(raw, false));
  return out.object();
}

Result<std::string> simple_tsl(std::string_view tsl) {
  ROLLCALL_TRY_STATUS(check_outline(tsl));
  std::string out;
  append_simple(out, trim(tsl));
  return out;
}

}  // namespace rollcall
