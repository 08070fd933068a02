// A data type of a thing model: read from TSL, then asked whether a value is legal (cloud-api C.5). Used by
// thing_model.cpp only. Thread: values, immutable after reading.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rollcall {

struct Field;

struct DataType {
  enum class Kind : uint8_t { Int, Float, Double, Text, Date, Bool, Enum, Struct, Array };
  Kind kind = Kind::Int;
  double min = 0;  // Int, Float, Double; always set, to the type's own range if nothing narrower is given
  double max = 0;
  size_t length_max = 0;          // Text: code points; Array: elements
  std::vector<int32_t> items;     // Enum, sorted
  std::vector<Field> fields;      // Struct
  std::vector<DataType> element;  // Array: exactly one
};

// A struct member or a parameter of a service or event.
struct Field {
  std::string identifier;
  DataType type;
};

// Reads a dataType object. `path` is its place for errors (InvalidThingModel); `depth` counts the arrays and
// structs around it.
Result<DataType> read_data_type(const boost::json::value& json, const std::string& path, int depth = 0);
// Reads a list of {identifier, dataType}: identifiers are well formed and differ; at most `fields_max`.
Result<std::vector<Field>> read_fields(const boost::json::value& json, const std::string& path,
                                       size_t fields_max, int depth = 0);
// A well-formed identifier of a feature, parameter or member: 1 to 50 letters, digits and '_'.
Result<std::string> read_identifier(const boost::json::value& json, const std::string& path);

// Checks one value (raw text of a valid JSON document) and appends what is to be sent: compact, numbers as
// the caller wrote them, a string that holds a number as that number where a number is due (DESIGN 5.4).
// `path` is its place for errors (InvalidFormattedParameter).
Status append_value(const DataType& type, std::string_view raw, const std::string& path, std::string& out);
// The same for an object whose members are `fields`: missing ones are accepted, unknown ones refused.
Status append_fields(const std::vector<Field>& fields, std::string_view raw, const std::string& path,
                     std::string& out);

}  // namespace rollcall
