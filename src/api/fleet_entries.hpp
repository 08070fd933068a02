// The JSON that the extension ImportFleet takes: products, devices and groups with the identities they have
// on the vendor's platform (DESIGN 5.22). Read whole before anything is written. Used by actions/fleet.cpp.
// Thread: any; pure.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "engine/commands.hpp"

namespace rollcall::api {

// {"products":[...],"devices":[...],"groups":[...]}, each list optional:
// - product: ProductKey (mandatory), ProductSecret, ProductName (default: the key), NodeType, DataFormat,
// AliyunCommodityCode, NetType
//   (name or number), AuthType, ProtocolType, CategoryKey, ValidateType, Description, Tsl (text; a product
//   with one has a thing model)
// - device: ProductKey, DeviceName, DeviceSecret (all mandatory), IotId, Nickname
// - group: GroupId, GroupName (mandatory), GroupDesc, Devices: [{ProductKey, DeviceName}]
// An unknown member is refused: a misspelt one would lose a secret. At most limits::kSweepRows rows of each
// kind. Errors: InvalidFormattedParameter and the codes of the fields; the message names the place
// ("devices[3].DeviceName").
Result<engine::ImportFleet> read_fleet_entries(std::string_view text);

// A ProductKey that could name a product: printable, no blank, none of "/+#", 1 to 64 characters. Error
// InvalidFormattedProductKey.
Status check_product_key(std::string_view key);
// The same for an IotId. Error InvalidIotId.
Status check_iot_id(std::string_view iot_id);
// NetType by name, as the number that QueryProduct shows (cloud-api C.1); LORA has none there and counts as
// other.
std::optional<int32_t> parse_net_type(std::string_view text) noexcept;

}  // namespace rollcall::api
