// The data types of a thing model and the check of one value against one type (cloud-api C.5). Internal to
// model/: used by thing_model.cpp. `step` is read but not enforced: the vendor does not say what it does.
// Thread: values, immutable once read.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rollcall::tsl {

enum class Kind : uint8_t { Int, Float, Double, Text, Date, Bool, Enum, Struct, Array };

struct Type;
struct Member {
  std::string identifier;
  std::shared_ptr<const Type> type;
};

struct Type {
  Kind kind = Kind::Int;
  std::optional<double> min;  // int, float, double
  std::optional<double> max;
  size_t length_max = 10'240;        // text, in code points
  std::vector<int64_t> values;       // enum
  size_t size_max = 512;             // array
  std::shared_ptr<const Type> item;  // array
  std::vector<Member> members;       // struct
};

// Reads {"type":..,"specs":..}. `path` names it in errors; `depth` counts nested array and struct levels (at
// most two).
Result<std::shared_ptr<const Type>> read_type(const boost::json::value& json, const std::string& path,
                                              int depth);
// Letters, digits and '_', at most 50 characters, not starting with a digit's meaning of its own.
Status check_identifier(std::string_view identifier, const std::string& path);

// Checks the raw JSON text of a value and appends what is to be sent: compact, numbers as the caller wrote
// them, a string that holds a number rewritten as that number where the type is numeric, bool or enum
// (DESIGN 5.4).
Status check_value(const Type& type, std::string_view raw, const std::string& path, std::string& out);

Error bad_model(const std::string& path, std::string_view rule);
Error bad_value(const std::string& path, std::string_view rule, std::string_view raw);

}  // namespace rollcall::tsl
