#include "engine/failures.hpp"

namespace rollcall::engine {
namespace {

bool is_full(const Error& error) { return error.detail.starts_with("full:"); }

}  // namespace

bool is_poison(const Error& error) { return error.detail.starts_with("constraint:"); }

bool awaits_answer(const Command& command) {
  return !std::holds_alternative<SetReachability>(command) && !std::holds_alternative<CloseSession>(command);
}

bool is_of_memory(const Command& command) {
  return std::holds_alternative<FindDevice>(command) || std::holds_alternative<OpenSession>(command) ||
         std::holds_alternative<SetReachability>(command) || std::holds_alternative<CloseSession>(command);
}

bool is_store_failure(const Error& error) {
  return error.code == ErrorCode::SystemException && (is_full(error) || error.detail.starts_with("io:"));
}

Error answer_for(const Error& failure) {
  return Error(ErrorCode::SystemException, is_full(failure)
                                               ? "the disk of the store is full; nothing was changed"
                                               : "the store could not take the change; nothing was changed");
}

bool is_stale(const Error& error) { return error.detail.starts_with("stale:"); }

Error conflict() {
  return Error(ErrorCode::SystemException, "others changed the same thing at the same time; try again");
}

void refuse(const Command& command, const Error& error, std::vector<Effect>& effects) {
  if (const auto* api = std::get_if<ApiCommand>(&command)) {
    effects.push_back({api->ticket.core, ApiReply{api->ticket.number, fail(error)}});
  } else if (const auto* find = std::get_if<FindDevice>(&command)) {
    effects.push_back({find->from.core, DeviceFound{find->from.connection, fail(error)}});
  } else if (const auto* add = std::get_if<AddDevice>(&command)) {
    effects.push_back({add->from.core, DeviceFound{add->from.connection, fail(error)}});
  } else if (const auto* open = std::get_if<OpenSession>(&command)) {
    effects.push_back({open->from.core, SessionRefused{open->from.connection, error}});
  } else if (const auto* update = std::get_if<JobUpdate>(&command)) {
    Echo echo = update->echo;
    echo.packet_id = 0;  // not stored: not acknowledged
    effects.push_back({update->session.at.core,
                       JobUpdateReply{update->session.at.connection, std::move(echo), fail(error)}});
  } else if (const auto* tags = std::get_if<TagReport>(&command)) {
    Echo echo = tags->echo;
    echo.packet_id = 0;
    effects.push_back({tags->session.at.core, TagReply{tags->session.at.connection, tags->put.empty(),
                                                       fail(error), std::move(echo)}});
  }
}

}  // namespace rollcall::engine
