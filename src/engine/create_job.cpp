// CreateJob (cloud-api A.1; DESIGN 5.5 to 5.7, 5.15).
#include <unordered_set>

#include "engine/fitting.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

struct Targets {
  std::vector<Device*> devices;                              // DEVICE_LIST, each once, in order
  std::vector<std::pair<const Product*, int64_t>> products;  // with the number of targets of each
  int64_t total = 0;
};

// Of all processes' numbers when there are others: one of them may have a block above this one's.
Result<int64_t> snapshot_number(State& state, const char* kind) {
  if (state.config.others_check_ms > 0) return state.ids.next_of_all(kind);
  return state.ids.next(kind, 10'000);
}

Result<Targets> find_list(State& state, WorkingSet& ws, const Actor& actor, const CreateJob& command) {
  Targets targets;
  std::unordered_set<DeviceId> seen;
  std::unordered_map<ProductId, size_t> product_at;
  std::string unknown;
  size_t unknown_count = 0;
  for (const DeviceRef& ref : command.targets) {
    Device* device = find_ref(state, ws, actor.instance, ref);
    if (!device) {
      if (++unknown_count <= 10)
        unknown += (unknown.empty() ? "" : ", ") +
                   (ref.iot_id.empty() ? ref.product_key + "/" + ref.device_name : ref.iot_id);
      continue;
    }
    if (!seen.insert(device->id).second) continue;
    targets.devices.push_back(device);
    auto [it, fresh] = product_at.emplace(device->product, targets.products.size());
    if (fresh) targets.products.emplace_back(ws.products.find(device->product), 0);
    ++targets.products[it->second].second;
  }
  if (unknown_count > 0 && !state.config.unknown_targets_skip)
    return fail(ErrorCode::NotExistedDevice, "TargetConfig.TargetDevices names " +
                                                 std::to_string(unknown_count) +
                                                 " unknown device(s): " + unknown);
  targets.total = static_cast<int64_t>(targets.devices.size());
  return targets;
}

Result<Targets> find_targets(State& state, WorkingSet& ws, const Actor& actor, const CreateJob& command,
                             JobSpec& spec) {
  if (spec.target_type == TargetType::DeviceList) return find_list(state, ws, actor, command);
  Targets targets;
  if (spec.target_type == TargetType::Product) {
    const ProductId* id = ws.product_keys.find(spec.target_product_key);
    const Product* product = id ? ws.products.find(*id) : nullptr;
    if (!product || product->instance != actor.instance)
      return fail(ErrorCode::NotExistedProduct,
                  "TargetConfig.targetProduct: the product " + spec.target_product_key + " does not exist");
    spec.target_product = product->id;
    targets.total = product->device_count;
    targets.products.emplace_back(product, product->device_count);
    // Every device that exists has a smaller id than the next one, every later device a larger one.
    ROLLCALL_TRY(spec.target_snapshot, snapshot_number(state, "device"));
    return targets;
  }
  const GroupId* id = ws.group_codes.find(spec.target_group_code);
  const Group* group = id ? ws.groups.find(*id) : nullptr;
  if (!group || group->instance != actor.instance)
    return fail(ErrorCode::NotExistedGroup,
                "TargetConfig.targetGroup: the group " + spec.target_group_code + " does not exist");
  spec.target_group = group->id;
  targets.total = group->device_count;
  if (const auto* members = ws.group_products.find(group->id))
    for (const auto& [product, count] : *members)
      if (const Product* row = ws.products.find(product)) targets.products.emplace_back(row, count);
  ROLLCALL_TRY(spec.target_snapshot, snapshot_number(state, "join"));
  return targets;
}

Status check_total(const State& state, const JobSpec& spec, const JobSettings& settings, int64_t total) {
  if (total == 0) return fail(ErrorCode::NoTarget, "TargetConfig selects no device");
  if (total > state.config.job_targets_max)
    return fail(ErrorCode::TooManyTargets, "TargetConfig selects " + std::to_string(total) +
                                               " devices, at most " +
                                               std::to_string(state.config.job_targets_max) + " are allowed");
  if (!fits_lifetime(total, settings.maximum_per_minute, spec.lifetime_ms))
    return fail(ErrorCode::InvalidFormattedParameter,
                "RolloutConfig.maximumPerMinute: " + std::to_string(settings.maximum_per_minute) +
                    " a minute cannot push " + std::to_string(total) + " tasks within the job's life of " +
                    std::to_string(spec.lifetime_ms / 3'600'000) + " hours");
  return {};
}

// Decides for each product whether its devices can take the job; refuses when none can (DESIGN 5.7).
Status fit_products(State& state, WorkingSet& ws, const Targets& targets, JobSpec& spec) {
  bool any = false;
  std::optional<Error> first;
  for (const auto& [product, count] : targets.products) {
    Result<Fit> result = fit(state, ws, *product, spec.type, spec.document);
    if (result) {
      if (!any) {
        spec.wire_params = std::move(result->wire_params);
        spec.sync_service = result->sync_service;
      }
      any = true;
      continue;
    }
    if (!first) first = result.error();
    spec.unfit_products.emplace_back(product->id, public_message(result.error()));
  }
  if (!any && first) return fail(std::move(*first));
  return {};
}

// Tasks of unfit products in a DEVICE_LIST fail in the transaction that makes them.
void fail_unfit(State& state, Decision& decision, const Job& job, const Targets& targets) {
  for (size_t i = 0; i < targets.devices.size(); ++i) {
    for (const auto& [product, reason] : job.spec.unfit_products) {
      if (targets.devices[i]->product != product) continue;
      Task task;
      task.key = {job.id, static_cast<int64_t>(i)};
      task.device = targets.devices[i]->id;
      task.queued_at = job.created_at;
      const Task before = task;
      task.flags |= kTaskUnfit;
      change_task(state, decision, task, before,
                  {TaskStatus::Failed, Cause::Unfit, TaskDetail{reason, {}}, false, {}});
    }
  }
}

// The job that this token made within the last 24 hours, if what was asked for is the same.
Result<std::optional<JobId>> job_of_token(const State& state, WorkingSet& ws, const Actor& actor,
                                          const CreateJob& command) {
  if (command.client_token.empty()) return std::optional<JobId>();
  const store::ClientToken* known = ws.client_tokens.find({actor.account, command.client_token});
  if (!known || state.clock.wall() - known->created_at >= limits::kClientTokenKeepMs)
    return std::optional<JobId>();
  if (known->digest != command.request_digest) return fail(ErrorCode::IdempotentParameterMismatch);
  return std::optional(known->job);
}

// In the job's transaction, so that neither is there without the other; old ones go on the way.
void remember_token(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                    const CreateJob& command, const Job& job) {
  if (command.client_token.empty()) return;
  store::ClientToken token{
      {actor.account, command.client_token}, command.request_digest, job.id, job.created_at};
  ws.client_tokens.put(token.key, token);
  decision.changes.client_tokens.push_back(std::move(token));
  forget_client_tokens(state, decision);
}

}  // namespace

