// Jobs: made, interfered with, looked at.
#include <memory>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "sim/operators.hpp"

namespace rollcall::sim {
namespace {

std::string document_of(JobType type, const std::string& marker) {
  switch (type) {
    case JobType::CustomJob:
      return R"({"m":)" + marker + R"(,"text":"do it"})";
    case JobType::SetProperty:
      return R"({"params":{"m":)" + marker + "}}";
    case JobType::InvokeService:
      return R"({"serviceIdentifier":"run","params":{"m":)" + marker + "}}";
    case JobType::Pub:
      return R"({"topicShortName":"get","messageContent":")" + base64_encode(marker) + R"("})";
  }
  return {};
}

}  // namespace

void Operators::create_job() {
  if (jobs_asked_ >= parts_.plan.jobs_max || products_.empty()) return;
  ++jobs_asked_;
  JobFacts& facts = parts_.truth.job_asked(std::to_string(next_marker_++));
  NameValues parameters = job_parameters(facts);
  std::function<void()> settle;
  choose_targets(facts, parameters, settle);
  if (parts_.trace.keeps_text())
    for (const auto& [name, value] : parameters)
      parts_.trace.say("  job_" + facts.marker + " " + name + " " + value);
  call("CreateJob", std::move(parameters), [this, &facts, settle](const ApiAnswer& answer) {
    if (!answer.success) return;
    settle();
    const std::string code = answer.text({"JobId"});
    parts_.truth.job_made(facts, parts_.truth.job_of(code));
    jobs_.emplace_back(&facts, code);
  });
}

NameValues Operators::job_parameters(JobFacts& facts) {
  Dice& dice = parts_.dice;
  if (dice.chance(parts_.plan.command_jobs))
    facts.type = dice.chance(0.5) ? JobType::SetProperty : JobType::InvokeService;
  else
    facts.type = dice.chance(0.75) ? JobType::CustomJob : JobType::Pub;
  const int64_t rate = dice.chance(0.5) ? dice.between(50, 70) : dice.between(50, 6'000);
  facts.rates.push_back({rate, true});
  NameValues parameters = {{"JobName", "job_" + facts.marker},
                           {"Type", std::string(job_type_text(facts.type))},
                           {"JobDocument", document_of(facts.type, facts.marker)}};
  std::string rollout = R"({"maximumPerMinute":)" + std::to_string(rate);
  if (facts.type == JobType::CustomJob || facts.type == JobType::Pub)
    rollout += dice.chance(0.5) ? R"(,"messageQoS":"QoS1")" : R"(,"messageQoS":"QoS0")";
  parameters.emplace_back("RolloutConfig", rollout + "}");
  if (facts.type != JobType::Pub) {
    const int64_t minutes = dice.between(1, 4);
    facts.timeout_minutes_min = minutes;
    parameters.emplace_back("TimeoutConfig",
                            R"({"inProgressTimeoutInMinutes":)" + std::to_string(minutes) + "}");
  }
  if (dice.chance(0.15))
    parameters.emplace_back("ScheduledTime",
                            std::to_string((parts_.clock.wall() + dice.between(6'000, 90'000)).value));
  if (dice.chance(0.2)) parameters.emplace_back("OfflinePolicy", dice.chance(0.5) ? "FAIL" : "WAIT");
  return parameters;
}

// Who must and who may be a target depends on what is known when the job is asked for and when it is
// acknowledged; `settle` is for the latter moment.
void Operators::choose_targets(JobFacts& facts, NameValues& parameters, std::function<void()>& settle) {
  Dice& dice = parts_.dice;
  const auto kind = dice.between(0, 2);
  auto sure = std::make_shared<std::set<DeviceId>>();
  std::function<void(std::set<DeviceId>&)> possible;
  if (kind == 0 && !groups_.empty()) {
    const size_t group = dice.index(groups_.size());
    parameters.emplace_back("TargetConfig",
                            R"({"targetType":"GROUP_ID","targetGroup":")" + groups_[group].code + "\"}");
    for (const auto& [device, acknowledged] : groups_[group].members)
      if (acknowledged) sure->insert(device);
    possible = [this, group](std::set<DeviceId>& may) {
      for (const auto& [device, acknowledged] : groups_[group].members) may.insert(device);
    };
  } else if (kind == 1) {
    std::string list;
    for (int64_t n = dice.between(1, 8); n > 0; --n) {
      const SimMember& member = dice.pick(members_);
      sure->insert(member.identity.id);
      list += std::string(list.empty() ? "" : ",") + R"({"productKey":")" + member.identity.product_key +
              R"(","deviceName":")" + member.identity.name + "\"}";
    }
    parameters.emplace_back("TargetConfig", R"({"targetType":"DEVICE_LIST","targetDevices":[)" + list + "]}");
    possible = [sure](std::set<DeviceId>& may) { may = *sure; };
  } else {
    const size_t product = dice.index(products_.size());
    parameters.emplace_back(
        "TargetConfig", R"({"targetType":"PRODUCT_KEY","targetProduct":")" + products_[product].key + "\"}");
    for (const SimMember& member : members_)
      if (member.product == product) sure->insert(member.identity.id);
    const bool strangers = products_[product].strangers > 0;
    possible = [this, product, strangers, &facts](std::set<DeviceId>& may) {
      facts.may_have_strangers = strangers || products_[product].strangers > 0;
      for (const SimMember& member : members_)
        if (member.product == product) may.insert(member.identity.id);
    };
  }
  settle = [this, &facts, sure, possible] {
    possible(facts.may);
    for (const DeviceId device : *sure) {
      const SimMember* member = find(device);
      if (member && !member->deletion_asked) facts.must.insert(device);
    }
    for (const DeviceId device : facts.must) facts.may.erase(device);
  };
}

