// A JSON object that is the value of a parameter (TargetConfig, RolloutConfig ...), or an element of a list
// in one. Its keys are read without regard to case; two that differ only in case are refused (DESIGN 5.1).
// Used by job_parameters and task_query. Thread: value; holds its own copy of the tree.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/warnings.hpp"
#include "base/result.hpp"

namespace rollcall::api {

// The error InvalidFormattedParameter: "<path> must be <rule>, but is <value>."
tl::unexpected<Error> refuse(std::string_view path, std::string_view rule, std::string_view value);
tl::unexpected<Error> refuse(std::string_view path, std::string_view rule, const boost::json::value& value);

// Puts the place in front of the message of a failed rule: "JobName: ...".
Status named(std::string_view path, Status status);

// null, "", [] and {} say nothing (DESIGN 5.2).
bool is_blank(const boost::json::value& value) noexcept;

class ConfigObject {
 public:
  // Parses `text`, which must be a JSON object, or null: an empty object. Errors: InvalidFormattedParameter.
  static Result<ConfigObject> parse(std::string path, std::string_view text);
  // The same for a part of a tree.
  static Result<ConfigObject> from(std::string path, const boost::json::value& value);

  const std::string& path() const noexcept { return path_; }
  std::string path_of(std::string_view key) const { return path_ + "." + std::string(key); }

  // The value behind `key` in any case; nullptr when absent.
  const boost::json::value* find(std::string_view key) const noexcept;
  // True when every value is blank.
  bool all_blank() const noexcept;
  // A text; absent, null and "" are nullopt. Error InvalidFormattedParameter for any other type.
  Result<std::optional<std::string>> text(std::string_view key) const;
  // Reports each key that is none of `known`.
  void report_unknown(std::span<const std::string_view> known, Warnings& warnings) const;

 private:
  ConfigObject(std::string path, boost::json::object object)
      : path_(std::move(path)), object_(std::move(object)) {}
  Status check_keys() const;

  std::string path_;
  boost::json::object object_;
};

}  // namespace rollcall::api