void forget_client_tokens(State& state, Decision& decision) {
  state.client_tokens_looked_at = state.clock.steady();
  decision.changes.forget_client_tokens = {{state.clock.wall() + -limits::kClientTokenKeepMs},
                                           limits::kClientTokensForgottenAtOnce};
}

bool gather_create_job(State& state, WorkingSet& ws, const Actor& actor, const CreateJob& command) {
  const JobSpec& spec = command.spec;
  bool all = command.client_token.empty() || ws.client_tokens.need({actor.account, command.client_token});
  if (spec.target_type == TargetType::DeviceList) {
    for (const DeviceRef& ref : command.targets) all = gather_ref(state, ws, ref) && all;
    if (!all) return false;
    for (const DeviceRef& ref : command.targets)
      if (const Device* device = find_ref(state, ws, actor.instance, ref))
        all = gather_product_model(ws, device->product, spec.type) && all;
    return all;
  }
  if (spec.target_type == TargetType::Product) {
    if (!ws.product_keys.need(spec.target_product_key)) return false;
    const ProductId* product = ws.product_keys.find(spec.target_product_key);
    return (!product || gather_product_model(ws, *product, spec.type)) && all;
  }
  if (!ws.group_codes.need(spec.target_group_code)) return false;
  const GroupId* group = ws.group_codes.find(spec.target_group_code);
  if (!group) return all;
  all = ws.groups.need(*group) && all;
  if (!ws.group_products.need(*group)) return false;
  if (const auto* members = ws.group_products.find(*group))
    for (const auto& [product, count] : *members) all = gather_product_model(ws, product, spec.type) && all;
  return all;
}

Result<Outcome> decide_create_job(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                  const CreateJob& command) {
  ROLLCALL_TRY(const auto made_before, job_of_token(state, ws, actor, command));
  if (made_before) return Outcome(JobMade{*made_before});
  Job job;
  job.instance = actor.instance;
  job.spec = command.spec;
  job.settings = command.settings;
  ROLLCALL_TRY_STATUS(read_job_document(job.spec.type, job.spec.document).map([](auto&&) {}));
  ROLLCALL_TRY(Targets targets, find_targets(state, ws, actor, command, job.spec));
  ROLLCALL_TRY_STATUS(check_total(state, job.spec, job.settings, targets.total));
  ROLLCALL_TRY_STATUS(fit_products(state, ws, targets, job.spec));

  ROLLCALL_TRY(job.id.value, state.ids.next("job"));
  job.created_at = state.clock.wall();
  job.modified_at = job.created_at;
  job.epoch = 1;
  job.counters[TaskStatus::Queued] = targets.total;
  store::NewJob made;
  if (job.spec.target_type == TargetType::DeviceList) {  // few: made at once
    for (const Device* device : targets.devices) made.targets.push_back(device->id);
    job.tasks_made = targets.total;
    job.status = job.spec.scheduled_at ? JobStatus::Waiting : JobStatus::InProgress;
    if (!job.spec.scheduled_at) job.started_at = job.created_at;
    fail_unfit(state, decision, job, targets);
  } else {
    job.status = JobStatus::Initializing;
    job.sweep = Sweep::Make;
  }
  remember_token(state, ws, decision, actor, command, job);
  made.job = job;
  decision.changes.new_jobs.push_back(std::move(made));
  return Outcome(JobMade{job.id});
}

}  // namespace rollcall::engine
