// The parameters of a request: query and form merged into one map, form wins (wire-protocol 0.5, 1.2), with
// the repeated lists of the SDKs (`Name.1`, `Name.1.Field`; wire-protocol 3.3). Thread: value, one per
// request.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/request_signing.hpp"

namespace rollcall::api {

class Parameters {
 public:
  // One element of a list of objects: field and value.
  using Object = std::vector<std::pair<std::string_view, std::string_view>>;

  Parameters() = default;
  // Later pairs replace earlier ones of the same name.
  explicit Parameters(NameValues pairs);

  std::optional<std::string_view> get(std::string_view name) const;
  // The values of Name.1, Name.2 ... in the order of their numbers; gaps are skipped, numbers that are none
  // ignored.
  std::vector<std::string_view> list(std::string_view name) const;
  // The objects of Name.1.Field ... in the order of their numbers.
  std::vector<Object> objects(std::string_view name) const;
  // Everything, by name.
  const std::map<std::string, std::string, std::less<>>& all() const noexcept { return values_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// The value of a field, or empty.
std::string_view field_of(const Parameters::Object& object, std::string_view name) noexcept;

}  // namespace rollcall::api