// --- interfering

void Operators::interfere() {
  Dice& dice = parts_.dice;
  if (dice.chance(0.15)) return disable_device(dice.chance(0.5));
  if (dice.chance(0.05)) return delete_device();
  if (jobs_.empty()) return;
  auto& [facts, code] =
      jobs_[dice.chance(0.6) ? jobs_.size() - 1 - dice.index(std::min<size_t>(3, jobs_.size()))
                             : dice.index(jobs_.size())];
  if (dice.chance(parts_.plan.reruns)) return rerun_job(*facts, code);
  switch (dice.between(0, 6)) {
    case 0:
      return cancel_job(*facts, code);
    case 1:
      return delete_job(*facts, code);
    case 2:
    case 3:
      return update_job(*facts, code);
    case 4:
      return pause_job(*facts, code, true);
    default:
      return pause_job(*facts, code, false);
  }
}

void Operators::rerun_job(JobFacts& facts, const std::string& code) {
  facts.rerun_asked = true;
  facts.paused = false;  // a job that ended was not paused any more
  ++facts.resumes_asked;
  ++facts.resumes_under_way;
  call("RerunJob", {{"JobId", code}}, [&facts](const ApiAnswer& answer) {
    if (answer.arrived) --facts.resumes_under_way;
  });
}

void Operators::cancel_job(JobFacts& facts, const std::string& code) {
  facts.cancel_asked = true;
  call("CancelJob", {{"JobId", code}}, [&facts](const ApiAnswer& answer) {
    if (answer.success) facts.cancelled = true;
  });
}

void Operators::delete_job(JobFacts& facts, const std::string& code) {
  facts.delete_asked = true;
  call("DeleteJob", {{"JobId", code}}, [&facts](const ApiAnswer& answer) {
    if (answer.success) facts.deleted = true;
  });
}

