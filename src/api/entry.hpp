// One object of a list in a JSON parameter of ImportFleet or ImportAccess: its members are read by their
// exact names. Errors: InvalidFormattedParameter with the place ("devices[3].Nickname"). Thread: any; views
// the tree, which outlives it.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "base/result.hpp"

namespace rollcall::api {

class Entry {
 public:
  static constexpr size_t kTextBytesMax = 1024;

  // An unknown member is refused: a misspelt one would lose a secret.
  static Result<Entry> read(std::string path, const boost::json::value& given,
                            std::initializer_list<std::string_view> known);

  std::string path_of(std::string_view name) const { return path_ + "." + std::string(name); }
  // nullptr when absent or null.
  const boost::json::value* find(std::string_view name) const;
  // A text, empty when absent.
  Result<std::string> text(std::string_view name, size_t bytes_max = kTextBytesMax) const;
  Result<std::string> required_text(std::string_view name) const;
  // nullopt when absent.
  Result<std::optional<std::string>> optional_text(std::string_view name) const;
  Result<std::optional<int32_t>> integer(std::string_view name, int32_t first, int32_t last) const;
  Result<std::optional<bool>> boolean(std::string_view name) const;
  // Puts the place in front of a rule's message.
  Status check(std::string_view name, Status status) const;

 private:
  Entry(std::string path, const boost::json::object& object) : path_(std::move(path)), object_(object) {}
  std::string path_;
  const boost::json::object& object_;
};

// A list; absent and null are an empty one. More entries than may be: DeviceCountExceeded.
Result<const boost::json::array*> read_list(const std::string& path, const boost::json::value* given,
                                            size_t entries_max = limits::kSweepRows);

}  // namespace rollcall::api
