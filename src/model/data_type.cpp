// Reading data types from TSL (cloud-api C.4, C.5). Numbers in specs are strings by rule; plain numbers are
// taken as well.
#include "model/data_type.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_set>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall {
namespace {

namespace json = boost::json;

Error bad(const std::string& path, std::string_view rule) {
  return Error(ErrorCode::InvalidThingModel, path + ": " + std::string(rule));
}

std::string shown(const json::value& value) { return excerpt(json::serialize(value)); }

constexpr std::pair<std::string_view, DataType::Kind> kKinds[] = {
    {"int", DataType::Kind::Int},   {"float", DataType::Kind::Float},   {"double", DataType::Kind::Double},
    {"text", DataType::Kind::Text}, {"date", DataType::Kind::Date},     {"bool", DataType::Kind::Bool},
    {"enum", DataType::Kind::Enum}, {"struct", DataType::Kind::Struct}, {"array", DataType::Kind::Array},
};

// A number of specs: nothing when absent or an empty text.
Result<std::optional<double>> read_number(const json::object& specs, std::string_view key,
                                          const std::string& path) {
  const json::value* value = specs.if_contains(key);
  if (!value || value->is_null()) return std::nullopt;
  if (value->is_number()) return value->to_number<double>();
  const json::string* text = value->if_string();
  if (text && text->empty()) return std::nullopt;
  double number = 0;
  if (text) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error == std::errc() && end == text->data() + text->size() && std::isfinite(number)) return number;
  }
  return fail(bad(path + "." + std::string(key), "must be a number, not " + shown(*value)));
}

Status read_range(DataType& type, const json::object& specs, const std::string& path) {
  const bool whole = type.kind == DataType::Kind::Int;
  type.max = whole                                ? std::numeric_limits<int32_t>::max()
             : type.kind == DataType::Kind::Float ? std::numeric_limits<float>::max()
                                                  : std::numeric_limits<double>::max();
  type.min = whole ? std::numeric_limits<int32_t>::min() : -type.max;
  const std::pair<const char*, double*> bounds[] = {{"min", &type.min}, {"max", &type.max}};
  const double widest[] = {type.min, type.max};
  for (const auto& [key, bound] : bounds) {
    ROLLCALL_TRY(const std::optional<double> given, read_number(specs, key, path));
    if (!given) continue;
    if ((whole && *given != std::floor(*given)) || *given < widest[0] || *given > widest[1])
      return fail(bad(path + "." + key, "is outside the data type, " + shown(specs.at(key))));
    *bound = *given;
  }
  if (type.min > type.max) return fail(bad(path + ".min", "is above max"));
  return {};
}

// A size of specs: 1 to `most`.
Result<size_t> read_size(const json::object& specs, std::string_view key, const std::string& path,
                         size_t most) {
  ROLLCALL_TRY(const std::optional<double> given, read_number(specs, key, path));
  if (!given) return most;
  if (*given < 1 || *given > static_cast<double>(most) || *given != std::floor(*given))
    return fail(bad(path + "." + std::string(key),
                    "must be 1 to " + std::to_string(most) + ", not " + shown(specs.at(key))));
  return static_cast<size_t>(*given);
}

Status read_bool_items(const json::object& specs, const std::string& path) {
  for (const auto& item : specs)
    if (item.key() != "0" && item.key() != "1")
      return fail(bad(path, "holds labels of 0 and 1 only, not of \"" + excerpt(item.key()) + "\""));
  return {};
}

Status read_enum_items(DataType& type, const json::object& specs, const std::string& path) {
  if (specs.empty() || specs.size() > limits::kEnumItemsMax)
    return fail(bad(path, "has 1 to " + std::to_string(limits::kEnumItemsMax) + " items, not " +
                              std::to_string(specs.size())));
  for (const auto& item : specs) {
    const auto number = parse_int(item.key());
    if (!number || *number < std::numeric_limits<int32_t>::min() ||
        *number > std::numeric_limits<int32_t>::max())
      return fail(bad(path, "has integers as keys, not \"" + excerpt(item.key()) + "\""));
    type.items.push_back(static_cast<int32_t>(*number));
  }
  std::sort(type.items.begin(), type.items.end());
  if (std::adjacent_find(type.items.begin(), type.items.end()) != type.items.end())
    return fail(bad(path, "has an item twice"));
  return {};
}

