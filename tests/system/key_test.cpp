// `rollcall key` against a running server: accounts, sub-users and keys, and what they may do from then on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "client/fleet_setup.hpp"
#include "failing_server.hpp"
#include "job_calls.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KeyVerb : public ::testing::Test {
 protected:
  // Runs `rollcall key WORDS` as `settings` say; its output is in `output`.
  int key(const std::vector<std::string>& words, const client::ApiSettings& settings) {
    std::vector<std::string> all{binary_under_test(), "key"};
    all.insert(all.end(), words.begin(), words.end());
    const std::string log = folder.path() + "/output" + std::to_string(++runs);
    Process process;
    if (!process.start(all, log,
                       {{"ROLLCALL_ENDPOINT", server.http},
                        {"ROLLCALL_ACCESS_KEY_ID", settings.access_key_id},
                        {"ROLLCALL_ACCESS_KEY_SECRET", std::string(settings.access_key_secret.reveal())}}))
      return -1;
    const int status = process.exit_within(20'000).value_or(-2);
    output = read_file(log);
    return status;
  }
  int key(const std::vector<std::string>& words) { return key(words, server.settings); }

  // A client with the key that `output` tells.
  std::unique_ptr<client::ApiClient> client_of_output() {
    last = server.settings;
    last.access_key_id = value_of("ROLLCALL_ACCESS_KEY_ID=");
    last.access_key_secret = Secret(value_of("ROLLCALL_ACCESS_KEY_SECRET="));
    return std::make_unique<client::ApiClient>(last, server.clock, server.random);
  }
  std::string value_of(const std::string& name) const {
    const size_t at = output.find(name);
    EXPECT_NE(at, std::string::npos) << name << output;
    if (at == std::string::npos) return {};
    const size_t begin = at + name.size();
    return output.substr(begin, output.find('\n', begin) - begin);
  }
  static std::string code(client::ApiClient& api, const std::string& action, const NameValues& parameters) {
    const auto answer = api.call(action, parameters);
    return !answer ? "no answer" : answer->success ? "" : answer->code;
  }

  const NameValues page{{"PageSize", "5"}, {"CurrentPage", "1"}};
  ScratchFolder folder;
  net::CoreLoop loop;
  RollcallServer server{binary_under_test(), loop};
  client::ApiSettings last;
  std::string output;
  int runs = 0;
};

TEST_F(KeyVerb, MakesAccountsWhoseKeysSeeNothingOfOthers) {
  ASSERT_EQ(code(*server.client(), "CreateProduct", {{"ProductName", "mine"}, {"NodeType", "0"}}), "");
  ASSERT_EQ(key({"account", "create", "other", "--instance", "iot-other"}), 0) << output;
  ASSERT_EQ(key({"create", "--account", "other"}), 0) << output;
  auto other = client_of_output();
  auto list = other->require("QueryProductList", page);
  ASSERT_TRUE(list) << public_message(list.error());
  EXPECT_EQ(list->number("Data.Total"), 0);
  EXPECT_EQ(
      code(*other, "QueryProductList", {{"PageSize", "5"}, {"CurrentPage", "1"}, {"IotInstanceId", "iot-x"}}),
      "iot.system.InstanceNotFound");
  EXPECT_EQ(key({"list"}, last), 1) << "only an administrator may";
  EXPECT_THAT(output, HasSubstr("NoPermission"));
  EXPECT_EQ(key({"list"}), 0);
  EXPECT_THAT(output, HasSubstr("Account\tName=other"));
  EXPECT_THAT(output, HasSubstr(last.access_key_id));
  EXPECT_THAT(output, Not(HasSubstr(std::string(last.access_key_secret.reveal()))));
}

TEST_F(KeyVerb, ChangesActAtOnceAndSurviveAKill) {
  ASSERT_EQ(key({"user", "put", "viewer", "--policy", "iot:Query* ListJob"}), 0) << output;
  ASSERT_EQ(key({"create", "--user", "viewer"}), 0) << output;
  auto viewer = client_of_output();
  const std::string id = last.access_key_id;
  EXPECT_EQ(code(*viewer, "ListJob", page), "");
  EXPECT_EQ(code(*viewer, "CreateProduct", {{"ProductName", "p"}, {"NodeType", "0"}}), "NoPermission");
  ASSERT_EQ(key({"disable", id}), 0) << output;
  EXPECT_EQ(code(*viewer, "ListJob", page), "InvalidAccessKeyId.Inactive");
  ASSERT_EQ(key({"enable", id}), 0) << output;
  EXPECT_EQ(code(*viewer, "ListJob", page), "");
  ASSERT_EQ(key({"rotate", id}), 0) << output;
  EXPECT_EQ(code(*viewer, "ListJob", page), "SignatureDoesNotMatch");
  viewer = client_of_output();
  server.process.kill_hard();
  server.start_again();
  EXPECT_EQ(code(*viewer, "ListJob", page), "");
  ASSERT_EQ(key({"delete", id}), 0) << output;
  EXPECT_EQ(code(*viewer, "ListJob", page), "InvalidAccessKeyId.NotFound");
}

TEST_F(KeyVerb, TakesKeysAndInstancesThatAreKnownAlready) {
  ASSERT_EQ(key({"add", "LTAIold", "--secret", "old secret"}), 0) << output;
  auto old = server.settings;
  old.access_key_id = "LTAIold";
  old.access_key_secret = Secret("old secret");
  client::ApiClient api(old, server.clock, server.random);
  NameValues elsewhere = page;
  elsewhere.emplace_back("IotInstanceId", "iot-cn-old");
  EXPECT_EQ(code(api, "ListJob", elsewhere), "iot.system.InstanceNotFound");
  ASSERT_EQ(key({"instance", "alias", "iot-cn-old"}), 0) << output;
  EXPECT_EQ(code(api, "ListJob", elsewhere), "");
  ASSERT_EQ(key({"instance", "create", "iot-two"}), 0) << output;
  ASSERT_EQ(key({"instance", "unalias", "iot-cn-old"}), 0) << output;
  EXPECT_EQ(code(api, "ListJob", elsewhere), "iot.system.InstanceNotFound");
}

TEST_F(KeyVerb, TheLastAdministratorKeyStays) {
  const std::string id = server.settings.access_key_id;
  for (const char* verb : {"delete", "disable"}) {
    EXPECT_EQ(key({verb, id}), 1);
    EXPECT_THAT(output, HasSubstr("iot.access.LastAdministratorKey"));
  }
  ASSERT_EQ(key({"create", "--administrator"}), 0) << output;
  client_of_output();
  ASSERT_EQ(key({"delete", id}, last), 0) << output;
  EXPECT_EQ(key({"list"}), 1);
  EXPECT_EQ(key({"list"}, last), 0);
}

}  // namespace
}  // namespace rollcall::testing
