// From ThingModelJson to TSL.
#include "base/limits.hpp"
#include "model/thing_model_json.hpp"
#include "model/thing_model_words.hpp"

namespace rollcall {
namespace {

using namespace model_words;

Error bad(const std::string& path, std::string_view rule) {
  return Error(ErrorCode::InvalidThingModel, path + ": " + std::string(rule));
}

// --- to TSL

// The first of several spellings that is given.
std::string_view first_of(const JsonMembers& members, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (const auto raw = find_member(members, key); given(raw)) return raw;
  return {};
}

Result<std::string> type_from(std::string_view type, const JsonMembers& members, const std::string& path,
                              int depth);

Result<std::string> choices_from(std::string_view list, const std::string& path) {
  JsonList out;
  const auto items = json_elements(list);
  for (size_t i = 0; i < items.size(); ++i) {
    const JsonMembers members = json_members(items[i]);
    const std::string here = path + "[" + std::to_string(i) + "]";
    const std::string_view value = find_member(members, "value");
    const auto text = json_unquote(value).value_or(std::string(value));
    if (!parse_int(text)) return fail(bad(here + ".value", "must be an integer"));
    const std::string_view label = first_of(members, {"name"});
    out.add(text, label.empty() ? "\"\"" : label);
  }
  return out.object();
}

Result<std::string> members_from(std::string_view list, const std::string& path, int depth) {
  JsonList out;
  const auto items = json_elements(list);
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string here = path + "[" + std::to_string(i) + "]";
    const JsonMembers members = json_members(items[i]);
    JsonList item;
    if (const auto raw = first_of(members, {"identifier"}); !raw.empty()) item.add("identifier", raw);
    if (const auto raw = first_of(members, {"name", "childName"}); !raw.empty()) item.add("name", raw);
    ROLLCALL_TRY(const std::string type,
                 type_from(text_of(members, "childDataType"), members, here, depth + 1));
    item.add("dataType", type);
    out.add(item.object());
  }
  return out.array();
}

// `members` hold dataSpecs or dataSpecsList of a value of `type`.
Result<std::string> type_from(std::string_view type, const JsonMembers& members, const std::string& path,
                              int depth) {
  if (type.empty()) return fail(bad(path + ".dataType", "is missing"));
  if (upper(type) != type)
    return fail(bad(path + ".dataType", "is written in upper case, not \"" + excerpt(type) + "\""));
  if (depth > limits::kNestedTypesMax)
    return fail(
        bad(path, "arrays and structs nest at most " + std::to_string(limits::kNestedTypesMax) + " levels"));
  const std::string kind = lower(type);
  const std::string_view listed = find_member(members, "dataSpecsList");
  if (given(listed) && !listed.starts_with('[')) return fail(bad(path + ".dataSpecsList", "must be a list"));
  const std::string_view specs_raw = find_member(members, "dataSpecs");
  if (given(specs_raw) && !specs_raw.starts_with('{'))
    return fail(bad(path + ".dataSpecs", "must be an object"));
  const JsonMembers specs = json_members(specs_raw);
  std::string out_specs = "{}";
  if (kind == "bool" || kind == "enum") {
    ROLLCALL_TRY(out_specs, choices_from(listed, path + ".dataSpecsList"));
  } else if (kind == "struct") {
    ROLLCALL_TRY(out_specs, members_from(listed, path + ".dataSpecsList", depth));
  } else if (kind == "array") {
    JsonList own;
    if (const auto raw = find_member(specs, "size"); given(raw)) own.add("size", as_text(raw));
    ROLLCALL_TRY(const std::string item,
                 type_from(text_of(specs, "childDataType"), specs, path + ".dataSpecs", depth + 1));
    own.add("item", item);
    out_specs = own.object();
  } else {
    JsonList own;
    for (const char* key : kNumericSpecs)
      if (const auto raw = find_member(specs, key); is_numeric(kind) && given(raw))
        own.add(key, as_text(raw));
    if (const auto raw = find_member(specs, "length"); kind == "text" && given(raw))
      own.add("length", as_text(raw));
    out_specs = own.object();
  }
  return "{\"type\":" + json_quoted(kind) + ",\"specs\":" + out_specs + "}";
}

Result<std::string> parameters_from(std::string_view list, const std::string& path) {
  if (given(list) && !list.starts_with('[')) return fail(bad(path, "must be a list"));
  JsonList out;
  const auto items = json_elements(list);
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string here = path + "[" + std::to_string(i) + "]";
    const JsonMembers members = json_members(items[i]);
    JsonList item;
    for (const char* key : {"identifier", "name"})
      if (const auto raw = find_member(members, key); given(raw)) item.add(key, raw);
    ROLLCALL_TRY(const std::string type, type_from(text_of(members, "dataType"), members, here, 0));
    item.add("dataType", type);
    out.add(item.object());
  }
  return out.array();
}

