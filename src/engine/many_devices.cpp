// Decisions about many devices at once: registrations in bulk, of our making or brought along, and nicknames
// (cloud-api C.2). The devices themselves are made in chunks by upkeep.cpp.
#include <unordered_set>

#include "base/text.hpp"
#include "engine/fleet.hpp"

namespace rollcall::engine {
namespace {

// An application that is carried out without being asked again.
Result<Outcome> carry_out(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                          ProductId product, store::NewApply made) {
  ROLLCALL_TRY(made.apply.id.value, state.ids.next("apply"));
  made.apply.product = product;
  made.apply.instance = actor.instance;
  made.apply.status = ApplyStatus::Creating;
  made.apply.count = static_cast<int64_t>(made.names.size());
  made.apply.created_at = state.clock.wall();
  const ApplyId id = made.apply.id;
  ws.applies.put(id, made.apply);
  decision.changes.apply_progress.push_back({id, 0, 0, ApplyStatus::Creating, {}});
  decision.changes.new_applies.push_back(std::move(made));
  return Outcome(ApplyMade{id});
}

}  // namespace

Result<Outcome> register_many(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const RegisterMany& command) {
  ROLLCALL_TRY(const Product* product, own_product(ws, actor.instance, command.product_key));
  store::NewApply made;
  for (int64_t i = 0; i < command.count; ++i) made.names.emplace_back(state.random.alphanumeric(20), "");
  return carry_out(state, ws, decision, actor, product->id, std::move(made));
}

bool gather_import_many(WorkingSet& ws, const ImportMany& command) {
  return gather_product(ws, command.product_key, [&](ProductId product) {
    bool all = true;
    for (const ImportMany::Entry& entry : command.entries)
      all = ws.device_names.need({product, entry.name}) && all;
    return all;
  });
}

Result<Outcome> import_many(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                            const ImportMany& command) {
  ROLLCALL_TRY(const Product* product, own_product(ws, actor.instance, command.product_key));
  ImportRefused refused;
  store::NewApply made;
  std::unordered_set<std::string_view> seen;
  for (const ImportMany::Entry& entry : command.entries) {
    std::string reason;
    const auto add = [&](std::vector<std::string>& list, std::string_view value, std::string_view why) {
      list.emplace_back(value);
      ((reason += reason.empty() ? "" : "|") += why);
    };
    const std::string secret(entry.secret.reveal());
    if (Status status = check_device_name(entry.name); !status)
      add(refused.invalid_names, entry.name, public_message(status.error()));
    else if (!seen.insert(entry.name).second)
      add(refused.repeated_names, entry.name, "the DeviceName is given twice");
    else if (ws.device_names.find({product->id, entry.name}))
      add(refused.invalid_names, entry.name, "the DeviceName exists already");
    if (Status status = check_device_secret(secret); !status)
      add(refused.invalid_secrets, secret, public_message(status.error()));
    if (!entry.serial.empty())
      if (Status status = check_serial(entry.serial); !status)
        add(refused.invalid_serials, entry.serial, public_message(status.error()));
    if (!reason.empty()) refused.details.push_back({entry.name, secret, entry.serial, reason});
    made.names.emplace_back(entry.name, "");
    made.brought.push_back({entry.secret, entry.serial});
  }
  if (!refused.details.empty()) return Outcome(std::move(refused));
  return carry_out(state, ws, decision, actor, product->id, std::move(made));
}

bool gather_nicknames(State& state, WorkingSet& ws, const SetNicknames& command) {
  bool all = true;
  for (const auto& [ref, nickname] : command.nicknames) all = gather_ref(state, ws, ref) && all;
  return all;
}

Result<Outcome> set_nicknames(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const SetNicknames& command) {
  for (const auto& [ref, nickname] : command.nicknames) {
    if (find_ref(state, ws, actor.instance, ref)) continue;
    const std::string name = ref.iot_id.empty() ? ref.product_key + "/" + ref.device_name : ref.iot_id;
    return fail(ErrorCode::NotExistedDevice, "the device " + excerpt(name) + " does not exist");
  }
  for (const auto& [ref, nickname] : command.nicknames) {
    Device* device = find_ref(state, ws, actor.instance, ref);
    if (device->nickname == nickname) continue;
    device->nickname = nickname;
    device->modified_at = state.clock.wall();
    decision.changes.nicknames.push_back({device->id, nickname, device->modified_at});
  }
  return Outcome(Done{});
}

}  // namespace rollcall::engine
