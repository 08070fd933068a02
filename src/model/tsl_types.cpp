#include "model/tsl_types.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"

namespace rollcall::tsl {
namespace {

constexpr size_t kIdentifierCharactersMax = 50;
constexpr size_t kStructMembersMax = 50;
constexpr size_t kEnumItemsMax = 100;
constexpr size_t kArraySizeMax = 512;
constexpr size_t kTextLengthMax = 10'240;
constexpr int kNestingMax = 2;  // parent and child (cloud-api C.4)

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Specs are strings; numbers are taken as well. Absent and empty bounds are none.
Result<std::optional<double>> read_bound(const boost::json::object& specs, std::string_view key,
                                         const std::string& path) {
  const boost::json::value* value = specs.if_contains(key);
  if (value == nullptr || value->is_null()) return std::optional<double>();
  if (value->is_number()) return std::optional<double>(value->to_number<double>());
  const boost::json::string* text = value->if_string();
  if (text == nullptr) return fail(bad_model(path + "." + std::string(key), "is a number written as text"));
  if (text->empty()) return std::optional<double>();
  const auto number = parse_number(std::string_view(text->data(), text->size()));
  if (!number) return fail(bad_model(path + "." + std::string(key), "is a number written as text"));
  return number;
}

Result<size_t> read_count(const boost::json::object& specs, std::string_view key, size_t fallback, size_t max,
                          const std::string& path) {
  ROLLCALL_TRY(std::optional<double> number, read_bound(specs, key, path));
  if (!number) return fallback;
  if (*number < 1 || *number > static_cast<double>(max) || *number != std::floor(*number))
    return fail(
        bad_model(path + "." + std::string(key), "is a whole number from 1 to " + std::to_string(max)));
  return static_cast<size_t>(*number);
}

Status read_numeric(Type& type, const boost::json::object& specs, const std::string& path) {
  ROLLCALL_TRY(type.min, read_bound(specs, "min", path));
  ROLLCALL_TRY(type.max, read_bound(specs, "max", path));
  if (type.min && type.max && *type.min > *type.max) return fail(bad_model(path, "has a min above its max"));
  return {};
}

Status read_enum(Type& type, const boost::json::object& specs, const std::string& path) {
  if (specs.empty() || specs.size() > kEnumItemsMax) return fail(bad_model(path, "has 1 to 100 items"));
  for (const auto& item : specs) {
    const auto number = parse_int(std::string_view(item.key().data(), item.key().size()));
    if (!number)
      return fail(bad_model(path + "." + std::string(item.key()), "has a key that is no whole number"));
    type.values.push_back(*number);
  }
  return {};
}

Status read_struct(Type& type, const boost::json::value* specs, const std::string& path, int depth) {
  const boost::json::array* members = specs != nullptr ? specs->if_array() : nullptr;
  if (members == nullptr) return fail(bad_model(path, "is a list of members"));
  if (members->empty() || members->size() > kStructMembersMax)
    return fail(bad_model(path, "has 1 to 50 members"));
  for (size_t i = 0; i < members->size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    const boost::json::object* object = (*members)[i].if_object();
    const boost::json::value* identifier = object != nullptr ? object->if_contains("identifier") : nullptr;
    const boost::json::value* data_type = object != nullptr ? object->if_contains("dataType") : nullptr;
    if (identifier == nullptr || !identifier->is_string())
      return fail(bad_model(at + ".identifier", "is missing"));
    if (data_type == nullptr) return fail(bad_model(at + ".dataType", "is missing"));
    Member member;
    member.identifier = std::string(identifier->get_string().data(), identifier->get_string().size());
    ROLLCALL_TRY_STATUS(check_identifier(member.identifier, at + ".identifier"));
    for (const Member& other : type.members)
      if (other.identifier == member.identifier) return fail(bad_model(at + ".identifier", "is used twice"));
    ROLLCALL_TRY(member.type, read_type(*data_type, at + ".dataType", depth + 1));
    type.members.push_back(std::move(member));
  }
  return {};
}

std::optional<Kind> parse_kind(std::string_view text) {
  static constexpr std::pair<std::string_view, Kind> kKinds[] = {
      {"int", Kind::Int},   {"float", Kind::Float},   {"double", Kind::Double},
      {"text", Kind::Text}, {"date", Kind::Date},     {"bool", Kind::Bool},
      {"enum", Kind::Enum}, {"struct", Kind::Struct}, {"array", Kind::Array}};
  for (const auto& [name, kind] : kKinds)
    if (name == text) return kind;
  return std::nullopt;
}

// --- values

// The number a caller wrote, bare or inside a string.
std::string number_text(std::string_view raw) {
  if (auto text = json_unquote(raw)) return std::string(trim(*text));
  return std::string(raw);
}

// JSON numbers have a stricter form than from_chars: no leading zeros, digits on both sides of the point.
bool is_json_number(std::string_view text) {
  auto parsed = parse_json(text);
  return parsed && parsed->is_number();
}

Status check_number(const Type& type, std::string_view raw, const std::string& path, std::string& out) {
  const std::string text = number_text(raw);
  const auto number = is_json_number(text) ? parse_number(text) : std::nullopt;
  if (!number) return fail(bad_value(path, "must be a number", raw));
  if (type.kind == Kind::Int) {
    const auto whole = parse_int(text);
    if (!whole || *whole < INT32_MIN || *whole > INT32_MAX)
      return fail(bad_value(path, "must be a whole number of 32 bits", raw));
  }
  if ((type.min && *number < *type.min) || (type.max && *number > *type.max)) {
    const auto bound = [](std::optional<double> b) {
      if (!b) return std::string("...");
      std::string printed = std::to_string(*b);
      printed.erase(printed.find_last_not_of('0') + 1);
      if (printed.ends_with('.')) printed.pop_back();
      return printed;
    };
    return fail(bad_value(path, "must be from " + bound(type.min) + " to " + bound(type.max), raw));
  }
  out += text;
  return {};
}

Status check_choice(const Type& type, std::string_view raw, const std::string& path, std::string& out) {
  const std::string text = number_text(raw);
  const auto number = parse_int(text);
  const bool known = type.kind == Kind::Bool ? number && (*number == 0 || *number == 1)
                                             : number && std::find(type.values.begin(), type.values.end(),
                                                                   *number) != type.values.end();
  if (!known)
    return fail(bad_value(
        path, type.kind == Kind::Bool ? "must be 0 or 1" : "must be one of the enum's numbers", raw));
  out += std::to_string(*number);
  return {};
}

Status check_text(const Type& type, std::string_view raw, const std::string& path, std::string& out) {
  const auto text = json_unquote(raw);
  const auto length = text ? utf8_length(*text) : std::nullopt;
  if (!length) return fail(bad_value(path, "must be a text", raw));
  if (type.kind == Kind::Date) {
    const auto number = parse_int(*text);
    if (!number || *number < 0) return fail(bad_value(path, "must be a text of UTC milliseconds", raw));
  } else if (*length > type.length_max) {
    return fail(bad_value(path, "has at most " + std::to_string(type.length_max) + " characters", raw));
  }
  out += raw;
  return {};
}

Status check_struct(const Type& type, std::string_view raw, const std::string& path, std::string& out) {
  if (raw.empty() || raw.front() != '{') return fail(bad_value(path, "must be an object", raw));
  out.push_back('{');
  bool first = true;
  for (const auto& [key, value] : json_members(raw)) {
    const Type* member_type = nullptr;
    for (const Member& member : type.members)
      if (member.identifier == key) member_type = member.type.get();
    if (member_type == nullptr)
      return fail(bad_value(path + "." + excerpt(key), "is no member of the struct", value));
    if (!first) out.push_back(',');
    first = false;
    append_json_string(out, key);
    out.push_back(':');
    ROLLCALL_TRY_STATUS(check_value(*member_type, value, path + "." + key, out));
  }
  out.push_back('}');
  return {};
}

Status check_array(const Type& type, std::string_view raw, const std::string& path, std::string& out) {
  if (raw.empty() || raw.front() != '[') return fail(bad_value(path, "must be a list", raw));
  const auto elements = json_elements(raw);
  if (elements.size() > type.size_max)
    return fail(bad_value(path, "has at most " + std::to_string(type.size_max) + " elements", raw));
  out.push_back('[');
  for (size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) out.push_back(',');
    ROLLCALL_TRY_STATUS(check_value(*type.item, elements[i], path + "[" + std::to_string(i) + "]", out));
  }
  out.push_back(']');
  return {};
}

}  // namespace

