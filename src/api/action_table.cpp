#include "api/action_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "api/actions/rows.hpp"
#include "base/text.hpp"

namespace rollcall::api {
namespace {

using enum ParameterKind;

// Every group's rows, in the order of their names.
std::vector<ActionRow> all_rows() {
  std::vector<ActionRow> rows;
  for (auto group : {product_actions, device_actions, batch_registration_actions, group_actions,
                     thing_model_actions, job_actions, job_query_actions, task_query_actions, fleet_actions,
                     device_list_actions, device_bulk_actions, group_list_actions, tag_actions, topic_actions,
                     access_actions, direct_actions, property_actions, device_log_actions}) {
    const std::span<const ActionRow> some = group();
    rows.insert(rows.end(), some.begin(), some.end());
  }
  std::sort(rows.begin(), rows.end(), [](const ActionRow& a, const ActionRow& b) { return a.name < b.name; });
  return rows;
}

// What every request may hold (wire-protocol 1.1); some clients send them without a need.
constexpr std::string_view kCommonParameters[] = {
    "AccessKeyId",
    "Action",
    "ApiProduct",
    "ApiRevision",
    "BearerToken",
    "Format",
    "IotInstanceId",
    "OwnerAccount",
    "OwnerId",
    "RealTenantId",
    "RealTripartiteKey",
    "RegionId",
    "ResourceOwnerAccount",
    "ResourceOwnerId",
    "SecureTransport",
    "SecurityToken",
    "ServiceCode",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "SourceIp",
    "Timestamp",
    "Version",
};

const ParameterSpec* find_spec(const ActionRow& row, std::string_view name) noexcept {
  for (const ParameterSpec& spec : row.parameters)
    if (spec.name == name) return &spec;
  return nullptr;
}

// The number of an element as Parameters reads it: from 1, without zeros in front, of 32 bits.
bool is_number(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 9 && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "Name", "Name.1" for a list, "Name.1.Field" for objects.
bool is_known(const ActionRow& row, std::string_view name) noexcept {
  if (std::find(std::begin(kCommonParameters), std::end(kCommonParameters), name) !=
      std::end(kCommonParameters))
    return true;
  const size_t dot = name.find('.');
  const ParameterSpec* spec = find_spec(row, name.substr(0, dot));
  if (spec == nullptr) return false;
  const bool repeated = spec->kind == List || spec->kind == Objects;
  if (dot == std::string_view::npos) return !repeated;
  std::string_view rest = name.substr(dot + 1);
  const size_t second = rest.find('.');
  if (spec->kind == List) return second == std::string_view::npos && is_number(rest);
  return spec->kind == Objects && second != std::string_view::npos && is_number(rest.substr(0, second));
}

Status check_form(const ParameterSpec& spec, std::string_view text) {
  switch (spec.kind) {
    case Integer:
      if (parse_int(text)) return {};
      return fail(spec.ill_formed,
                  fmt::format("{} must be a whole number, but is {}.", spec.name, excerpt(text)));
    case Boolean:
      if (ascii_iequal(text, "true") || ascii_iequal(text, "false")) return {};
      return fail(spec.ill_formed,
                  fmt::format("{} must be true or false, but is {}.", spec.name, excerpt(text)));
    case Text:
    case Json:
    case List:
    case Objects:
      return {};
  }
  return {};
}

}  // namespace

std::span<const ActionRow> action_table() {
  static const std::vector<ActionRow> kTable = all_rows();
  return kTable;
}

const ActionRow* find_action(std::string_view name) {
  const std::span<const ActionRow> table = action_table();
  const auto row = std::lower_bound(table.begin(), table.end(), name,
                                    [](const ActionRow& a, std::string_view b) { return a.name < b; });
  return row != table.end() && row->name == name ? &*row : nullptr;
}

Status check_parameters(const ActionRow& row, Call& call) {
  for (const ParameterSpec& spec : row.parameters) {
    if (!spec.required || !call.parameters.get(spec.name).value_or(std::string_view()).empty()) continue;
    Error error(ErrorCode::Missing);
    error.parameter = std::string(spec.name);
    return fail(std::move(error));
  }
  for (const ParameterSpec& spec : row.parameters) {
    const std::string_view text = call.parameters.get(spec.name).value_or(std::string_view());
    if (!text.empty()) ROLLCALL_TRY_STATUS(check_form(spec, text));
  }
  for (const auto& [name, value] : call.parameters.all()) {
    if (!is_known(row, name)) call.warnings.unknown(name);
    if (!utf8_length(value))
      return fail(ErrorCode::InvalidFormattedParameter,
                  percent_encode(excerpt(name)) + " is not valid UTF-8.");
    if (holds_control_characters(value))
      return fail(ErrorCode::InvalidFormattedParameter,
                  percent_encode(excerpt(name)) + " holds a control character.");
  }
  return {};
}

}  // namespace rollcall::api
