// Looking at what happened to tasks, and why they wait: the extensions ListTaskEvents and ExplainTask.
#include <algorithm>
#include <memory>

#include "base/json.hpp"
#include "sim/operators.hpp"

namespace rollcall::sim {
namespace {

std::string member(std::string_view event, std::string_view name) {
  const std::string_view raw = json_member(event, name).value_or("");
  return json_unquote(raw).value_or(std::string(raw));
}

}  // namespace

void Operators::look_at_events(JobFacts& facts, const std::string& code) {
  auto listing = std::make_shared<EventListing>();
  listing->known = parts_.truth.events_known(facts.id);
  listing->facts = &facts;
  if (parts_.dice.chance(0.5)) {
    listing->parameters = {{"JobId", code}};
  } else {
    const auto tasks = static_cast<int64_t>(facts.must.size() + facts.may.size());
    listing->task = TaskKey{facts.id, parts_.dice.between(0, std::max<int64_t>(0, tasks - 1))};
    listing->parameters = {{"TaskId", parts_.truth.code_of(*listing->task)}};
  }
  list_events(std::move(listing), "");
}

void Operators::list_events(std::shared_ptr<EventListing> listing, const std::string& token) {
  NameValues parameters = listing->parameters;
  parameters.emplace_back("Limit", std::to_string(parts_.dice.between(1, 12)));
  if (!token.empty()) parameters.emplace_back("NextToken", token);
  call("ListTaskEvents", std::move(parameters), [this, listing](const ApiAnswer& answer) {
    const bool unmade = listing->task && !listing->known.contains(*listing->task);
    // A deleted job answers like any other.
    const bool not_existed = answer.code.starts_with("iot.job.NotExisted");
    if (not_existed && !unmade && !parts_.truth.may_be_gone(listing->facts->id))
      return parts_.truth.violated("ListTaskEvents does not know job_" + listing->facts->marker);
    if (!answer.success) return;
    for (const std::string_view event : json_elements(answer.raw({"Data", "Event"}))) {
      std::string text;
      for (const char* name :
           {"UtcTime", "Cause", "From", "To", "Attempt", "Progress", "Message", "StatusDetail"})
        text += member(event, name) + "|";
      listing->seen[parts_.truth.task_of(member(event, "TaskId"))].push_back(std::move(text));
    }
    const std::string next = answer.text({"NextToken"});
    if (!next.empty()) return list_events(listing, next);
    for (const auto& [key, events] : listing->seen) parts_.truth.events_listed(key, events);
    for (const auto& [key, count] : listing->known) {
      if (listing->task && key != *listing->task) continue;
      auto it = listing->seen.find(key);
      if (it == listing->seen.end() || it->second.size() < count + 1)
        return parts_.truth.violated(key, "ListTaskEvents left out events");
    }
  });
}

void Operators::explain_task(JobFacts& facts) {
  const auto tasks = static_cast<int64_t>(facts.must.size() + facts.may.size());
  const TaskKey key{facts.id, parts_.dice.between(0, std::max<int64_t>(0, tasks - 1))};
  const bool known = parts_.truth.events_known(facts.id).contains(key);
  call("ExplainTask", {{"TaskId", parts_.truth.code_of(key)}},
       [this, key, known, &facts](const ApiAnswer& answer) {
         if (answer.code == "iot.job.NotExistedTask" && known && !parts_.truth.may_be_deleted(facts))
           return parts_.truth.violated(key, "ExplainTask does not know it");
         if (!answer.success) return;
         if (json_elements(answer.raw({"Data", "Reasons", "Reason"})).empty())
           parts_.truth.violated(key, "ExplainTask gives no reason");
       });
}

}  // namespace rollcall::sim