Error bad_model(const std::string& path, std::string_view rule) {
  return Error(ErrorCode::InvalidThingModel, path + " " + std::string(rule));
}

Error bad_value(const std::string& path, std::string_view rule, std::string_view raw) {
  return Error(ErrorCode::InvalidFormattedParameter,
               path + " " + std::string(rule) + ", not " + excerpt(raw));
}

Status check_identifier(std::string_view identifier, const std::string& path) {
  if (identifier.empty() || identifier.size() > kIdentifierCharactersMax ||
      !is_letters_digits(identifier, "_"))
    return fail(bad_model(path, "has 1 to 50 letters, digits or _"));
  return {};
}

Result<std::shared_ptr<const Type>> read_type(const boost::json::value& json, const std::string& path,
                                              int depth) {
  const boost::json::object* object = json.if_object();
  const boost::json::value* name = object != nullptr ? object->if_contains("type") : nullptr;
  if (name == nullptr || !name->is_string()) return fail(bad_model(path + ".type", "is missing"));
  const auto kind = parse_kind(std::string_view(name->get_string().data(), name->get_string().size()));
  if (!kind)
    return fail(bad_model(path + ".type", "is int, float, double, text, date, bool, enum, struct or array"));
  auto type = std::make_shared<Type>();
  type->kind = *kind;
  const boost::json::value* specs = object->if_contains("specs");
  static const boost::json::object kNone;
  const boost::json::object& fields = specs != nullptr && specs->is_object() ? specs->get_object() : kNone;
  const std::string at = path + ".specs";
  const bool nested = *kind == Kind::Struct || *kind == Kind::Array;
  if (nested && depth >= kNestingMax) return fail(bad_model(path, "nests deeper than two levels"));
  switch (*kind) {
    case Kind::Int:
    case Kind::Float:
    case Kind::Double:
      ROLLCALL_TRY_STATUS(read_numeric(*type, fields, at));
      break;
    case Kind::Text: {
      ROLLCALL_TRY(type->length_max, read_count(fields, "length", kTextLengthMax, kTextLengthMax, at));
      break;
    }
    case Kind::Enum:
      ROLLCALL_TRY_STATUS(read_enum(*type, fields, at));
      break;
    case Kind::Struct:
      ROLLCALL_TRY_STATUS(read_struct(*type, specs, at, depth));
      break;
    case Kind::Array: {
      ROLLCALL_TRY(type->size_max, read_count(fields, "size", kArraySizeMax, kArraySizeMax, at));
      const boost::json::value* item = fields.if_contains("item");
      if (item == nullptr) return fail(bad_model(at + ".item", "is missing"));
      ROLLCALL_TRY(type->item, read_type(*item, at + ".item", depth + 1));
      break;
    }
    case Kind::Date:
    case Kind::Bool:
      break;
  }
  return std::shared_ptr<const Type>(std::move(type));
}

Status check_value(const Type& type, std::string_view raw, const std::string& path, std::string& out) {
  switch (type.kind) {
    case Kind::Int:
    case Kind::Float:
    case Kind::Double:
      return check_number(type, raw, path, out);
    case Kind::Bool:
    case Kind::Enum:
      return check_choice(type, raw, path, out);
    case Kind::Text:
    case Kind::Date:
      return check_text(type, raw, path, out);
    case Kind::Struct:
      return check_struct(type, raw, path, out);
    case Kind::Array:
      return check_array(type, raw, path, out);
  }
  return {};
}

}  // namespace rollcall::tsl
