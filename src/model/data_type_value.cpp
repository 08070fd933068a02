// Checking values against data types (cloud-api C.5, DESIGN 5.4). Works on the caller's own text, so
// that 10.0 stays 10.0.
#include <algorithm>
#include <charconv>
#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"
#include "model/data_type.hpp"

namespace rollcall {
namespace {

Error bad(const std::string& path, std::string_view rule, std::string_view raw) {
  return Error(ErrorCode::InvalidFormattedParameter,
               path + ": " + std::string(rule) + ", not " + excerpt(raw));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Eats digits; false when there is none.
bool eat_digits(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return false;
  while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  return true;
}

// Is the whole text a number of RFC 8259, section 6?
bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!eat_digits(text)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!eat_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!eat_digits(text)) return false;
  }
  return text.empty();
}

// The number's own text, out of a string if it is given as one; nothing when it is no number.
std::optional<std::string> number_text(std::string_view raw) {
  std::optional<std::string> text = raw.starts_with('"') ? json_unquote(raw) : std::string(raw);
  if (!text || !is_json_number(*text)) return std::nullopt;
  return text;
}

// 10.0 as "10", 0.5 as "0.5": for messages.
std::string shown(double number) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return error == std::errc() ? std::string(buffer, end) : std::string("?");
}

// An integer as integers are written: no fraction, no exponent.
std::optional<int64_t> integer_of(const std::string& text) {
  if (text == "-0") return std::nullopt;
  return parse_int(text);
}

Status append_number(const DataType& type, std::string_view raw, const std::string& path, std::string& out) {
  const bool whole = type.kind == DataType::Kind::Int;
  const auto text = number_text(raw);
  if (!text || (whole && text->find_first_of(".eE") != std::string::npos))
    return fail(bad(path, whole ? "must be an integer" : "must be a number", raw));
  double number = 0;
  const auto error = std::from_chars(text->data(), text->data() + text->size(), number).ec;
  if (error != std::errc() || number < type.min || number > type.max)
    return fail(bad(path, "must be from " + shown(type.min) + " to " + shown(type.max), raw));
  out += *text;
  return {};
}

Status append_choice(const DataType& type, std::string_view raw, const std::string& path, std::string& out) {
  const auto text = number_text(raw);
  const auto number = text ? integer_of(*text) : std::nullopt;
  if (type.kind == DataType::Kind::Bool) {
    if (number != 0 && number != 1) return fail(bad(path, "must be 0 or 1", raw));
  } else if (!number || !std::binary_search(type.items.begin(), type.items.end(), *number)) {
    return fail(bad(path, "must be one of the items of the enum", raw));
  }
  out += *text;
  return {};
}

Status append_text(const DataType& type, std::string_view raw, const std::string& path, std::string& out) {
  const auto text = json_unquote(raw);
  const auto length = text ? utf8_length(*text) : std::nullopt;
  if (!length || *length > type.length_max)
    return fail(
        bad(path, "must be a text of at most " + std::to_string(type.length_max) + " characters", raw));
  out += raw;
  return {};
}

Status append_date(std::string_view raw, const std::string& path, std::string& out) {
  const auto text = json_unquote(raw);
  const bool digits = text && !text->empty() && std::all_of(text->begin(), text->end(), is_digit);
  if (!digits || !parse_int(*text))
    return fail(bad(path, "must be a text of milliseconds since 1970 in UTC", raw));
  append_json_string(out, *text);
  return {};
}

Status append_array(const DataType& type, std::string_view raw, const std::string& path, std::string& out) {
  if (!raw.starts_with('[')) return fail(bad(path, "must be a list", raw));
  const auto elements = json_elements(raw);
  if (elements.size() > type.length_max)
    return fail(bad(path, "must have at most " + std::to_string(type.length_max) + " elements",
                    std::to_string(elements.size())));
  out += '[';
  for (size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) out += ',';
    ROLLCALL_TRY_STATUS(
        append_value(type.element.front(), elements[i], path + "[" + std::to_string(i) + "]", out));
  }
  out += ']';
  return {};
}

}  // namespace

Status append_value(const DataType& type, std::string_view raw, const std::string& path, std::string& out) {
  switch (type.kind) {
    case DataType::Kind::Int:
    case DataType::Kind::Float:
    case DataType::Kind::Double:
      return append_number(type, raw, path, out);
    case DataType::Kind::Bool:
    case DataType::Kind::Enum:
      return append_choice(type, raw, path, out);
    case DataType::Kind::Text:
      return append_text(type, raw, path, out);
    case DataType::Kind::Date:
      return append_date(raw, path, out);
    case DataType::Kind::Struct:
      return append_fields(type.fields, raw, path, out);
    case DataType::Kind::Array:
      return append_array(type, raw, path, out);
  }
  return fail(bad(path, "has no data type", raw));
}

Status append_fields(const std::vector<Field>& fields, std::string_view raw, const std::string& path,
                     std::string& out) {
  if (!raw.starts_with('{')) return fail(bad(path, "must be an object", raw));
  out += '{';
  bool first = true;
  for (const auto& [key, value] : json_members(raw)) {
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&key = key](const Field& f) { return f.identifier == key; });
    const std::string here = path + "." + excerpt(key);
    if (field == fields.end())
      return fail(ErrorCode::InvalidFormattedParameter, here + ": is not in the thing model");
    if (!first) out += ',';
    first = false;
    append_json_string(out, key);
    out += ':';
    ROLLCALL_TRY_STATUS(append_value(field->type, value, here, out));
  }
  out += '}';
  return {};
}

}  // namespace rollcall
