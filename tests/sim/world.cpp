#include "sim/world.hpp"

namespace rollcall::sim {
namespace {

constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kMinuteUs = 60 * kSecondUs;

}  // namespace

World::World(uint64_t seed, bool keep_text) : World(make_plan(seed), seed, keep_text) {}

World::World(const Plan& plan, uint64_t seed, bool keep_text)
    : plan_(plan),
      dice_(seed),
      loop_(clock_),
      trace_(clock_, keep_text),
      disk_(seed ^ 0xd15c, clock_),
      network_(loop_, dice_, trace_, plan_.latency_us_max, plan_.cores),
      truth_(plan_, clock_, trace_, network_),
      parts_{plan_, clock_, loop_, dice_, trace_, disk_, network_, truth_, {}},
      server_(parts_),
      operators_(parts_, server_) {
  parts_.on_power_cut = [this] { loop_.after(0, [this] { end_process(true); }); };
  operators_.on_device = [this](const Identity& identity) { add_client(identity, false); };
}

World::~World() { truth_.process_ended(); }

Outcome World::run() {
  const SteadyUs started = clock_.steady();
  start_server();
  if (set_up()) {
    troubled_ = true;
    arm_troubles();
    operators_.begin();
    check_now_and_then();
    run_for(plan_.minutes * kMinuteUs);
    quiet();
  }
  Outcome outcome;
  outcome.clean = truth_.holds();
  outcome.violation = truth_.violation();
  outcome.about = truth_.about();
  outcome.trace_hash = trace_.hash();
  outcome.virtual_ms = (clock_.steady() - started) / 1'000;
  outcome.rows = truth_.rows_seen();
  outcome.reports = truth_.reports_sent();
  outcome.calls = operators_.calls();
  outcome.calls_succeeded = operators_.successes();
  outcome.crashes = disk_.counters().crashes + disk_.counters().kills;
  for (const uint64_t n : disk_.counters().faults) outcome.disk_faults += n;
  return outcome;
}

void World::run_for(int64_t us) {
  const SteadyUs until = loop_.now() + us;
  while (truth_.holds() && loop_.step(until)) {
  }
}

bool World::set_up() {
  return operators_.set_up([this] { loop_.step(loop_.now() + kSecondUs); }) && truth_.holds();
}

void World::add_client(const Identity& identity, bool twin) {
  Character character = draw_character(plan_, dice_);
  character.twin = twin;
  devices_.push_back(std::make_unique<SimDevice>(parts_, identity, character, known_codes_));
  devices_.back()->start(dice_.skewed(1'000, 20 * kSecondUs));
  if (!twin && dice_.chance(plan_.twin)) add_client(identity, true);
}

// --- the process

void World::start_server() {
  if (server_.is_up() || !truth_.holds()) return;
  if (server_.start()) {
    start_attempts_ = 0;
    return;
  }
  if (disk_.power_is_cut()) disk_.crash(dice_.random());
  // Whoever watches over the process starts it again; a disk that is broken for good is replaced some time.
  if (++start_attempts_ > 20) disk_.heal();
  loop_.after(dice_.between(kSecondUs / 10, 5 * kSecondUs), [this] { start_server(); });
}

void World::end_process(bool power_cut) {
  if (!server_.is_up() && !disk_.power_is_cut()) return;
  trace_.note(power_cut ? "power cut" : "killed");
  if (power_cut)
    disk_.crash(dice_.random());
  else
    disk_.kill();
  truth_.process_ended();
  server_.die();
  loop_.after(dice_.skewed(kSecondUs / 100, 30 * kSecondUs), [this] { start_server(); });
}

// --- troubles

void World::sometime(double per_minute, std::function<void()> what) {
  if (per_minute <= 0) return;
  const auto us = dice_.between(0, static_cast<int64_t>(120e6 / per_minute));
  loop_.after(us, [this, per_minute, what = std::move(what)] {
    if (!troubled_) return;
    what();
    sometime(per_minute, what);
  });
}

void World::arm_troubles() {
  sometime(plan_.crash_per_minute, [this] {
    if (!server_.is_up()) return;
    if (dice_.chance(plan_.crash_in_write))
      disk_.cut_power_at(dice_.between(1, 60));
    else
      end_process(true);
  });
  sometime(plan_.kill_per_minute, [this] {
    if (server_.is_up()) end_process(false);
  });
  sometime(plan_.bad_spells_per_minute, [this] { bad_spell(); });
  sometime(plan_.full_per_minute, [this] {
    trace_.note("disk full");
    disk_.set_free_bytes(dice_.between(0, 200'000));
    loop_.after(dice_.skewed(kSecondUs, 60 * kSecondUs), [this] { disk_.set_free_bytes(Disk::kUnlimited); });
  });
  sometime(plan_.wall_steps_per_minute, [this] {
    const int64_t ms = dice_.between(-3'600'000, 3'600'000);
    trace_.note("wall step", ms);
    clock_.step_wall_ms(ms);
  });
  if (plan_.slow_disk > 0) {
    FaultPlan faults;
    faults[DiskFault::Slow] = static_cast<uint32_t>(plan_.slow_disk * 1e6);
    disk_.set_faults(faults);
  }
}

// Some seconds in which the disk fails in one way or in several.
void World::bad_spell() {
  trace_.note("bad spell");
  FaultPlan faults;
  const auto chance = static_cast<uint32_t>(plan_.disk_fault * 1e6);
  for (const DiskFault fault :
       {DiskFault::ReadError, DiskFault::WriteError, DiskFault::ShortWrite, DiskFault::TornWrite,
        DiskFault::SyncError, DiskFault::TruncateError, DiskFault::OpenError})
    if (dice_.chance(0.3)) faults[fault] = chance;
  faults[DiskFault::Slow] = static_cast<uint32_t>(plan_.slow_disk * 1e6);
  disk_.set_faults(faults);
  loop_.after(dice_.skewed(kSecondUs / 10, 20 * kSecondUs), [this] {
    FaultPlan calm;
    calm[DiskFault::Slow] = static_cast<uint32_t>(plan_.slow_disk * 1e6);
    disk_.set_faults(calm);
  });
}

void World::check_now_and_then() {
  loop_.after(dice_.between(kSecondUs, 20 * kSecondUs), [this] {
    if (server_.is_up() && !disk_.power_is_cut()) {
      truth_.check_all();
      check_presence();
    }
    check_now_and_then();
  });
}

// A device that is surely there must be seen there: the end of an old connection is not its own.
void World::check_presence() {
  if (!has_sound_disk(plan_) || plan_.slow_disk > 0) return;
  for (const auto& device : devices_) {
    const bool surely = device->is_online() && loop_.now() - device->online_since() > 5 * kSecondUs &&
                        network_.is_whole(device->connection());
    if (surely) truth_.check_online(device->identity().id, device->connection());
  }
}

// --- the quiet end: the disk is well, everybody comes and answers, nobody interferes

void World::quiet() {
  if (!truth_.holds()) return;
  trace_.note("quiet");
  troubled_ = false;
  operators_.stop();
  if (disk_.power_is_cut()) end_process(true);
  disk_.heal();
  disk_.cut_power_at(0);
  if (!server_.is_up()) start_server();
  run_for(40 * kSecondUs);
  operators_.make_peace();
  for (auto& device : devices_) {
    if (device->character().twin)
      device->leave();
    else
      device->become_honest();
  }
  run_for(8 * kMinuteUs);
  truth_.check_at_rest(false);
  // Where somebody turned the wall clock, a job's life and its start, which are wall times, may be hours
  // away.
  if (!truth_.holds() || !truth_.jobs_are_open() || plan_.wall_steps_per_minute > 0) return;
  run_for(plan_.job_lifetime_ms * 1'000 + 12 * kMinuteUs);
  truth_.check_at_rest(true);
}

}  // namespace rollcall::sim
