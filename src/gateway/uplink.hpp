// A PUBLISH of a device: read by topic, turned into an engine command or answered at once, and acknowledged.
// What must be durable first (job reports, command replies) is acknowledged by the engine's effect,
// everything else here. Source: device-protocol 2.1, 4, 5; DESIGN 3, 5.12. Thread: the core that owns the
// connection.
#pragma once

#include <string_view>

#include "gateway/connection.hpp"
#include "mqtt/packet.hpp"

namespace rollcall::gateway {

// The session is open. Replies go to services.out.
void take_publish(Services& services, Connection& connection, const mqtt::PublishView& publish);

// Does a property report show every value that a property set asked for? Values may stand bare or as
// {"value":...}. Both texts are JSON objects that have been checked.
bool report_shows(std::string_view report_params, std::string_view wanted_params);

}  // namespace rollcall::gateway
