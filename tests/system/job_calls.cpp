#include "job_calls.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace rollcall::testing {

std::string create_job(client::ApiClient& api, const std::string& product_key, const std::string& rate) {
  auto answer = api.require(
      "CreateJob",
      {{"JobName", "crash_job"},
       {"Type", "CUSTOM_JOB"},
       {"JobDocument", "{\"do\":\"it\"}"},
       {"TargetConfig", "{\"targetType\":\"PRODUCT_KEY\",\"targetProduct\":\"" + product_key + "\"}"},
       {"RolloutConfig", "{\"maximumPerMinute\":" + rate + "}"}});
  EXPECT_TRUE(answer) << public_message(answer.error());
  return answer ? answer->text("JobId") : "";
}

std::set<std::string> tasks_with_status(client::ApiClient& api, const std::string& job,
                                        const std::string& status) {
  std::set<std::string> found;
  std::string token;
  do {
    NameValues parameters = {{"JobId", job}, {"Limit", "50"}, {"Status", status}};
    if (!token.empty()) parameters.emplace_back("NextToken", token);
    auto answer = api.require("ListTask", parameters);
    if (!answer) {
      ADD_FAILURE() << public_message(answer.error());
      return found;
    }
    for (std::string_view task : json_elements(answer->raw("Data.data")))
      if (auto id = json_member(task, "TaskId")) found.insert(json_unquote(*id).value_or(""));
    token = answer->text("NextToken");
  } while (!token.empty());
  return found;
}

}  // namespace rollcall::testing
