#include "model/thing_model_json.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "model/thing_model_words.hpp"

namespace rollcall {
namespace {

using namespace model_words;

// --- from TSL

// dataSpecs or dataSpecsList of a type, added to `out`; `depth` counts types around it.
void add_specs(JsonSorted& out, std::string_view data_type, int depth);

std::string choices_of(std::string_view type, std::string_view specs) {
  JsonList list;
  for (const auto& [value, label] : json_members(specs)) {
    const auto number = parse_int(value);
    if (!number) continue;
    JsonSorted item;
    item.add("custom", "true");
    item.add("dataType", json_quoted(upper(type)));
    item.add("name", std::string(label));
    item.add("value", std::to_string(*number));
    list.add(item.object());
  }
  return list.array();
}

std::string struct_of(std::string_view specs, int depth) {
  JsonList list;
  for (const std::string_view raw : json_elements(specs)) {
    const JsonMembers members = json_members(raw);
    JsonSorted item;
    item.add("custom", "true");
    item.add("dataType", json_quoted("STRUCT"));
    for (const char* key : {"identifier", "name"})
      if (const auto value = find_member(members, key); given(value)) item.add(key, std::string(value));
    const std::string_view type = find_member(members, "dataType");
    item.add("childDataType", json_quoted(upper(text_of(json_members(type), "type"))));
    add_specs(item, type, depth + 1);
    list.add(item.object());
  }
  return list.array();
}

void add_specs(JsonSorted& out, std::string_view data_type, int depth) {
  const JsonMembers members = json_members(data_type);
  const std::string type = text_of(members, "type");
  const std::string_view specs = find_member(members, "specs");
  if (depth > limits::kNestedTypesMax) return;
  if (type == "bool" || type == "enum") return out.add("dataSpecsList", choices_of(type, specs));
  if (type == "struct") return out.add("dataSpecsList", struct_of(specs, depth));
  const JsonMembers given_specs = json_members(specs);
  JsonSorted own;
  own.add("custom", "true");
  own.add("dataType", json_quoted(upper(type)));
  if (is_numeric(type)) {
    for (const char* key : kNumericSpecs)
      if (const auto raw = find_member(given_specs, key); given(raw)) own.add(key, as_text(raw));
  } else if (type == "text") {
    if (const auto raw = find_member(given_specs, "length"); given(raw)) own.add("length", as_number(raw));
  } else if (type == "array") {
    if (const auto raw = find_member(given_specs, "size"); given(raw)) own.add("size", as_number(raw));
    const std::string_view item = find_member(given_specs, "item");
    own.add("childDataType", json_quoted(upper(text_of(json_members(item), "type"))));
    add_specs(own, item, depth + 1);
  }
  out.add("dataSpecs", own.object());
}

std::string parameters_of(std::string_view list, std::string_view direction) {
  JsonList out;
  int64_t order = 0;
  for (const std::string_view raw : json_elements(list)) {
    const JsonMembers members = json_members(raw);
    JsonSorted item;
    for (const char* key : {"identifier", "name"})
      if (const auto value = find_member(members, key); given(value)) item.add(key, std::string(value));
    const std::string_view type = find_member(members, "dataType");
    item.add("custom", "true");
    item.add("dataType", json_quoted(upper(text_of(json_members(type), "type"))));
    item.add("direction", json_quoted(direction));
    item.add("paraOrder", std::to_string(order++));
    add_specs(item, type, 0);
    out.add(item.object());
  }
  return out.array();
}

// What all features share; `name_key` differs.
JsonSorted feature_of(const JsonMembers& members, std::string_view name_key, const ModelLabel& label) {
  JsonSorted out;
  out.add("custom", "true");
  out.add("std", "false");
  out.add("productKey", json_quoted(label.product_key));
  out.add("required", find_member(members, "required") == "true" ? "true" : "false");
  if (const auto value = find_member(members, "identifier"); given(value))
    out.add("identifier", std::string(value));
  if (const auto value = find_member(members, "name"); given(value)) out.add(name_key, std::string(value));
  if (const auto value = find_member(members, "desc"); given(value))
    out.add("description", std::string(value));
  if (const auto value = find_member(members, "extendConfig"); given(value))
    out.add("extendConfig", std::string(value));
  return out;
}

std::string property_of(const JsonMembers& members, const ModelLabel& label) {
  JsonSorted out = feature_of(members, "name", label);
  const std::string_view type = find_member(members, "dataType");
  out.add("dataType", json_quoted(upper(text_of(json_members(type), "type"))));
  out.add("rwFlag", json_quoted(right_of(kAccess, text_of(members, "accessMode"))));
  add_specs(out, type, 0);
  return out.object();
}

std::string service_of(const JsonMembers& members, const ModelLabel& label) {
  JsonSorted out = feature_of(members, "serviceName", label);
  const std::string call = text_of(members, "callType");
  out.add("callType", json_quoted(call.empty() ? "ASYNC" : upper(call)));
  out.add("inputParams", parameters_of(find_member(members, "inputData"), "PARAM_INPUT"));
  out.add("outputParams", parameters_of(find_member(members, "outputData"), "PARAM_OUTPUT"));
  return out.object();
}

std::string event_of(const JsonMembers& members, const ModelLabel& label) {
  JsonSorted out = feature_of(members, "eventName", label);
  out.add("eventType", json_quoted(right_of(kEventTypes, text_of(members, "type"))));
  out.add("outputdata", parameters_of(find_member(members, "outputData"), "PARAM_OUTPUT"));
  return out.object();
}

template <class Of>
std::string list_of(std::string_view list, std::initializer_list<std::string_view> own,
                    const ModelLabel& label, Of of) {
  JsonList out;
  for (const std::string_view raw : json_elements(list)) {
    const JsonMembers members = json_members(raw);
    if (std::find(own.begin(), own.end(), text_of(members, "identifier")) == own.end())
      out.add(of(members, label));
  }
  return out.array();
}

}  // namespace

std::string thing_model_json_of_tsl(std::string_view tsl, const ModelLabel& label) {
  const std::string compact = compact_json(tsl, false);
  const JsonMembers root = json_members(compact);
  JsonSorted out;
  if (!label.version.empty()) {
    JsonSorted about;
    about.add("description", json_quoted(label.description));
    about.add("version", json_quoted(label.version));
    out.add("_ppk", about.object());
  }
  out.add("productKey", json_quoted(label.product_key));
  out.add("properties", list_of(find_member(root, "properties"), {}, label, property_of));
  out.add("events", list_of(find_member(root, "events"), {"post"}, label, event_of));
  out.add("services", list_of(find_member(root, "services"), {"set", "get"}, label, service_of));
  JsonList blocks;
  for (const std::string_view raw : json_elements(find_member(root, "functionBlocks"))) {
    const JsonMembers members = json_members(raw);
    JsonSorted block;
    block.add("productKey", json_quoted(label.product_key));
    for (const char* key : {"functionBlockId", "functionBlockName"})
      if (const auto value = find_member(members, key); given(value)) block.add(key, std::string(value));
    blocks.add(block.object());
  }
  if (!blocks.empty()) out.add("functionBlocks", blocks.array());
  if (const auto id = find_member(root, "functionBlockId"); given(id)) {
    out.add("identifier", std::string(id));
    if (const auto name = find_member(root, "functionBlockName"); given(name))
      out.add("name", std::string(name));
  }
  return out.object();
}

}  // namespace rollcall
