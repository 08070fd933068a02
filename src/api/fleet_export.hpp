// The lines that ExportFleet gives and `rollcall import` takes: one row of a fleet each, as a JSON object
// with one member that says its kind, in the members that read_fleet_entries (fleet_entries.hpp) knows. Used
// by actions/fleet.cpp. Thread: any; pure.
#pragma once

#include <string>
#include <string_view>

#include "engine/queries.hpp"
#include "model/id_codec.hpp"

namespace rollcall::api {

// {"product":{...}}, {"group":{...}}, {"device":{...}}: without members that say nothing.
std::string product_line(const engine::ExportedProduct& product);
std::string group_line(const engine::ExportedGroup& group);
std::string device_line(const engine::ExportedDevice& device, std::string_view product_key,
                        const IdCodec& codec);

}  // namespace rollcall::api
