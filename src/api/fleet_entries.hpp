// The JSON that the extension ImportFleet takes: products, devices and groups with the identities they have
// on the vendor's platform (DESIGN 5.22). Read whole before anything is written. Used by actions/fleet.cpp.
// Thread: any; pure.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "engine/commands.hpp"
#include "model/id_codec.hpp"

namespace rollcall::api {

// {"products":[...],"groups":[...],"devices":[...],"tasks":[...]}, each list optional:
// - product: ProductKey (mandatory), ProductSecret, ProductName (default: the key), NodeType, DataFormat,
//   AliyunCommodityCode, NetType (name or number), AuthType, ProtocolType, CategoryKey, ValidateType, Id2,
//   Released, Description, Tsl and DraftTsl (texts; a product with one has a thing model), Topics:
//   [{Name: "user/...", Operation, Description}]
// - group: GroupId (mandatory), GroupName (default: the id), GroupDesc, SuperGroupId, Devices: [{ProductKey,
//   DeviceName}]
// - device: ProductKey, DeviceName, DeviceSecret (all mandatory), IotId, Nickname, Serial, Enabled (default
//   true), Tags: {key: value}, Groups: [GroupId]
// - task: TaskId, of a task of this server, and ForeignTaskId, which devices may still report for it
// and, for a dry run, knownProducts and knownGroups: keys and ids that earlier chunks bring in.
// An unknown member is refused: a misspelt one would lose a secret. At most limits::kSweepRows rows of each
// kind. Errors: InvalidFormattedParameter and the codes of the fields; the message names the place
// ("devices[3].DeviceName"). In a dry run rows that are wrong are told of in `refused` instead.
Result<engine::ImportFleet> read_fleet_entries(std::string_view text, const IdCodec& codec,
                                               bool dry_run = false);

// A ProductKey that could name a product: printable, no blank, none of "/+#", 1 to 64 characters. Error
// InvalidFormattedProductKey.
Status check_product_key(std::string_view key);
// The same for an IotId. Error InvalidIotId.
Status check_iot_id(std::string_view iot_id);
// NetType by name, as the number that QueryProduct shows (cloud-api C.1); LORA has none there and counts as
// other.
std::optional<int32_t> parse_net_type(std::string_view text) noexcept;

}  // namespace rollcall::api
