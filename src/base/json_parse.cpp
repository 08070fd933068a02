// Is a text JSON? With a tree of it or without.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"

namespace rollcall {
namespace {

// Boost.JSON keeps the last of equal keys; here they are refused, at any depth.
Status refuse_duplicate_keys(std::string_view text) {
  std::vector<std::string_view> open = {text};
  while (!open.empty()) {
    const std::string_view value = open.back();
    open.pop_back();
    if (value.empty()) continue;
    if (value.front() == '{') {
      std::vector<std::string> keys;
      for (auto& [key, raw] : json_members(value)) {
        keys.push_back(key);
        if (!raw.empty() && (raw.front() == '{' || raw.front() == '[')) open.push_back(raw);
      }
      std::sort(keys.begin(), keys.end());
      const auto twice = std::adjacent_find(keys.begin(), keys.end());
      if (twice != keys.end())
        return fail(ErrorCode::InvalidFormattedParameter,
                    "not valid JSON: the key \"" + excerpt(*twice) + "\" is given twice");
    } else if (value.front() == '[') {
      for (std::string_view raw : json_elements(value))
        if (!raw.empty() && (raw.front() == '{' || raw.front() == '[')) open.push_back(raw);
    }
  }
  return {};
}

// Takes a document in without making a tree of it; keeps the keys of the objects that are open, so that most
// documents show in one pass that no key comes twice.
class KeyWatch {
 public:
  static constexpr size_t max_object_size = boost::json::object::max_size();
  static constexpr size_t max_array_size = boost::json::array::max_size();
  static constexpr size_t max_key_size = boost::json::string::max_size();
  static constexpr size_t max_string_size = boost::json::string::max_size();
  using Code = boost::json::error_code;
  using Text = boost::json::string_view;

  bool twice() const { return twice_; }

  bool on_object_begin(Code&) { return open_.push_back(keys_.size()), true; }
  bool on_object_end(size_t, Code&) {
    const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(open_.back());
    const auto text = [this](const Key& key) {
      return std::string_view(text_).substr(key.first, key.second);
    };
    std::sort(begin, keys_.end(), [&](const Key& a, const Key& b) { return text(a) < text(b); });
    twice_ = twice_ || std::adjacent_find(begin, keys_.end(), [&](const Key& a, const Key& b) {
                         return text(a) == text(b);
                       }) != keys_.end();
    if (begin != keys_.end()) text_.resize(text_.size() - open_bytes(begin));
    keys_.erase(begin, keys_.end());
    open_.pop_back();
    return true;
  }
  bool on_key_part(Text part, size_t, Code&) { return text_.append(part.data(), part.size()), true; }
  bool on_key(Text part, size_t bytes, Code&) {
    text_.append(part.data(), part.size());
    keys_.emplace_back(text_.size() - bytes, bytes);
    return true;
  }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(size_t, Code&) { return true; }
  bool on_string_part(Text, size_t, Code&) { return true; }
  bool on_string(Text, size_t, Code&) { return true; }
  bool on_number_part(Text, Code&) { return true; }
  bool on_int64(int64_t, Text, Code&) { return true; }
  bool on_uint64(uint64_t, Text, Code&) { return true; }
  bool on_double(double, Text, Code&) { return true; }
  bool on_bool(bool, Code&) { return true; }
  bool on_null(Code&) { return true; }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }

 private:
  using Key = std::pair<size_t, size_t>;  // where in text_, how long
  size_t open_bytes(std::vector<Key>::iterator key) const {
    size_t bytes = 0;
    for (; key != keys_.end(); ++key) bytes += key->second;
    return bytes;
  }

  std::string text_;
  std::vector<Key> keys_;     // of all open objects
  std::vector<size_t> open_;  // where in keys_ each of them begins
  bool twice_ = false;
};

// What is wrong with a text of which the parser took `used` bytes.
Status judge(std::string_view text, size_t used, const boost::json::error_code& error) {
  if (!error && text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
    return fail(ErrorCode::InvalidFormattedParameter,
                "not valid JSON: text behind the value at byte " + std::to_string(used));
  if (error)
    return fail(ErrorCode::InvalidFormattedParameter,
                "not valid JSON: " + error.message() + " at byte " + std::to_string(used));
  return {};
}

// The parser's options for these limits.
boost::json::parse_options options_of(JsonLimits limits) {
  boost::json::parse_options options;
  options.max_depth = limits.depth_max;
  return options;
}

// Boost.JSON reads a zero with an exponent beyond a double's (0e400) as NaN, which passes every comparison of
// a range check; it is a zero. The depth is that of the parser.
void repair_zeros(boost::json::value& value) {
  if (double* number = value.if_double(); number != nullptr && std::isnan(*number)) {
    *number = 0;
  } else if (auto* array = value.if_array()) {
    for (boost::json::value& element : *array) repair_zeros(element);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) repair_zeros(member.value());
  }
}

}  // namespace

Result<boost::json::value> parse_json(std::string_view text, JsonLimits limits) {
  boost::json::parser parser({}, options_of(limits));
  boost::json::error_code error;
  const size_t used = parser.write_some(text.data(), text.size(), error);
  ROLLCALL_TRY_STATUS(judge(text, used, error));
  ROLLCALL_TRY_STATUS(refuse_duplicate_keys(trim(text)));
  boost::json::value value = parser.release();
  repair_zeros(value);
  return value;
}

Status check_json(std::string_view text, JsonLimits limits) {
  boost::json::basic_parser<KeyWatch> parser(options_of(limits));
  boost::json::error_code error;
  const size_t used = parser.write_some(false, text.data(), text.size(), error);
  ROLLCALL_TRY_STATUS(judge(text, used, error));
  return parser.handler().twice() ? refuse_duplicate_keys(trim(text)) : Status();
}

}  // namespace rollcall
