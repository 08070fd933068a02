// What devices last said of their properties: gathered in memory and written with the other lazy writes, one
// row a device (DESIGN 3).
#include "model/last_values.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

constexpr size_t kDevicesPerWrite = 500;

size_t bytes_of(const LastValueMap& values) {
  size_t bytes = 0;
  for (const auto& [name, value] : values) bytes += name.size() + value.json.size() + sizeof(LastValue);
  return bytes;
}

void keep(State& state, DeviceId device, LastValueMap values) {
  auto& unwritten = state.values_unwritten[device];
  state.values_unwritten_bytes -= unwritten.bytes;
  unwritten.values = std::move(values);
  unwritten.bytes = bytes_of(unwritten.values);
  state.values_unwritten_bytes += unwritten.bytes;
  state.note_lazy();
}

}  // namespace

void take_report(State& state, const PropertyReport& command) {
  if (!state.sessions.find(command.session)) return;
  // A store that has not written for long: the values are lost, and the next report brings new ones.
  if (state.values_unwritten_bytes + bytes_of(command.values) > limits::kValuesUnwrittenBytesMax) return;
  const auto known = state.values_unwritten.find(command.session.device);
  LastValueMap values = known == state.values_unwritten.end() ? LastValueMap() : known->second.values;
  merge_last_values(values, command.values);
  keep(state, command.session.device, std::move(values));
}

Status write_last_values(State& state, Decision& decision) {
  auto& unwritten = state.values_unwritten;
  if (unwritten.empty()) return {};
  std::vector<DeviceId> devices;
  for (auto it = unwritten.begin(); it != unwritten.end() && devices.size() < kDevicesPerWrite; ++it)
    devices.push_back(it->first);
  std::sort(devices.begin(), devices.end());
  ROLLCALL_TRY(auto rows, state.store.last_values(devices));
  std::unordered_map<DeviceId, std::string> stored;
  for (store::LastValues& row : rows) stored.emplace(row.device, std::move(row.reported));
  for (const DeviceId device : devices) {
    const auto taken = unwritten.find(device);
    LastValueMap merged = read_last_values(stored[device]);
    merge_last_values(merged, taken->second.values);
    decision.changes.last_values.push_back({device, last_values_text(merged)});
    decision.values_taken.emplace_back(device, std::move(taken->second.values));
    state.values_unwritten_bytes -= taken->second.bytes;
    unwritten.erase(taken);
  }
  return {};
}

void undo_last_values(State& state, const Decision& decision) {
  for (const auto& [device, taken] : decision.values_taken) {
    LastValueMap values = taken;
    if (const auto newer = state.values_unwritten.find(device); newer != state.values_unwritten.end())
      merge_last_values(values, newer->second.values);
    keep(state, device, std::move(values));
  }
}

}  // namespace rollcall::engine
