// Which decision belongs to which API command.
#include "base/overload.hpp"
#include "engine/fleet.hpp"

namespace rollcall::engine {

bool gather_api(State& state, WorkingSet& ws, const ApiCommand& command) {
  const Actor& actor = command.actor;
  const auto nothing_more = [](ProductId) { return true; };
  return std::visit(
      Overload{
          [&](const CreateProduct& c) {
            return both(ws.product_names.need({actor.instance, c.product.name}),
                        ws.product_counts.need(actor.instance));
          },
          [&](const RegisterDevice& c) {
            return gather_product(ws, c.product_key, [&](ProductId id) {
              return c.device_name.empty() || ws.device_names.need({id, c.device_name});
            });
          },
          [&](const CheckDeviceNames& c) { return gather_check_names(ws, c); },
          [&](const RegisterApplied& c) {
            return both(gather_product(ws, c.product_key, nothing_more), ws.applies.need(c.apply));
          },
          [&](const CreateGroup& c) {
            const bool parent = c.parent_code.empty() || gather_group(ws, c.parent_code);
            const bool name = ws.group_names.need({actor.instance, c.group.name});
            return both(ws.group_counts.need(actor.instance), parent && name);
          },
          [&](const AddGroupDevices& c) { return gather_group_devices(state, ws, actor, c); },
          [&](const UpdateProduct& c) {
            return both(gather_product(ws, c.product_key, nothing_more),
                        ws.product_names.need({actor.instance, c.name}));
          },
          [&](const DeleteProduct& c) { return gather_product(ws, c.product_key, nothing_more); },
          [&](const SetProductReleased& c) { return gather_product(ws, c.product_key, nothing_more); },
          [&](const ImportThingModel& c) {
            return gather_product(ws, c.product_key, [&](ProductId id) { return ws.draft_models.need(id); });
          },
          [&](const ChangeThingModel& c) {
            return gather_product(ws, c.product_key, [&](ProductId id) { return ws.draft_models.need(id); });
          },
          [&](const PublishThingModel& c) {
            return gather_product(ws, c.product_key, [&](ProductId id) { return ws.draft_models.need(id); });
          },
          [&](const CreateJob& c) { return gather_create_job(state, ws, actor, c); },
          [&](const QueryDevices& c) { return gather_query_devices(state, ws, actor, c); },
          [&](const ImportFleet& c) { return gather_import(state, ws, actor, c); },
          [&](const SetThingEnabled& c) { return gather_ref(state, ws, c.device); },
          [&](const DeleteDevice& c) { return gather_ref(state, ws, c.device); },
          [&](const ExplainTask& c) { return gather_explain(state, ws, c); },
          [&](const SendMessage& c) { return gather_message(state, ws, actor, c); },
          [](const CreateAccessKey&) { return true; },
          [&](const ChangeAccess&) { return ws.access.need({}); },
          [&](const ImportAccess&) { return ws.access.need({}); },
          [&](const RegisterMany& c) { return gather_product(ws, c.product_key, nothing_more); },
          [&](const ImportMany& c) { return gather_import_many(ws, c); },
          [&](const SetNicknames& c) { return gather_nicknames(state, ws, c); },
          [&](const UpdateGroup& c) { return gather_group(ws, c.group_code); },
          [&](const DeleteGroup& c) { return gather_delete_group(ws, actor, c); },
          [&](const RemoveGroupDevices& c) { return gather_removal(state, ws, actor, c); },
          [&](const SaveTags& c) { return gather_tags(state, ws, actor, c.device); },
          [&](const DeleteTag& c) { return gather_tags(state, ws, actor, c.device); },
          [&](const CreateTopic& c) {
            return gather_product(ws, c.product_key,
                                  [&](ProductId id) { return ws.product_topics.need(id); });
          },
          [&](const UpdateTopic& c) { return gather_topic(ws, c.topic.id); },
          [&](const DeleteTopic& c) { return gather_topic(ws, c.topic); },
          [&](const FindRegistration& c) {
            return gather_registration(state, ws, c.product_key, c.device_name);
          },
          [&](const auto& c) { return gather_job_life(state, ws, c); },
      },
      command.what);
}

Result<Outcome> decide_api(State& state, WorkingSet& ws, Decision& decision, const ApiCommand& command) {
  const Actor& actor = command.actor;
  return std::visit(
      Overload{
          [&](const CreateProduct& c) { return create_product(state, ws, decision, actor, c); },
          [&](const RegisterDevice& c) { return register_device(state, ws, decision, actor, c); },
          [&](const CheckDeviceNames& c) { return check_names(state, ws, decision, actor, c); },
          [&](const RegisterApplied& c) { return register_applied(state, ws, decision, actor, c); },
          [&](const CreateGroup& c) { return create_group(state, ws, decision, actor, c); },
          [&](const AddGroupDevices& c) { return add_group_devices(state, ws, decision, actor, c); },
          [&](const ImportThingModel& c) { return import_model(state, ws, decision, actor, c); },
          [&](const UpdateProduct& c) { return update_product(state, ws, decision, actor, c); },
          [&](const DeleteProduct& c) { return delete_product(state, ws, decision, actor, c); },
          [&](const SetProductReleased& c) { return release_product(state, ws, decision, actor, c); },
          [&](const ChangeThingModel& c) { return change_model(state, ws, decision, actor, c); },
          [&](const PublishThingModel& c) { return publish_model(state, ws, decision, actor, c); },
          [&](const CreateJob& c) { return decide_create_job(state, ws, decision, actor, c); },
          [&](const QueryDevices& c) { return query_devices(state, ws, actor, c); },
          [&](const ImportFleet& c) { return decide_import(state, ws, decision, actor, c); },
          [&](const SetThingEnabled& c) { return set_thing_enabled(state, ws, decision, actor, c); },
          [&](const DeleteDevice& c) { return delete_device(state, ws, decision, actor, c); },
          [&](const ExplainTask& c) { return explain_task(state, ws, actor, c); },
          [&](const SendMessage& c) { return send_message(state, ws, decision, command.ticket, actor, c); },
          [&](const CreateAccessKey& c) -> Result<Outcome> {
            decision.changes.new_access_keys.push_back(c.key);
            return Outcome(Done{});
          },
          [&](const ChangeAccess& c) { return change_access(state, ws, decision, c); },
          [&](const ImportAccess& c) { return decide_import_access(state, ws, decision, c); },
          [&](const RegisterMany& c) { return register_many(state, ws, decision, actor, c); },
          [&](const ImportMany& c) { return import_many(state, ws, decision, actor, c); },
          [&](const SetNicknames& c) { return set_nicknames(state, ws, decision, actor, c); },
          [&](const UpdateGroup& c) { return update_group(state, ws, decision, actor, c); },
          [&](const DeleteGroup& c) { return delete_group(state, ws, decision, actor, c); },
          [&](const RemoveGroupDevices& c) { return remove_group_devices(state, ws, decision, actor, c); },
          [&](const SaveTags& c) { return save_tags(state, ws, decision, actor, c); },
          [&](const DeleteTag& c) { return delete_tag(state, ws, decision, actor, c); },
          [&](const CreateTopic& c) { return create_topic(state, ws, decision, actor, c); },
          [&](const UpdateTopic& c) { return update_topic(state, ws, decision, actor, c); },
          [&](const DeleteTopic& c) { return delete_topic(state, ws, decision, actor, c); },
          [&](const FindRegistration& c) { return decide_registration(state, ws, c); },
          [&](const auto& c) { return decide_job_life(state, ws, decision, actor, c); },
      },
      command.what);
}

}  // namespace rollcall::engine
