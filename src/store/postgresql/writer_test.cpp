#include "store/postgresql/writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::store::postgresql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text.push_back(static_cast<char>(value));
  return text;
}

// The bytes of the only parameter.
std::string only(const Parameters& parameters) {
  std::vector<const char*> values;
  std::vector<int> lengths;
  parameters.list(values, lengths);
  EXPECT_EQ(values.size(), 1u);
  return std::string(values[0], static_cast<size_t>(lengths[0]));
}

TEST(PostgresqlParameters, TravelMostSignificantByteFirst) {
  EXPECT_EQ(only(Parameters() << int64_t{258}), bytes({0, 0, 0, 0, 0, 0, 1, 2}));
  EXPECT_EQ(only(Parameters() << int32_t{-2}), bytes({255, 255, 255, 254}));
  EXPECT_EQ(only(Parameters() << TaskStatus::Sent), bytes({0, 2}));
  EXPECT_EQ(only(Parameters() << true), bytes({1}));
  EXPECT_EQ(only(Parameters() << std::string("a\0b", 3)), bytes({'a', 0, 'b'}));
  EXPECT_EQ(only(Parameters() << Secret("s")), "0s") << "in an envelope";
}

TEST(PostgresqlParameters, TellNullFromEmpty) {
  Parameters parameters;
  parameters << std::optional<WallMs>() << std::string();
  std::vector<const char*> values;
  std::vector<int> lengths;
  parameters.list(values, lengths);
  EXPECT_EQ(values[0], nullptr);
  EXPECT_NE(values[1], nullptr);
  EXPECT_THAT(lengths, ElementsAre(0, 0));
}

TEST(PostgresqlParameters, AColumnIsAnArrayOfOneDimension) {
  Column<uint8_t> column;
  column.add(7);
  column.add_null();
  EXPECT_EQ(only(Parameters() << std::move(column)),
            bytes({0, 0, 0, 1, 0, 0, 0,   1,   0,   0,  0, 21,  // dimensions, NULLs, smallint
                   0, 0, 0, 2, 0, 0, 0,   1,                    // rows, first index
                   0, 0, 0, 2, 0, 7, 255, 255, 255, 255}));     // 7, NULL
}

TEST(PostgresqlParameters, AColumnThatNobodyUsedHasNoDimension) {
  EXPECT_EQ(only(Parameters() << Column<int64_t>()), bytes({0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 20}));
}

TEST(PostgresqlParameters, AColumnIsFilledUpToTheFirstRowThatUsesIt) {
  Column<bool> column;
  column.fill(2);
  column.add(true);
  Column<bool> same;
  same.add_null();
  same.add_null();
  same.add(true);
  EXPECT_EQ(only(Parameters() << std::move(column)), only(Parameters() << std::move(same)));
}

TEST(PostgresqlWriter, CutsChangesOfOneKeyIntoRuns) {
  const std::vector<int> keys{5, 3, 5, 1, 5, 3};
  const auto runs = runs_by_key(keys.size(), [&](uint32_t i) { return keys[i]; });
  EXPECT_THAT(runs, ElementsAre(ElementsAre(3, 1, 0), ElementsAre(5, 2), ElementsAre(4)));
  EXPECT_THAT(runs_by_key(0, [](uint32_t i) { return i; }), IsEmpty());
}

std::vector<std::string> names(const ChangeSet& changes) {
  Steps steps;
  CommitResult result;
  write(changes, steps, result);
  std::vector<std::string> names;
  for (const Step& step : steps) names.emplace_back(step.sql->name);
  return names;
}

TEST(PostgresqlWriter, HasOneStatementForAnyNumberOfTasks) {
  ChangeSet changes;
  EXPECT_THAT(names(changes), IsEmpty());
  for (int64_t i = 0; i < 1'000; ++i) {
    changes.tasks.emplace_back();
    changes.tasks.back().task.key = {JobId{1 + i % 3}, i};
  }
  EXPECT_THAT(names(changes), ElementsAre("task_change"));
  changes.tasks.push_back(changes.tasks.front());
  EXPECT_THAT(names(changes), ElementsAre("task_change", "task_change"));
}

TEST(PostgresqlWriter, ChangesADeviceOfTheSetBehindItsCreation) {
  ChangeSet changes;
  changes.new_devices.emplace_back();
  changes.new_devices[0].device.id = DeviceId{2};
  changes.devices = {{DeviceId{2}, {}, true, false, false, {}}, {DeviceId{1}, {}, true, true, true, {}}};
  EXPECT_THAT(names(changes), ElementsAre("device_change", "device_insert", "device_change", "task_end",
                                          "last_values_delete", "offline_message_delete_all"));
}

TEST(PostgresqlWriter, EndsTasksBehindWhateverMakesThem) {
  ChangeSet changes;
  changes.devices = {{DeviceId{1}, {}, true, true, true, {}}};
  changes.new_jobs.emplace_back();
  changes.make_tasks.emplace_back();
  changes.sweep_tasks.emplace_back();
  changes.tasks.emplace_back();
  EXPECT_THAT(names(changes),
              ElementsAre("device_change", "job_insert", "task_make_product", "task_sweep", "task_change",
                          "task_end", "last_values_delete", "offline_message_delete_all"));
}

}  // namespace
}  // namespace rollcall::store::postgresql
