#include "client/fleet_setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "net/core_loop.hpp"

namespace rollcall::client {
namespace {

constexpr size_t kExportLimit = 1'000;
constexpr size_t kProductNameMin = 4;  // cloud-api C.1
constexpr int kRegisterRounds = 60;    // looks for registered devices at most so often
constexpr int64_t kRegisterWaitMs = 500;

using Say = std::function<void(const std::string&)>;
using Secrets = std::vector<std::optional<Secret>>;

// The product of that name, or nothing.
Result<std::optional<std::string>> find_product(ApiClient& api, const std::string& name) {
  for (int page = 1;; ++page) {
    ROLLCALL_TRY(
        const ApiAnswer answer,
        api.require("QueryProductList", {{"PageSize", "200"}, {"CurrentPage", std::to_string(page)}}));
    for (std::string_view product : json_elements(answer.raw("Data.List.ProductInfo"))) {
      const auto found = json_member(product, "ProductName");
      if (found && json_text(*found) == name)
        return std::optional(json_text(json_member(product, "ProductKey").value_or("")));
    }
    if (page >= answer.number("Data.PageCount")) return std::optional<std::string>();
  }
}

Result<std::string> make_product(ApiClient& api, const std::string& name) {
  ROLLCALL_TRY(const ApiAnswer made, api.require("CreateProduct", {{"ProductName", name},
                                                                   {"NodeType", "0"},
                                                                   {"DataFormat", "1"},
                                                                   {"AliyunCommodityCode", "iothub_senior"},
                                                                   {"Description", "Simulated devices"}}));
  return made.text("Data.ProductKey");
}

// CreateProduct wants names of 4 characters, an import takes them as they are (DESIGN 5.22).
Result<std::string> import_product(ApiClient& api, Random& random, const std::string& name) {
  const std::string product_key = "a1" + random.alphanumeric(9);
  std::string entries = R"({"products":[{"ProductKey":")" + product_key + R"(","ProductName":)";
  append_json_string(entries, name);
  entries += R"(,"AliyunCommodityCode":"iothub_senior","Description":"Simulated devices","Tsl":)";
  append_json_string(entries, simulated_thing_model());
  entries += "}]}";
  ROLLCALL_TRY(const ApiAnswer answer, api.require("ImportFleet", {{"Entries", entries}}));
  return product_key;
}

Status publish_model(ApiClient& api, const std::string& product_key) {
  ROLLCALL_TRY(const ApiAnswer imported,
               api.require("ImportThingModelTsl",
                           {{"ProductKey", product_key}, {"TslStr", std::string(simulated_thing_model())}}));
  ROLLCALL_TRY(const ApiAnswer published, api.require("PublishThingModel", {{"ProductKey", product_key}}));
  return {};
}

// Puts the secrets of all devices with the wanted names into `out`, by the extension ExportDevices; false
// when the server does not have it.
Result<bool> export_secrets(ApiClient& api, const std::string& product_key, const FleetPlan& plan,
                            Secrets& out) {
  std::string after = device_name(plan.prefix, 0);
  const std::string last = device_name(plan.prefix, plan.devices);
  size_t number = 1;
  for (;;) {
    ROLLCALL_TRY(const ApiAnswer answer,
                 api.call("ExportDevices", {{"ProductKey", product_key},
                                            {"AfterDeviceName", after},
                                            {"Limit", std::to_string(kExportLimit)}}));
    if (answer.code == "InvalidAction.NotFound") return false;
    if (!answer.success) return fail(ErrorCode::IllegalRequest, "ExportDevices failed: " + answer.reason());
    const auto devices = json_elements(answer.raw("Data.DeviceInfo"));
    for (std::string_view device : devices) {
      std::string name = json_text(json_member(device, "DeviceName").value_or(""));
      while (number <= plan.devices && device_name(plan.prefix, number) < name) ++number;
      if (number <= plan.devices && device_name(plan.prefix, number) == name)
        out[number - 1] = Secret(json_text(json_member(device, "DeviceSecret").value_or("")));
      after = std::move(name);
    }
    if (devices.size() < kExportLimit || after >= last) return true;
  }
}

// One call a device: slow, but every server has it.
Status query_secrets(ApiClient& api, const std::string& product_key, const FleetPlan& plan, Secrets& out) {
  for (size_t i = 0; i < plan.devices; ++i) {
    if (out[i]) continue;
    const NameValues which = {{"ProductKey", product_key}, {"DeviceName", device_name(plan.prefix, i + 1)}};
    ROLLCALL_TRY(ApiAnswer answer, api.call("QueryDeviceDetail", which));
    if (answer.code == "Throttling.User") {
      ROLLCALL_TRY(answer, api.require("QueryDeviceDetail", which));
    }
    if (answer.success)
      out[i] = Secret(answer.text("Data.DeviceSecret"));
    else if (answer.code != "iot.device.NotExistedDevice")
      return fail(ErrorCode::IllegalRequest, "QueryDeviceDetail failed: " + answer.reason());
  }
  return {};
}

Status find_secrets(ApiClient& api, const std::string& product_key, const FleetPlan& plan, Secrets& out) {
  ROLLCALL_TRY(const bool exported, export_secrets(api, product_key, plan, out));
  return exported ? Status() : query_secrets(api, product_key, plan, out);
}

// Asks for one chunk of new devices; they exist some time later (cloud-api C.2).
Status apply_for(ApiClient& api, const std::string& product_key, const std::vector<std::string>& names) {
  NameValues parameters = {{"ProductKey", product_key}};
  for (size_t i = 0; i < names.size(); ++i)
    parameters.emplace_back("DeviceName." + std::to_string(i + 1), names[i]);
  ROLLCALL_TRY(const ApiAnswer checked, api.require("BatchCheckDeviceNames", parameters));
  ROLLCALL_TRY(const ApiAnswer registered,
               api.require("BatchRegisterDeviceWithApplyId",
                           {{"ProductKey", product_key}, {"ApplyId", checked.text("Data.ApplyId")}}));
  return {};
}

std::vector<std::string> missing_names(const FleetPlan& plan, const Secrets& secrets) {
  std::vector<std::string> missing;
  for (size_t i = 0; i < plan.devices; ++i)
    if (!secrets[i]) missing.push_back(device_name(plan.prefix, i + 1));
  return missing;
}

// Registers what is missing and waits until all of it is there.
Status register_missing(ApiClient& api, const std::string& product_key, const FleetPlan& plan,
                        Secrets& secrets) {
  const std::vector<std::string> missing = missing_names(plan, secrets);
  for (size_t begin = 0; begin < missing.size(); begin += limits::kDeviceNamesPerCheckMax) {
    const size_t end = std::min(missing.size(), begin + limits::kDeviceNamesPerCheckMax);
    ROLLCALL_TRY_STATUS(apply_for(
        api, product_key,
        {missing.begin() + static_cast<ptrdiff_t>(begin), missing.begin() + static_cast<ptrdiff_t>(end)}));
  }
  for (int round = 0; round < kRegisterRounds; ++round) {
    ROLLCALL_TRY_STATUS(find_secrets(api, product_key, plan, secrets));
    if (missing_names(plan, secrets).empty()) return {};
    net::CoreLoop pause;
    pause.run_until([] { return false; }, kRegisterWaitMs);
  }
  return fail(ErrorCode::ServiceUnavailable,
              fmt::format("{} devices were registered but did not appear", missing.size()));
}

}  // namespace

std::string device_name(std::string_view prefix, size_t number) {
  return fmt::format("{}{:06}", prefix, number);
}

std::string_view simulated_thing_model() {
  return R"({
"profile":{"productKey":""},
"properties":[
{"identifier":"LightSwitch","name":"Light switch","accessMode":"rw","required":false,
"dataType":{"type":"bool","specs":{"0":"off","1":"on"}}},
{"identifier":"Brightness","name":"Brightness","accessMode":"rw","required":false,
"dataType":{"type":"int","specs":{"min":"0","max":"100","step":"1"}}},
{"identifier":"TargetTemperature","name":"Target temperature","accessMode":"rw","required":false,
"dataType":{"type":"double","specs":{"min":"-50","max":"150","step":"0.1"}}},
{"identifier":"Label","name":"Label","accessMode":"rw","required":false,
"dataType":{"type":"text","specs":{"length":"128"}}},
{"identifier":"Temperature","name":"Temperature","accessMode":"r","required":false,
"dataType":{"type":"double","specs":{"min":"-50","max":"150","step":"0.1"}}}],
"events":[],
"services":[
{"identifier":"Restart","name":"Restart","callType":"async","required":false,"method":"thing.service.Restart",
"inputData":[{"identifier":"DelaySeconds","name":"Delay",
"dataType":{"type":"int","specs":{"min":"0","max":"3600","step":"1"}}}],"outputData":[]},
{"identifier":"SelfTest","name":"Self test","callType":"sync","required":false,
"method":"thing.service.SelfTest",
"inputData":[{"identifier":"Level","name":"Level",
"dataType":{"type":"int","specs":{"min":"0","max":"10","step":"1"}}}],"outputData":[]}]})";
}