Status read_element(DataType& type, const json::object& specs, const std::string& path, int depth) {
  ROLLCALL_TRY(type.length_max, read_size(specs, "size", path, limits::kArrayElementsMax));
  const json::value* item = specs.if_contains("item");
  if (!item) return fail(bad(path + ".item", "is missing"));
  ROLLCALL_TRY(DataType element, read_data_type(*item, path + ".item", depth + 1));
  type.element.push_back(std::move(element));
  return {};
}

// What specs says, by kind; `specs` is an object for every kind but struct.
Status read_specs(DataType& type, const json::object& specs, const std::string& path, int depth) {
  switch (type.kind) {
    case DataType::Kind::Int:
    case DataType::Kind::Float:
    case DataType::Kind::Double:
      return read_range(type, specs, path);
    case DataType::Kind::Text: {
      ROLLCALL_TRY(type.length_max, read_size(specs, "length", path, limits::kTextCharactersMax));
      return {};
    }
    case DataType::Kind::Bool:
      return read_bool_items(specs, path);
    case DataType::Kind::Enum:
      return read_enum_items(type, specs, path);
    case DataType::Kind::Array:
      return read_element(type, specs, path, depth);
    case DataType::Kind::Date:
    case DataType::Kind::Struct:
      return {};
  }
  return {};
}

}  // namespace

Result<std::string> read_identifier(const json::value& value, const std::string& path) {
  const json::string* text = value.if_string();
  if (!text || text->empty() || text->size() > limits::kIdentifierCharactersMax ||
      !is_letters_digits(*text, "_"))
    return fail(bad(path, "is 1 to " + std::to_string(limits::kIdentifierCharactersMax) +
                              " letters, digits and _, not " + shown(value)));
  return std::string(*text);
}

Result<DataType> read_data_type(const json::value& value, const std::string& path, int depth) {
  const json::object* object = value.if_object();
  if (!object) return fail(bad(path, "must be an object"));
  const json::value* name = object->if_contains("type");
  const json::string* text = name ? name->if_string() : nullptr;
  const auto* kind = text
                         ? std::find_if(std::begin(kKinds), std::end(kKinds),
                                        [&](const auto& row) { return row.first == std::string_view(*text); })
                         : std::end(kKinds);
  if (kind == std::end(kKinds))
    return fail(bad(path + ".type", name ? "is no data type: " + shown(*name) : "is missing"));
  DataType type;
  type.kind = kind->second;
  const bool nests = type.kind == DataType::Kind::Struct || type.kind == DataType::Kind::Array;
  if (nests && depth >= limits::kNestedTypesMax)
    return fail(
        bad(path, "arrays and structs nest at most " + std::to_string(limits::kNestedTypesMax) + " levels"));
  const std::string specs_path = path + ".specs";
  const json::value* specs = object->if_contains("specs");
  if (type.kind == DataType::Kind::Struct) {
    if (!specs) return fail(bad(specs_path, "is missing"));
    ROLLCALL_TRY(type.fields, read_fields(*specs, specs_path, limits::kStructMembersMax, depth + 1));
    if (type.fields.empty()) return fail(bad(specs_path, "has no member"));
    return type;
  }
  if (specs && !specs->is_null() && !specs->is_object()) return fail(bad(specs_path, "must be an object"));
  const json::object none;
  ROLLCALL_TRY_STATUS(
      read_specs(type, specs && specs->is_object() ? specs->get_object() : none, specs_path, depth));
  return type;
}

Result<std::vector<Field>> read_fields(const json::value& value, const std::string& path, size_t fields_max,
                                       int depth) {
  const json::array* list = value.if_array();
  if (!list) return fail(bad(path, "must be a list"));
  if (list->size() > fields_max)
    return fail(bad(
        path, "has at most " + std::to_string(fields_max) + " entries, not " + std::to_string(list->size())));
  std::vector<Field> fields;
  std::unordered_set<std::string> seen;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string here = path + "[" + std::to_string(i) + "]";
    const json::object* object = (*list)[i].if_object();
    if (!object) return fail(bad(here, "must be an object"));
    const json::value* identifier = object->if_contains("identifier");
    if (!identifier) return fail(bad(here + ".identifier", "is missing"));
    Field field;
    ROLLCALL_TRY(field.identifier, read_identifier(*identifier, here + ".identifier"));
    if (!seen.insert(field.identifier).second)
      return fail(bad(here + ".identifier", "\"" + field.identifier + "\" is used already"));
    const json::value* type = object->if_contains("dataType");
    if (!type) return fail(bad(here + ".dataType", "is missing"));
    ROLLCALL_TRY(field.type, read_data_type(*type, here + ".dataType", depth));
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace rollcall
