#include "store/rows.hpp"

namespace rollcall::store {

bool AccessChange::empty() const {
  return put_accounts.empty() && put_instances.empty() && put_aliases.empty() && put_users.empty() &&
         put_keys.empty() && removed_aliases.empty() && removed_users.empty() && removed_keys.empty();
}

bool ChangeSet::empty() const {
  const bool fleet = new_products.empty() && put_products.empty() && new_devices.empty() &&
                     put_devices.empty() && devices.empty() && new_groups.empty() && new_members.empty() &&
                     new_applies.empty() && apply_progress.empty() && thing_models.empty() &&
                     products.empty() && new_access_keys.empty() && access.empty() && client_tokens.empty() &&
                     !forget_client_tokens;
  const bool listing = groups.empty() && leaving.empty() && nicknames.empty() && tags.empty() &&
                       new_topics.empty() && topics.empty() && !purge_members;
  const bool jobs_and_tasks = new_jobs.empty() && jobs.empty() && make_tasks.empty() && sweep_tasks.empty() &&
                              tasks.empty() && tells_done.empty();
  const bool messages = offline_messages.empty() && offline_gone.empty() && !expire_offline;
  return fleet && listing && jobs_and_tasks && messages && presence.empty() && last_values.empty() &&
         task_aliases.empty() && !purge && (!time_outs_done_until || time_outs_done.empty());
}

}  // namespace rollcall::store