// What all features share.
Result<JsonList> start_feature(const JsonMembers& members, std::initializer_list<const char*> names,
                               const std::string& path) {
  JsonList out;
  const std::string_view identifier = find_member(members, "identifier");
  if (!given(identifier)) return fail(bad(path + ".identifier", "is missing"));
  out.add("identifier", identifier);
  if (const auto raw = first_of(members, names); !raw.empty()) out.add("name", raw);
  if (const auto raw = find_member(members, "description"); given(raw)) out.add("desc", raw);
  const std::string_view required = find_member(members, "required");
  if (given(required) && required != "true" && required != "false")
    return fail(bad(path + ".required", "must be true or false"));
  out.add("required", required == "true" ? "true" : "false");
  if (const auto raw = find_member(members, "extendConfig"); given(raw)) out.add("extendConfig", raw);
  return out;
}

Result<std::string> property_from(const JsonMembers& members, const std::string& path, std::string_view) {
  ROLLCALL_TRY(JsonList out, start_feature(members, {"name"}, path));
  const std::string_view access = left_of(kAccess, text_of(members, "rwFlag"));
  if (access.empty()) return fail(bad(path + ".rwFlag", "must be READ_ONLY or READ_WRITE"));
  out.add("accessMode", json_quoted(access));
  ROLLCALL_TRY(const std::string type, type_from(text_of(members, "dataType"), members, path, 0));
  out.add("dataType", type);
  return out.object();
}

Result<std::string> service_from(const JsonMembers& members, const std::string& path,
                                 std::string_view module) {
  ROLLCALL_TRY(JsonList out, start_feature(members, {"serviceName", "name"}, path));
  const std::string call = text_of(members, "callType");
  if (!call.empty() && call != "ASYNC" && call != "SYNC")
    return fail(bad(path + ".callType", "must be ASYNC or SYNC"));
  out.add("callType", json_quoted(call == "SYNC" ? "sync" : "async"));
  out.add("method", json_quoted("thing.service." + std::string(module) + text_of(members, "identifier")));
  ROLLCALL_TRY(const std::string input,
               parameters_from(first_of(members, {"inputParams", "inputData"}), path + ".inputParams"));
  out.add("inputData", input);
  ROLLCALL_TRY(const std::string output,
               parameters_from(first_of(members, {"outputParams", "outputData"}), path + ".outputParams"));
  out.add("outputData", output);
  return out.object();
}

Result<std::string> event_from(const JsonMembers& members, const std::string& path, std::string_view module) {
  ROLLCALL_TRY(JsonList out, start_feature(members, {"eventName", "name"}, path));
  const std::string_view type = left_of(kEventTypes, text_of(members, "eventType"));
  if (type.empty())
    return fail(bad(path + ".eventType", "must be INFO_EVENT_TYPE, ALERT_EVENT_TYPE or ERROR_EVENT_TYPE"));
  out.add("type", json_quoted(type));
  out.add("method",
          json_quoted("thing.event." + std::string(module) + text_of(members, "identifier") + ".post"));
  const auto list = first_of(members, {"outputdata", "outputData", "outputParams"});
  ROLLCALL_TRY(const std::string output, parameters_from(list, path + ".outputdata"));
  out.add("outputData", output);
  return out.object();
}

template <class From>
Result<std::string> list_from(const JsonMembers& root, const char* key, std::string_view module, From from) {
  const std::string_view list = find_member(root, key);
  if (given(list) && !list.starts_with('[')) return fail(bad(key, "must be a list"));
  JsonList out;
  const auto items = json_elements(list);
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string here = std::string(key) + "[" + std::to_string(i) + "]";
    if (!items[i].starts_with('{')) return fail(bad(here, "must be an object"));
    ROLLCALL_TRY(const std::string feature, from(json_members(items[i]), here, module));
    out.add(feature);
  }
  return out.array();
}

}  // namespace

Result<std::string> tsl_of_thing_model_json(std::string_view text, std::string_view module) {
  auto document = parse_json(text);
  if (!document) return fail(bad("ThingModelJson", document.error().message));
  if (!document->is_object()) return fail(bad("ThingModelJson", "must be an object"));
  const std::string compact = compact_json(text, false);
  const JsonMembers root = json_members(compact);
  const std::string prefix = module.empty() ? std::string() : std::string(module) + ":";
  JsonList out;
  ROLLCALL_TRY(const std::string properties, list_from(root, "properties", prefix, property_from));
  out.add("properties", properties);
  ROLLCALL_TRY(const std::string events, list_from(root, "events", prefix, event_from));
  out.add("events", events);
  ROLLCALL_TRY(const std::string services, list_from(root, "services", prefix, service_from));
  out.add("services", services);
  return out.object();
}

}  // namespace rollcall