Result<PreparedFleet> prepare_fleet(ApiClient& api, Random& random, const FleetPlan& plan, const Say& say) {
  PreparedFleet fleet;
  ROLLCALL_TRY(auto found, find_product(api, plan.product_name));
  if (found) {
    fleet.product_key = std::move(*found);
  } else {
    if (plan.product_name.size() < kProductNameMin) {
      ROLLCALL_TRY(fleet.product_key, import_product(api, random, plan.product_name));
    } else {
      ROLLCALL_TRY(fleet.product_key, make_product(api, plan.product_name));
      ROLLCALL_TRY_STATUS(publish_model(api, fleet.product_key));
    }
    say(fmt::format("made product {} ({})", plan.product_name, fleet.product_key));
  }
  Secrets secrets(plan.devices);
  ROLLCALL_TRY_STATUS(find_secrets(api, fleet.product_key, plan, secrets));
  fleet.registered = missing_names(plan, secrets).size();
  if (fleet.registered > 0) {
    say(fmt::format("registering {} devices", fleet.registered));
    ROLLCALL_TRY_STATUS(register_missing(api, fleet.product_key, plan, secrets));
  }
  fleet.devices.reserve(plan.devices);
  for (size_t i = 0; i < plan.devices; ++i)
    fleet.devices.emplace_back(device_name(plan.prefix, i + 1), std::move(*secrets[i]));
  return fleet;
}

}  // namespace rollcall::client