void Operators::update_job(JobFacts& facts, const std::string& code) {
  Dice& dice = parts_.dice;
  NameValues parameters = {{"JobId", code}};
  const int64_t rate = dice.chance(0.5) ? dice.between(50, 80) : dice.between(50, 6'000);
  parameters.emplace_back("RolloutConfig", R"({"maximumPerMinute":)" + std::to_string(rate) + "}");
  facts.rates.push_back({rate, false});
  const size_t mine = facts.rates.size() - 1;
  if (facts.type == JobType::CustomJob && dice.chance(0.5)) {
    const int64_t minutes = dice.between(1, 4);
    facts.timeout_minutes_min = std::min(facts.timeout_minutes_min, minutes);
    parameters.emplace_back("TimeoutConfig",
                            R"({"inProgressTimeoutInMinutes":)" + std::to_string(minutes) + "}");
  }
  call("UpdateJob", std::move(parameters), [this, &facts, mine](const ApiAnswer& answer) {
    // What was answered before this one is over now.
    facts.rates[mine].answered = answer.arrived;
    if (!answer.success) return;
    for (size_t i = 0; i < mine; ++i)
      if (facts.rates[i].answered && facts.rates[i].until.value == INT64_MAX)
        facts.rates[i].until = parts_.loop.now();
  });
}

void Operators::pause_job(JobFacts& facts, const std::string& code, bool pause) {
  if (!pause) {
    facts.paused = false;
    ++facts.resumes_asked;
    ++facts.resumes_under_way;
  }
  // Calls overtake each other: a pause is sure to last only when no resume was on its way.
  const bool sure = facts.resumes_under_way == 0;
  call(pause ? "PauseJob" : "ResumeJob", {{"JobId", code}},
       [&facts, pause, sure, resumes = facts.resumes_asked](const ApiAnswer& answer) {
         if (answer.arrived && !pause) --facts.resumes_under_way;
         if (answer.success && pause && sure && resumes == facts.resumes_asked) facts.paused = true;
       });
}

// --- looking

void Operators::read() {
  if (jobs_.empty()) return;
  Dice& dice = parts_.dice;
  auto& [facts, code] = dice.pick(jobs_);
  if (dice.chance(0.2)) return look_at_events(*facts, code);
  if (dice.chance(0.15)) return explain_task(*facts);
  if (dice.chance(0.4)) return read_statistics(*facts, code);
  if (dice.chance(0.2)) return call("QueryJob", {{"JobId", code}}, [](const ApiAnswer&) {});
  if (dice.chance(0.2))
    return call("ListJob", {{"PageSize", "10"}, {"CurrentPage", "1"}}, [](const ApiAnswer&) {});
  auto seen = std::make_shared<TasksSeen>();
  if (parts_.truth.all_rows_made(facts->id)) seen->at_least = parts_.truth.tasks_at_least(*facts);
  list_tasks(*facts, code, "", seen);
}

void Operators::read_statistics(JobFacts& facts, const std::string& code) {
  call("QueryJobStatistics", {{"JobId", code}}, [this, &facts](const ApiAnswer& answer) {
    if (!answer.success) return;
    const auto number = [&](std::string_view name) {
      return parse_int(answer.raw({"Data", name})).value_or(-1);
    };
    int64_t sum = 0;
    for (const char* name :
         {"Queued", "Sent", "InProgress", "Succeeded", "Failed", "Rejected", "TimeOut", "Cancelled"}) {
      if (number(name) < 0) parts_.truth.violated("QueryJobStatistics answered a negative number");
      sum += number(name);
    }
    const int64_t total = number("Total");
    if (sum != total) parts_.truth.violated("QueryJobStatistics does not add up");
    const auto most = static_cast<int64_t>(facts.must.size() + facts.may.size());
    const auto least = static_cast<int64_t>(parts_.truth.tasks_at_least(facts));
    if (total < least || (!facts.may_have_strangers && total > most))
      parts_.truth.violated("QueryJobStatistics counts " + std::to_string(total) + " tasks of job_" +
                            facts.marker);
  });
}

// Page after page: no task twice, and none left out of a job whose tasks were all made when the first one was
// asked for.
void Operators::list_tasks(JobFacts& facts, const std::string& code, std::string token,
                           std::shared_ptr<TasksSeen> seen) {
  NameValues parameters = {{"JobId", code}, {"Limit", std::to_string(parts_.dice.between(1, 10))}};
  if (!token.empty()) parameters.emplace_back("NextToken", token);
  call("ListTask", std::move(parameters), [this, &facts, code, seen](const ApiAnswer& answer) {
    if (!answer.success) return;
    for (const std::string_view task : json_elements(answer.raw({"Data", "data"}))) {
      std::string id = json_unquote(json_member(task, "TaskId").value_or("")).value_or("");
      const auto [it, fresh] = seen->ids.insert(std::move(id));
      if (!fresh) return parts_.truth.violated("ListTask gave one task on two pages: " + *it);
    }
    const std::string next = answer.text({"NextToken"});
    if (!next.empty()) return list_tasks(facts, code, next, seen);
    if (seen->ids.size() < seen->at_least && !parts_.truth.may_be_deleted(facts))
      parts_.truth.violated("ListTask left out tasks of job_" + facts.marker);
  });
}

}  // namespace rollcall::sim
