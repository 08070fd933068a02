#include "api/action_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/fake_ports.hpp"

namespace rollcall::api {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Call call_of(Pairs parameters) {
  return {{InstanceId{7}, "key", "127.0.0.1", "request"}, Parameters(std::move(parameters)), WallMs{1}, {}};
}

// A value of the right form for each required parameter of an action.
Pairs required_values(const ActionRow& row) {
  Pairs values;
  for (const ParameterSpec& spec : row.parameters)
    if (spec.required) values.emplace_back(spec.name, spec.kind == ParameterKind::Integer ? "1" : "{}");
  return values;
}

TEST(ActionTable, FindsEachActionByItsExactName) {
  for (const ActionRow& row : action_table()) EXPECT_EQ(find_action(row.name), &row) << row.name;
  EXPECT_EQ(find_action("createjob"), nullptr);
  EXPECT_EQ(find_action(""), nullptr);
  EXPECT_EQ(find_action("ZZZ"), nullptr);
}

TEST(ActionTable, KnowsTheLimitsOfTheVendorAndWhatIsOurs) {
  for (const char* name : {"CreateJob", "CancelJob", "DeleteJob", "UpdateJob", "RerunJob", "PauseJob",
                           "ResumeJob", "QueryJob", "ListJob", "QueryJobStatistics", "ListTask", "QueryTask"})
    EXPECT_EQ(find_action(name)->qps, 5) << name;
  EXPECT_EQ(find_action("RegisterDevice")->qps, 30);
  const std::set<std::string_view> ours = {"ChangeAccess",   "ExplainTask", "ExportDevices", "ExportFleet",
                                           "ImportAccess",   "ImportFleet", "ListAccess",    "ListDeviceLogs",
                                           "ListTaskEvents", "PauseJob",    "ResumeJob"};
  for (const ActionRow& row : action_table()) {
    EXPECT_EQ(row.extension, ours.contains(row.name)) << row.name;
    EXPECT_GT(row.qps, 0) << row.name;
    EXPECT_NE(row.handle, nullptr) << row.name;
  }
}

TEST(ActionTable, NamesEachRequiredParameterOfEachActionThatIsAbsentOrEmpty) {
  for (const ActionRow& row : action_table()) {
    const Pairs values = required_values(row);
    for (size_t i = 0; i < values.size(); ++i) {
      Pairs absent = values;
      absent.erase(absent.begin() + static_cast<std::ptrdiff_t>(i));
      Call without = call_of(absent);
      const auto status = check_parameters(row, without);
      ASSERT_FALSE(status) << row.name;
      EXPECT_EQ(api_code(status.error()), "Missing" + values[i].first) << row.name;
      EXPECT_EQ(public_message(status.error()), values[i].first + " is mandatory for this action.");
      Pairs empty = values;
      empty[i].second.clear();
      Call with_empty = call_of(empty);
      const auto again = check_parameters(row, with_empty);
      ASSERT_FALSE(again) << row.name;
      EXPECT_EQ(api_code(again.error()), "Missing" + values[i].first) << row.name;
    }
    Call complete = call_of(values);
    EXPECT_TRUE(check_parameters(row, complete)) << row.name;
    EXPECT_TRUE(complete.warnings.empty()) << row.name;
  }
}

TEST(ActionTable, HasARuleForEveryParameter) {
  for (const ActionRow& row : action_table())
    for (const ParameterSpec& spec : row.parameters) {
      EXPECT_FALSE(spec.rule.empty()) << row.name << "." << spec.name;
      EXPECT_EQ(spec.rule.find_first_of("|\n"), std::string_view::npos) << "a cell of a table holds it";
      EXPECT_FALSE(spec.rule.ends_with('.') || spec.rule.starts_with(' ')) << row.name << "." << spec.name;
    }
}

TEST(ActionTable, RefusesValuesThatAreNotOfTheirKind) {
  struct Bad {
    const char* action;
    Pairs parameters;
    ErrorCode code;
  };
  const Bad rows[] = {
      {"ListJob", {{"PageSize", "ten"}, {"CurrentPage", "1"}}, ErrorCode::InvalidPageParams},
      {"ListJob", {{"PageSize", "10"}, {"CurrentPage", "1.0"}}, ErrorCode::InvalidPageParams},
      {"ListTask", {{"Limit", "99999999999999999999"}}, ErrorCode::InvalidPageParams},
      {"CreateProduct", {{"ProductName", "lamp"}, {"NodeType", "x"}}, ErrorCode::InvalidNodeType},
      {"CreateProduct",
       {{"ProductName", "lamp"}, {"NodeType", "0"}, {"Id2", "1"}},
       ErrorCode::InvalidFormattedParameter},
      {"CreateProduct",
       {{"ProductName", "lamp"}, {"NodeType", "0"}, {"DataFormat", "json"}},
       ErrorCode::InvalidFormattedParameter},
      {"ImportFleet", {{"Entries", "{}"}, {"DryRun", "yes"}}, ErrorCode::InvalidFormattedParameter},
      {"ImportAccess", {{"Entries", "{}"}, {"DryRun", "yes"}}, ErrorCode::InvalidFormattedParameter},
      {"QueryJob", {{"JobId", "a\xff"}}, ErrorCode::InvalidFormattedParameter},
      {"QueryJob", {{"JobId", std::string("a\0b", 3)}}, ErrorCode::InvalidFormattedParameter},
      {"QueryJob", {{"JobId", "a\x1b"}}, ErrorCode::InvalidFormattedParameter},
      {"QueryJob", {{"JobId", "a\x7f"}}, ErrorCode::InvalidFormattedParameter},
  };
  for (const Bad& row : rows) {
    Call call = call_of(row.parameters);
    const auto status = check_parameters(*find_action(row.action), call);
    ASSERT_FALSE(status) << row.action;
    EXPECT_EQ(status.error().code, row.code) << row.action << ": " << status.error().message;
  }
}

TEST(ActionTable, KnowsCommonParametersListsAndObjects) {
  Call common = call_of({{"JobId", "x"},
                         {"IotInstanceId", "i"},
                         {"RegionId", "r"},
                         {"Format", "JSON"},
                         {"SignatureType", ""},
                         {"ApiProduct", "Iot"},
                         {"SourceIp", "1"},
                         {"Action", "QueryJob"}});
  EXPECT_TRUE(check_parameters(*find_action("QueryJob"), common));
  EXPECT_TRUE(common.warnings.empty()) << common.warnings.header_text();

  Call lists = call_of({{"ProductKey", "p"},
                        {"DeviceName.1", "a"},
                        {"DeviceName.2", "b"},
                        {"DeviceNameList.1.DeviceName", "c"}});
  EXPECT_TRUE(check_parameters(*find_action("BatchCheckDeviceNames"), lists));
  EXPECT_TRUE(lists.warnings.empty()) << lists.warnings.header_text();
}

TEST(ActionTable, ReportsParametersThatAnActionDoesNotHave) {
  Call call = call_of({{"ProductKey", "p"},
                       {"productKey", "p"},
                       {"DeviceName", "a"},
                       {"DeviceName.x", "a"},
                       {"DeviceName.0", "a"},
                       {"DeviceName.01", "a"},
                       {"DeviceNameList.0.DeviceName", "a"},
                       {"DeviceName.1.Name", "a"},
                       {"DeviceNameList.1", "a"},
                       {"ProductKey.1", "p"},
                       {"JobId", "j"}});
  EXPECT_TRUE(check_parameters(*find_action("BatchCheckDeviceNames"), call));
  EXPECT_EQ(call.warnings.count(), 10u) << call.warnings.header_text();
}

}  // namespace
}  // namespace rollcall::api
