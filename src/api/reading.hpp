// Values of parameters whose form check_parameters has verified, and the rules that several actions share.
// Used by actions/. Thread: any; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/parameters.hpp"
#include "base/result.hpp"
#include "engine/commands.hpp"
#include "model/id_codec.hpp"

namespace rollcall::api {

// "" when absent; valid as long as the parameters.
std::string_view text_of(const Parameters& parameters, std::string_view name);
// nullopt when absent or empty.
std::optional<int64_t> integer_of(const Parameters& parameters, std::string_view name);
bool boolean_of(const Parameters& parameters, std::string_view name, bool fallback);

struct PageRequest {
  int64_t page = 1;
  int64_t page_size = 10;
};
// CurrentPage from 1 and PageSize from 1 to `page_size_max`; 1 and 10 when absent. Error InvalidPageParams.
Result<PageRequest> read_page(const Parameters& parameters, int64_t page_size_max);

// FunctionBlockId, "" for the default module (cloud-api C.4). Error InvalidFormattedParameter.
Result<std::string> read_module_id(const Parameters& parameters);

// IotId, or ProductKey and DeviceName together; IotId wins (cloud-api C). Errors: IllegalRequest when the
// device is not named, NullDeviceName, InvalidFormattedProductKey, InvalidIotId.
Result<engine::DeviceRef> read_device_ref(const Parameters& parameters);

// An id that the client got from us; one that does not decode names nothing.
Result<JobId> read_job_id(const Parameters& parameters, const IdCodec& codec);      // NotExistedJob
Result<TaskKey> read_task_key(const Parameters& parameters, const IdCodec& codec);  // NotExistedTask

}  // namespace rollcall::api
