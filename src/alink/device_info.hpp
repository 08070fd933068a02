// What a device says of itself: the tags it puts and drops (thing/deviceinfo/update, delete) and the firmware
// it runs (/ota/device/inform). Called by gateway/. Source: device-protocol 5.5, 5.6. Thread: any; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alink/envelope.hpp"
#include "model/fleet.hpp"

namespace rollcall::alink {

// [{"attrKey":"k","attrValue":"v"}], at most limits::kTagsPerDeviceMax; those of the domain SYSTEM, by which
// SDKs tell about themselves, are left out. Errors: InvalidFormattedParameter. Whether names and values are
// legal is judged later (model check_tag).
Result<std::vector<DeviceTag>> read_tags_update(const Request& request);
// [{"attrKey":"k"}]: the names.
Result<std::vector<std::string>> read_tags_delete(const Request& request);

// {"id":..,"params":{"version":".."}}; nullopt when it is no such text, or longer than
// limits::kFirmwareVersionCharactersMax, or not printable. Of modules of a device only the default one
// counts.
std::optional<std::string> read_firmware_inform(std::string_view payload);

}  // namespace rollcall::alink
