// Every command on a job in every state it can be in, against a table (cloud-api A.2 to A.5, B.1;
// DESIGN 5.14, 5.16, 5.17).
#include <sstream>

#include "engine/big_job.hpp"

namespace rollcall::testing {
namespace {

using What = decltype(engine::ApiCommand::what);

constexpr const char* kStates[] = {"INITIALIZING", "WAITING",   "IN_PROGRESS", "PAUSED",    "COMPLETED",
                                   "CANCELLING",   "CANCELLED", "REMOVING",    "TIMED_OUT", "GONE"};

// ok; - is InvalidJobStatus; none is NotExistedJob. The columns are kStates.
constexpr const char* kTable = R"(
Update       ok ok ok ok -  -  -  -  -  none
Cancel       ok ok ok ok -  -  -  -  -  none
Delete       ok ok ok ok ok ok ok ok ok none
Rerun        -  -  -  -  ok -  -  -  ok none
RerunStatus  -  -  -  -  ok -  -  -  ok none
RerunTask    -  -  -  -  ok -  -  -  ok none
Pause        ok ok ok ok -  -  -  -  -  none
Resume       ok ok ok ok -  -  -  -  -  none
)";

// A world with one job, number 1, in that state.
class JobIn {
 public:
  explicit JobIn(const std::string& state) : world(slow_sweeps()) {
    const std::string product = world.make_product("lamps");
    add_devices(world, product, 20);
    engine::CreateJob create = World::custom_job(product);
    if (state == "WAITING") create.spec.scheduled_at = world.clock.wall() + 3'600'000;
    if (state == "COMPLETED") create.spec.offline_policy = OfflinePolicy::Fail;
    if (state == "TIMED_OUT") create.spec.lifetime_ms = 60'000;
    run_batches(world, create, 3);
    if (state == "INITIALIZING") return;
    world.pass_ms(1'000);
    if (state == "PAUSED") EXPECT_TRUE(world.call(engine::PauseJob{job}));
    if (state == "CANCELLING") run_batches(world, engine::CancelJob{job}, 2);
    if (state == "CANCELLED") EXPECT_TRUE(world.call(engine::CancelJob{job}));
    if (state == "REMOVING") run_batches(world, engine::DeleteJob{job}, 2);
    if (state == "GONE") EXPECT_TRUE(world.call(engine::DeleteJob{job}));
    if (state == "TIMED_OUT") world.pass_ms(61'000);
  }

  // As the store has it.
  std::string state() {
    const JobId ids[] = {job};
    const auto rows = world.store->jobs(ids);
    if (rows->empty()) return "GONE";
    return rows->front().paused ? "PAUSED" : std::string(job_status_text(rows->front().status));
  }

  What command(const std::string& name) {
    if (name == "Update") return engine::UpdateJob{job, "text", {}, {}, {}};
    if (name == "Cancel") return engine::CancelJob{job};
    if (name == "Delete") return engine::DeleteJob{job};
    if (name == "Pause") return engine::PauseJob{job};
    if (name == "Resume") return engine::ResumeJob{job};
    engine::RerunJob rerun;
    rerun.job = job;
    if (name == "RerunStatus") rerun.statuses = {TaskStatus::Failed, TaskStatus::TimedOut};
    if (name == "RerunTask") rerun.tasks = {{job, 3}};
    return rerun;
  }

  World world;
  JobId job{1};

 private:
  static engine::EngineConfig slow_sweeps() {
    engine::EngineConfig config;
    config.sweep_rows = 1;
    return config;
  }
};

TEST(JobCommands, AreAnsweredByTheTableInEveryState) {
  std::istringstream lines(kTable);
  std::string name, expected;
  size_t rows = 0;
  while (lines >> name) {
    ++rows;
    for (const char* state : kStates) {
      ASSERT_TRUE(lines >> expected);
      JobIn in(state);
      ASSERT_EQ(in.state(), state);
      const auto answer = in.world.call(in.command(name));
      const std::string got = answer                                               ? "ok"
                              : answer.error().code == ErrorCode::InvalidJobStatus ? "-"
                              : answer.error().code == ErrorCode::NotExistedJob    ? "none"
                                                                                   : "?";
      EXPECT_EQ(got, expected) << name << " of a job that is " << state;
      // What was refused changed nothing.
      if (got != "ok" && std::string(state) != "CANCELLING" && std::string(state) != "REMOVING" &&
          std::string(state) != "INITIALIZING")
        EXPECT_EQ(in.state(), state) << name;
      in.world.pass_ms(1'000);
      if (in.state() != "GONE") in.world.expect_counters_match(in.job);
    }
  }
  EXPECT_EQ(rows, 8u) << "UpdateJob, CancelJob, DeleteJob, three kinds of RerunJob, PauseJob, ResumeJob";
}

// Where each accepted command leads, once its sweep is through.
TEST(JobCommands, LeadToTheStateOfTheTable) {
  constexpr const char* kLeads = R"(
INITIALIZING Cancel CANCELLED
INITIALIZING Delete GONE
INITIALIZING Pause PAUSED
INITIALIZING Resume IN_PROGRESS
INITIALIZING Update IN_PROGRESS
WAITING Cancel CANCELLED
WAITING Delete GONE
WAITING Pause PAUSED
WAITING Resume WAITING
WAITING Update WAITING
IN_PROGRESS Cancel CANCELLED
IN_PROGRESS Delete GONE
IN_PROGRESS Pause PAUSED
IN_PROGRESS Resume IN_PROGRESS
IN_PROGRESS Update IN_PROGRESS
PAUSED Cancel CANCELLED
PAUSED Delete GONE
PAUSED Pause PAUSED
PAUSED Resume IN_PROGRESS
PAUSED Update PAUSED
COMPLETED Delete GONE
COMPLETED Rerun COMPLETED
COMPLETED RerunTask COMPLETED
CANCELLING Delete GONE
CANCELLED Delete GONE
REMOVING Delete GONE
TIMED_OUT Delete GONE
TIMED_OUT Rerun IN_PROGRESS
TIMED_OUT RerunTask IN_PROGRESS
)";
  std::istringstream lines(kLeads);
  std::string from, name, to;
  while (lines >> from >> name >> to) {
    JobIn in(from);
    ASSERT_TRUE(in.world.call(in.command(name))) << from << " " << name;
    in.world.pass_ms(1'000);
    EXPECT_EQ(in.state(), to) << name << " of a job that is " << from;
  }
}

}  // namespace
}  // namespace rollcall::testing
