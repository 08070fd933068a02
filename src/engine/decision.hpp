// What a batch decided: changes for the store and effects that wait for them. Each command's changes and
// effects form one range, so that a command whose condition failed in the store loses its effects and is
// decided again (DESIGN 3). Thread: engine; lives for one batch.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/awaited.hpp"
#include "engine/effects.hpp"
#include "engine/sessions.hpp"
#include "store/rows.hpp"

namespace rollcall::engine {

struct Decision {
  store::ChangeSet changes;
  std::vector<Effect> effects;
  // What decisions took out of memory because the store was going to know it; undo() puts it back.
  std::vector<std::pair<SessionRef, Push>> forgotten_pushes;
  std::vector<std::pair<TaskKey, int32_t>> forgotten_confirms;
  // Direct calls that wait for their devices from now on, and those that wait no more (awaited.hpp).
  std::vector<AwaitedReply> awaited;
  std::vector<AwaitedReply> answered;
  std::vector<std::pair<DeviceId, LastValueMap>> values_taken;  // on their way to the store
  std::vector<DeviceId> looked_at;                              // devices that were ready

  // The range of one command, or of one step of maintenance (command == kMaintenance): each task that is
  // pushed is a step of its own, so that one that another writer changed does not take back the others'
  // pushes.
  static constexpr int32_t kMaintenance = -1;
  struct Range {
    int32_t command = kMaintenance;
    uint32_t tasks_begin = 0, tasks_end = 0;
    uint32_t jobs_begin = 0, jobs_end = 0;
    uint32_t applies_begin = 0, applies_end = 0;
    uint32_t devices_begin = 0, devices_end = 0;
    uint32_t products_begin = 0, products_end = 0;
    uint32_t effects_begin = 0, effects_end = 0;
  };
  std::vector<Range> ranges;
  // Messages that were sent from the offline queue.
  std::vector<std::pair<DeviceId, TaskKey>> sent_messages;
  // Jobs that had ended and that a change of this batch takes up again, as that change leaves them.
  struct Revived {
    Job job;
    JobStatus from{};
    WallMs ended_at;
  };
  std::vector<Revived> revived;

  // As most commands need it: these are large to move.
  void reserve(size_t commands) {
    changes.tasks.reserve(commands);
    effects.reserve(commands);
    ranges.reserve(commands + 1);
  }
  void begin(int32_t command) {
    Range range;
    range.command = command;
    range.tasks_begin = static_cast<uint32_t>(changes.tasks.size());
    range.jobs_begin = static_cast<uint32_t>(changes.jobs.size());
    range.applies_begin = static_cast<uint32_t>(changes.apply_progress.size());
    range.devices_begin = static_cast<uint32_t>(changes.devices.size());
    range.products_begin = static_cast<uint32_t>(changes.products.size());
    range.effects_begin = static_cast<uint32_t>(effects.size());
    ranges.push_back(range);
  }
  void end() {
    Range& range = ranges.back();
    range.tasks_end = static_cast<uint32_t>(changes.tasks.size());
    range.jobs_end = static_cast<uint32_t>(changes.jobs.size());
    range.applies_end = static_cast<uint32_t>(changes.apply_progress.size());
    range.devices_end = static_cast<uint32_t>(changes.devices.size());
    range.products_end = static_cast<uint32_t>(changes.products.size());
    range.effects_end = static_cast<uint32_t>(effects.size());
  }
  void next_step() {
    end();
    begin(kMaintenance);
  }
  void emit(uint16_t core, decltype(Effect::what) what) { effects.push_back(Effect{core, std::move(what)}); }
};

}  // namespace rollcall::engine
