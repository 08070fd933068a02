// What a failed commit means for its commands: which failures there are (store.hpp), and what is said to
// whom. Used by engine.cpp. Thread: engine.
#pragma once

#include <vector>

#include "engine/commands.hpp"
#include "engine/effects.hpp"

namespace rollcall::engine {

// Because of what one command asked, not because of the disk.
bool is_poison(const Error& error);
// Another process was faster with something that the whole set builds on.
bool is_stale(const Error& error);
// The store itself failed, not what was asked of it.
bool is_store_failure(const Error& error);

bool awaits_answer(const Command& command);
// Logins, subscriptions and closed connections live in memory and have happened whatever the store says
// (DESIGN 3: CONNACK and presence are not durable); deciding them twice would disconnect the device that just
// came.
bool is_of_memory(const Command& command);

// For the caller: the cause, and that it may try again.
Error answer_for(const Error& failure);
Error conflict();
// The answer to a command that is not carried out; a report is not acknowledged.
void refuse(const Command& command, const Error& error, std::vector<Effect>& effects);

}  // namespace rollcall::engine
