// A fleet as one JSON document (fleet_reader.hpp says what it holds), row by row. Used by fleet_reader.cpp.
// Thread: any; pure.
#pragma once

#include <memory>
#include <string>

#include "client/fleet_reader.hpp"

namespace rollcall::client {

// Products come first, then groups, devices, and what groups list of devices. Error
// InvalidFormattedParameter: no JSON, or not of this shape.
Result<std::unique_ptr<FleetReader>> read_fleet_document(std::string text);

}  // namespace rollcall::client
