#include "api/reading.hpp"

#include <fmt/format.h>

#include <utility>

#include "api/config_object.hpp"
#include "api/fleet_entries.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall::api {

std::string_view text_of(const Parameters& parameters, std::string_view name) {
  return parameters.get(name).value_or(std::string_view());
}

std::optional<int64_t> integer_of(const Parameters& parameters, std::string_view name) {
  return parse_int(text_of(parameters, name));
}

bool boolean_of(const Parameters& parameters, std::string_view name, bool fallback) {
  const std::string_view text = text_of(parameters, name);
  return text.empty() ? fallback : ascii_iequal(text, "true");
}

Result<PageRequest> read_page(const Parameters& parameters, int64_t page_size_max) {
  PageRequest request;
  request.page = integer_of(parameters, "CurrentPage").value_or(request.page);
  request.page_size = integer_of(parameters, "PageSize").value_or(request.page_size);
  if (request.page < 1) {
    return fail(ErrorCode::InvalidPageParams,
                fmt::format("CurrentPage must be at least 1, but is {}.", request.page));
  }
  if (request.page_size < 1 || request.page_size > page_size_max) {
    return fail(ErrorCode::InvalidPageParams,
                fmt::format("PageSize must be from 1 to {}, but is {}.", page_size_max, request.page_size));
  }
  return request;
}

Result<std::string> read_module_id(const Parameters& parameters) {
  const std::string_view id = text_of(parameters, "FunctionBlockId");
  if (id.size() > limits::kModuleIdCharactersMax || !is_letters_digits(id, "_"))
    return refuse("FunctionBlockId", "at most 30 letters, digits and _", id);
  return std::string(id == "default" ? std::string_view() : id);
}

Result<engine::DeviceRef> read_device_ref(const Parameters& parameters) {
  engine::DeviceRef device;
  device.iot_id = std::string(text_of(parameters, "IotId"));
  device.product_key = std::string(text_of(parameters, "ProductKey"));
  device.device_name = std::string(text_of(parameters, "DeviceName"));
  if (!device.iot_id.empty()) {
    ROLLCALL_TRY_STATUS(check_iot_id(device.iot_id));
    return device;
  }
  if (device.product_key.empty())
    return fail(ErrorCode::IllegalRequest, "IotId, or ProductKey and DeviceName together, must be given.");
  if (device.device_name.empty()) return fail(ErrorCode::NullDeviceName);
  ROLLCALL_TRY_STATUS(check_product_key(device.product_key));
  return device;
}

Result<JobId> read_job_id(const Parameters& parameters, const IdCodec& codec) {
  const std::string_view code = text_of(parameters, "JobId");
  if (const auto id = codec.job_id(code)) return *id;
  return fail(ErrorCode::NotExistedJob, fmt::format("The job {} does not exist.", excerpt(code)));
}

Result<TaskKey> read_task_key(const Parameters& parameters, const IdCodec& codec) {
  const std::string_view code = text_of(parameters, "TaskId");
  if (const auto key = codec.task_key(code)) return *key;
  return fail(ErrorCode::NotExistedTask, fmt::format("The task {} does not exist.", excerpt(code)));
}

}  // namespace rollcall::api
