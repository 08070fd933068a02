// Effects of the engine as MQTT messages to one device. Each function serves the connection to the end
// (finish()), except publish_reply, which only appends. Source: device-protocol 4, 5; DESIGN 5.11, 5.12.
// Thread: the core that owns the connection.
#pragma once

#include <string_view>

#include "engine/effects.hpp"
#include "gateway/connection.hpp"

namespace rollcall::gateway {

// A QoS 0 reply on /sys/{pk}/{dn}/{suffix}, if the device takes that topic. Appended to services.out.
void publish_reply(Services& services, Connection& connection, std::string_view suffix,
                   std::string_view payload);

// What a device that registers came for (device-protocol 3.2, 3.3). Appended to services.out.
void append_registration(Services& services, const Connection& connection, const Secret& device_secret);

// The task's message in the form of its job's type. What the device may answer is remembered.
void push_task(Services& services, Connection& connection, const engine::PushTask& push);
// "This task is over", for custom jobs.
void tell_task(Services& services, Connection& connection, const engine::TellTask& tell);
// PUBACK of the request, then the reply.
void answer_job_get(Services& services, Connection& connection, const engine::JobGetReply& reply);
void answer_tags(Services& services, Connection& connection, const engine::TagReply& reply);
void answer_job_update(Services& services, Connection& connection, const engine::JobUpdateReply& reply);

}  // namespace rollcall::gateway
