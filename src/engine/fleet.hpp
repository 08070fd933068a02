// Decisions about what a fleet consists of: products and thing models, devices, groups. One file each
// (products.cpp, devices.cpp, groups.cpp and others); api_commands.cpp picks one by the command. gather_*:
// true when everything needed is in the working set. Errors: the NotExisted... codes for what is not the
// actor's. Thread: the engine's.
#pragma once

#include <string>
#include <vector>

#include "engine/state.hpp"

namespace rollcall::engine {

// Evaluates both, so that both sides ask for what they need.
inline bool both(bool a, bool b) { return a && b; }

// --- products.cpp

// The product if it is the actor's; NotExistedProduct otherwise.
Result<Product*> own_product(WorkingSet& ws, InstanceId instance, const std::string& key);
// A number that no earlier revision of a product has.
int64_t fresh_revision(State& state);
// The product itself, and one more thing of it.
template <class More>
bool gather_product(WorkingSet& ws, const std::string& key, More more) {
  if (!ws.product_keys.need(key)) return false;
  const ProductId* product = ws.product_keys.find(key);
  return !product || both(ws.products.need(*product), more(*product));
}
Result<Outcome> create_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                               const CreateProduct& command);
Result<Outcome> import_model(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const ImportThingModel& command);
Result<Outcome> publish_model(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const PublishThingModel& command);

Result<Outcome> change_model(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const ChangeThingModel& command);
Result<Outcome> update_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                               const UpdateProduct& command);
Result<Outcome> delete_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                               const DeleteProduct& command);
Result<Outcome> release_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                const SetProductReleased& command);

// --- devices.cpp; gather_ref and find_ref are in state.hpp

bool gather_refs(State& state, WorkingSet& ws, const std::vector<DeviceRef>& refs);
Result<Outcome> register_device(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                const RegisterDevice& command);
bool gather_check_names(WorkingSet& ws, const CheckDeviceNames& command);
Result<Outcome> check_names(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                            const CheckDeviceNames& command);
Result<Outcome> register_applied(State&, WorkingSet& ws, Decision& decision, const Actor& actor,
                                 const RegisterApplied& command);
bool gather_query_devices(State& state, WorkingSet& ws, const Actor& actor, const QueryDevices& command);
Result<Outcome> query_devices(State& state, WorkingSet& ws, const Actor& actor, const QueryDevices& command);

// --- groups.cpp

// The group if it is the actor's; NotExistedGroup otherwise.
Result<Group*> own_group(WorkingSet& ws, InstanceId instance, const std::string& code);
// The group of a code with its row.
bool gather_group(WorkingSet& ws, const std::string& code);
Result<Outcome> create_group(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const CreateGroup& command);
bool gather_group_devices(State& state, WorkingSet& ws, const Actor& actor, const AddGroupDevices& command);
Result<Outcome> add_group_devices(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                  const AddGroupDevices& command);

bool gather_removal(State& state, WorkingSet& ws, const Actor& actor, const RemoveGroupDevices& command);
Result<Outcome> remove_group_devices(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                     const RemoveGroupDevices& command);
Result<Outcome> update_group(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const UpdateGroup& command);
bool gather_delete_group(WorkingSet& ws, const Actor& actor, const DeleteGroup& command);
Result<Outcome> delete_group(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const DeleteGroup& command);

// --- many_devices.cpp

Result<Outcome> register_many(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const RegisterMany& command);
bool gather_import_many(WorkingSet& ws, const ImportMany& command);
Result<Outcome> import_many(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                            const ImportMany& command);
bool gather_nicknames(State& state, WorkingSet& ws, const SetNicknames& command);
Result<Outcome> set_nicknames(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const SetNicknames& command);

// --- import_products.cpp, import_fleet.cpp

enum class Imported : uint8_t { New, Same, Changed };
inline void count_imported(ImportTally& tally, Imported what) {
  ++(what == Imported::New ? tally.added : what == Imported::Same ? tally.same : tally.changed);
}
bool gather_product_import(WorkingSet& ws, InstanceId instance, const ImportFleet::ProductEntry& entry);
Result<Imported> import_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                const ImportFleet::ProductEntry& entry);

// --- tags.cpp

bool gather_tags(State& state, WorkingSet& ws, const Actor& actor, const DeviceRef& device);
Result<Outcome> save_tags(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                          const SaveTags& command);
Result<Outcome> delete_tag(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                           const DeleteTag& command);

// --- topics.cpp

// The topic classes that every new product has.
Status add_default_topics(State& state, Decision& decision, ProductId product);
Result<Outcome> create_topic(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const CreateTopic& command);
bool gather_topic(WorkingSet& ws, TopicId topic);
Result<Outcome> update_topic(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const UpdateTopic& command);
Result<Outcome> delete_topic(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const DeleteTopic& command);

}  // namespace rollcall::engine
