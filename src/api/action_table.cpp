#include "api/action_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "api/actions/handlers.hpp"
#include "base/text.hpp"

namespace rollcall::api {
namespace {

using enum ParameterKind;

constexpr bool kRequired = true;
constexpr bool kOptional = false;
constexpr ErrorCode kPageError = ErrorCode::InvalidPageParams;

// --- parameters by action (cloud-api A and C); IotInstanceId and the common ones belong to every action

constexpr ParameterSpec kCreateProduct[] = {
    {"ProductName", kRequired},
    {"NodeType", kRequired, Integer, ErrorCode::InvalidNodeType},
    {"DataFormat", kOptional, Integer},
    {"AliyunCommodityCode"},
    {"Description"},
    {"ProtocolType"},
    {"NetType"},
    {"AuthType"},
    {"Id2", kOptional, Boolean},
    {"CategoryKey"},
    {"PublishAuto", kOptional, Boolean},
    {"ValidateType", kOptional, Integer},
    {"JoinPermissionId"},
    {"ResourceGroupId"},
};
constexpr ParameterSpec kProductKeyOnly[] = {{"ProductKey", kRequired}};
constexpr ParameterSpec kQueryProductList[] = {
    {"PageSize", kRequired, Integer, kPageError},
    {"CurrentPage", kRequired, Integer, kPageError},
    {"AliyunCommodityCode"},
};
constexpr ParameterSpec kRegisterDevice[] = {{"ProductKey", kRequired}, {"DeviceName"}, {"Nickname"}};
constexpr ParameterSpec kOneDevice[] = {{"IotId"}, {"ProductKey"}, {"DeviceName"}};
constexpr ParameterSpec kManyDevices[] = {
    {"IotId", kOptional, List}, {"ProductKey"}, {"DeviceName", kOptional, List}};
constexpr ParameterSpec kBatchCheckDeviceNames[] = {
    {"ProductKey", kRequired}, {"DeviceName", kOptional, List}, {"DeviceNameList", kOptional, Objects}};
constexpr ParameterSpec kBatchRegister[] = {{"ProductKey", kRequired}, {"ApplyId", kRequired, Integer}};
constexpr ParameterSpec kQueryPageByApplyId[] = {
    {"ApplyId", kRequired, Integer},
    {"PageSize", kOptional, Integer, kPageError},
    {"CurrentPage", kOptional, Integer, kPageError},
};
constexpr ParameterSpec kCreateDeviceGroup[] = {{"GroupName", kRequired}, {"GroupDesc"}, {"SuperGroupId"}};
constexpr ParameterSpec kGroupRelations[] = {{"GroupId", kRequired}, {"Device", kOptional, Objects}};
constexpr ParameterSpec kImportThingModelTsl[] = {
    {"ProductKey", kRequired}, {"TslStr", kRequired}, {"TslUrl"}, {"FunctionBlockId"}, {"FunctionBlockName"}};
constexpr ParameterSpec kPublishThingModel[] = {
    {"ProductKey", kRequired}, {"ModelVersion"}, {"Description"}, {"ResourceGroupId"}};
constexpr ParameterSpec kGetThingModelTsl[] = {
    {"ProductKey", kRequired}, {"ModelVersion"}, {"Simple", kOptional, Boolean}, {"FunctionBlockId"}};
// What the values must be is in job_parameters.cpp.
constexpr ParameterSpec kCreateJob[] = {
    {"JobName", kRequired},
    {"Type", kRequired},
    {"JobDocument", kRequired},
    {"TargetConfig", kRequired, Json},
    {"Description"},
    {"JobFile", kOptional, Json},
    {"TimeoutConfig", kOptional, Json},
    {"RolloutConfig", kOptional, Json},
    {"ScheduledTime", kOptional, Integer},
    {"OfflinePolicy"},                        // extension (DESIGN 5.9)
    {"LifetimeInHours", kOptional, Integer},  // extension (DESIGN 5.15)
};
constexpr ParameterSpec kJobIdOnly[] = {{"JobId", kRequired}};
// The lists are an extension (DESIGN 5.14).
constexpr ParameterSpec kRerunJob[] = {
    {"JobId", kRequired}, {"Status", kOptional, List}, {"TaskId", kOptional, List}};
constexpr ParameterSpec kUpdateJob[] = {{"JobId", kRequired},
                                        {"Description"},
                                        {"TimeoutConfig", kOptional, Json},
                                        {"RolloutConfig", kOptional, Json}};
constexpr ParameterSpec kListJob[] = {
    {"PageSize", kRequired, Integer, kPageError},
    {"CurrentPage", kRequired, Integer, kPageError},
    {"Status"},
};
constexpr ParameterSpec kListTask[] = {
    {"Limit", kRequired, Integer, kPageError},
    {"JobId"},
    {"Device", kOptional, Json},
    {"NextToken"},
    {"Status"},
};
// One of TaskId, JobId and Device (task_listing.cpp).
constexpr ParameterSpec kListTaskEvents[] = {
    {"TaskId"},    {"JobId"}, {"Device", kOptional, Json}, {"Limit", kOptional, Integer, kPageError},
    {"NextToken"},
};
constexpr ParameterSpec kQueryTask[] = {{"TaskId", kRequired}};
constexpr ParameterSpec kExportDevices[] = {
    {"ProductKey", kRequired}, {"AfterDeviceName"}, {"Limit", kOptional, Integer, kPageError}};
constexpr ParameterSpec kImportFleet[] = {{"Entries", kRequired, Json}, {"DryRun", kOptional, Boolean}};

constexpr bool kVendor = false;
constexpr bool kExtension = true;

// --- the actions, in the order of their names
constexpr ActionRow kActions[] = {
    {"BatchAddDeviceGroupRelations", 500, kVendor, batch_add_device_group_relations, kGroupRelations},
    {"BatchCheckDeviceNames", 10, kVendor, batch_check_device_names, kBatchCheckDeviceNames},
    {"BatchGetDeviceState", 50, kVendor, batch_get_device_state, kManyDevices},
    {"BatchRegisterDeviceWithApplyId", 500, kVendor, batch_register_device_with_apply_id, kBatchRegister},
    {"CancelJob", 5, kVendor, cancel_job, kJobIdOnly},
    {"CreateDeviceGroup", 500, kVendor, create_device_group, kCreateDeviceGroup},
    {"CreateJob", 5, kVendor, create_job, kCreateJob},
    {"CreateProduct", 50, kVendor, create_product, kCreateProduct},
    {"DeleteDevice", 50, kVendor, delete_device, kOneDevice},
    {"DeleteJob", 5, kVendor, delete_job, kJobIdOnly},
    {"DisableThing", 500, kVendor, disable_thing, kOneDevice},
    {"EnableThing", 500, kVendor, enable_thing, kOneDevice},
    {"ExplainTask", 50, kExtension, explain_task, kQueryTask},
    {"ExportDevices", 50, kExtension, export_devices, kExportDevices},
    {"GetDeviceStatus", 500, kVendor, get_device_status, kOneDevice},
    {"GetThingModelTsl", 20, kVendor, get_thing_model_tsl, kGetThingModelTsl},
    {"ImportFleet", 50, kExtension, import_fleet, kImportFleet},
    {"ImportThingModelTsl", 5, kVendor, import_thing_model_tsl, kImportThingModelTsl},
    {"ListJob", 5, kVendor, list_job, kListJob},
    {"ListTask", 5, kVendor, list_task, kListTask},
    {"ListTaskEvents", 50, kExtension, list_task_events, kListTaskEvents},
    {"PauseJob", 5, kExtension, pause_job, kJobIdOnly},
    {"PublishThingModel", 5, kVendor, publish_thing_model, kPublishThingModel},
    {"QueryDeviceDetail", 50, kVendor, query_device_detail, kOneDevice},
    {"QueryJob", 5, kVendor, query_job, kJobIdOnly},
    {"QueryJobStatistics", 5, kVendor, query_job_statistics, kJobIdOnly},
    {"QueryPageByApplyId", 50, kVendor, query_page_by_apply_id, kQueryPageByApplyId},
    {"QueryProduct", 50, kVendor, query_product, kProductKeyOnly},
    {"QueryProductList", 50, kVendor, query_product_list, kQueryProductList},
    {"QueryTask", 5, kVendor, query_task, kQueryTask},
    {"RegisterDevice", 30, kVendor, register_device, kRegisterDevice},
    {"RerunJob", 5, kVendor, rerun_job, kRerunJob},
    {"ResumeJob", 5, kExtension, resume_job, kJobIdOnly},
    {"UpdateJob", 5, kVendor, update_job, kUpdateJob},
};

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

bool is_number(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
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

std::span<const ActionRow> action_table() noexcept { return kActions; }

const ActionRow* find_action(std::string_view name) noexcept {
  const auto* row = std::lower_bound(std::begin(kActions), std::end(kActions), name,
                                     [](const ActionRow& a, std::string_view b) { return a.name < b; });
  return row != std::end(kActions) && row->name == name ? row : nullptr;
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
  }
  return {};
}

}  // namespace rollcall::api
