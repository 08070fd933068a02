#include "client/fleet_export.hpp"

#include <utility>

#include "base/json.hpp"

namespace rollcall::client {
namespace {

Status write_line(std::ostream& out, std::string_view line) {
  if (out << line << '\n') return {};
  return fail(ErrorCode::ServiceUnavailable, "the file cannot be written");
}

Result<int64_t> export_kind(ApiClient& api, const ExportOptions& options, const char* kind,
                            std::ostream& out) {
  int64_t count = 0;
  std::string after;
  do {
    NameValues parameters{{"Kind", kind}};
    if (!after.empty()) parameters.emplace_back("After", after);
    if (!options.instance.empty()) parameters.emplace_back("IotInstanceId", options.instance);
    ROLLCALL_TRY(const ApiAnswer answer, api.require("ExportFleet", parameters));
    for (const std::string_view line : json_elements(answer.raw("Data.Lines.Line"))) {
      ROLLCALL_TRY_STATUS(write_line(out, json_text(line)));
      ++count;
    }
    std::string next = answer.text("Data.Next");
    if (!next.empty() && next == after) return fail(ErrorCode::SystemException, "the export does not end");
    after = std::move(next);
  } while (!after.empty());
  return count;
}

// ListAccess shows what ImportAccess takes, but for the time of a key; the first instance has no code and is
// there everywhere.
Result<int64_t> export_access(ApiClient& api, std::ostream& out) {
  ROLLCALL_TRY(const ApiAnswer answer, api.require("ListAccess", {{"Secrets", "true"}}));
  constexpr std::pair<const char*, const char*> kLists[] = {{"account", "Data.Accounts.Account"},
                                                            {"instance", "Data.Instances.Instance"},
                                                            {"alias", "Data.Aliases.Alias"},
                                                            {"user", "Data.Users.User"},
                                                            {"key", "Data.Keys.Key"}};
  int64_t count = 0;
  for (const auto& [kind, path] : kLists) {
    for (const std::string_view row : json_elements(answer.raw(path))) {
      if (std::string_view(kind) == "instance" && json_member(row, "Code") == R"("")") continue;
      std::string line = std::string("{\"") + kind + "\":{";
      for (const auto& [name, value] : json_members(row)) {
        if (name == "UtcCreate" || value == R"("")") continue;
        if (line.back() != '{') line += ',';
        append_json_string(line, name);
        line.append(":").append(value);
      }
      ROLLCALL_TRY_STATUS(write_line(out, line + "}}"));
      ++count;
    }
  }
  return count;
}

}  // namespace

Result<ExportCounts> export_fleet(ApiClient& api, const ExportOptions& options, std::ostream& out) {
  ExportCounts counts;
  if (options.access) {
    ROLLCALL_TRY(counts.access, export_access(api, out));
  }
  ROLLCALL_TRY(counts.products, export_kind(api, options, "product", out));
  ROLLCALL_TRY(counts.groups, export_kind(api, options, "group", out));
  ROLLCALL_TRY(counts.devices, export_kind(api, options, "device", out));
  if (!out.flush()) return fail(ErrorCode::ServiceUnavailable, "the file cannot be written");
  return counts;
}

}  // namespace rollcall::client
