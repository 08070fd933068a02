#include "engine/world.hpp"

#include <cstdlib>
#include <string_view>

#include "base/overload.hpp"
#include "engine/hooked_store.hpp"
#include "store/postgresql/open.hpp"
#include "store/sqlite/open.hpp"
#include "support/postgresql_server.hpp"

namespace rollcall::testing {

namespace {

// The tests run on either store: ROLLCALL_TEST_STORE=postgresql.
std::string place_for(std::string path) {
  const char* wanted = std::getenv("ROLLCALL_TEST_STORE");
  if (path != kAnyStore) return path;
  if (wanted == nullptr || std::string_view(wanted) != "postgresql") return ":memory:";
  PostgresqlServer& server = PostgresqlServer::shared();
  if (!server.why_not().empty()) throw std::runtime_error(server.why_not());
  return server.fresh_url();
}

Result<std::unique_ptr<store::Store>> open_store(const std::string& path, Random& random) {
  static const SystemClock clock;  // the server's answers come in real time
  if (store::is_postgresql_url(path)) return store::open_postgresql({path, false}, clock, random);
  if (path.starts_with(kShared))
    return store::open_sqlite({path.substr(kShared.size()), false, 4096, "unix"}, random);
  return store::open_sqlite({path, true, 4096}, random);
}

}  // namespace

World::World(engine::EngineConfig engine_config, std::string path)
    : config(engine_config), path_(place_for(std::move(path))) {
  open_store_again();
  auto made = engine::Engine::open(*store, clock, random, *this, probe, config);
  if (!made) throw std::runtime_error(made.error().detail + made.error().message);
  engine = std::move(*made);
}

World::~World() = default;

void World::open_store_again() {
  auto opened = open_store(path_, random);
  if (!opened) throw std::runtime_error(opened.error().detail + opened.error().message);
  store = std::move(*opened);
  if (path_ != ":memory:") store = std::make_unique<HookedStore>(std::move(store));
  if (before_commit_) set_before_commit(before_commit_);
}

void World::refuse_ids(const std::string& kind) {
  auto* hooked = dynamic_cast<HookedStore*>(store.get());
  ASSERT_TRUE(hooked) << "needs a store in a file";
  hooked->refused_ids = kind;
}

void World::set_before_commit(std::function<void()> what) {
  before_commit_ = std::move(what);
  auto* hooked = dynamic_cast<HookedStore*>(store.get());
  if (hooked == nullptr) throw std::runtime_error("only a shared store has room for a hook");
  hooked->before_commit = before_commit_;
}

uint64_t World::ask(decltype(engine::ApiCommand::what) what, InstanceId instance, AccountId account) {
  const uint64_t ticket = next_ticket_++;
  send(engine::ApiCommand{{0, ticket}, {instance, "key", "127.0.0.1", "request", account}, std::move(what)});
  return ticket;
}

std::optional<Result<engine::Outcome>> World::answer(uint64_t ticket) {
  auto node = answers_.extract(ticket);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

void World::restart() {
  engine.reset();
  if (path_ != ":memory:") {
    store.reset();
    open_store_again();
  }
  devices.clear();
  engine = std::move(*engine::Engine::open(*store, clock, random, *this, probe, config));
}

void World::take(std::vector<engine::Effect>& effects) {
  for (engine::Effect& effect : effects) {
    std::visit(
        Overload{
            [&](engine::ApiReply& e) { answers_.insert_or_assign(e.ticket, std::move(e.outcome)); },
            [&](engine::DeviceFound& e) { founds.push_back(std::move(e)); },
            [&](engine::SessionOpened& e) {
              FakeDevice& device = devices.at(e.connection.slot);
              device.epoch = e.epoch;
              device.connected = true;
            },
            [&](engine::SessionRefused& e) { devices.at(e.connection.slot).connected = false; },
            [&](engine::Disconnect& e) {
              disconnects.push_back(e);
              devices.at(e.connection.slot).connected = false;
            },
            [&](engine::PushTask& e) {
              ++room;
              devices.at(e.connection.slot).pushes.push_back(std::move(e));
            },
            [&](engine::TellTask& e) { devices.at(e.connection.slot).told.push_back(e); },
            [&](engine::JobGetReply& e) { devices.at(e.connection.slot).gets.push_back(std::move(e)); },
            [&](engine::TagReply& e) { devices.at(e.connection.slot).tag_replies.push_back(std::move(e)); },
            [&](engine::JobUpdateReply& e) { devices.at(e.connection.slot).updates.push_back(std::move(e)); },
            [&](engine::Ack&) {},
        },
        effect.what);
  }
  effects.clear();
}

void World::settle() {
  std::vector<engine::Effect> effects;
  for (int i = 0; i < 10'000; ++i) {
    const bool more = engine->run(effects);
    take(effects);
    if (!more) return;
  }
  FAIL() << "the engine does not come to rest";
}

bool World::run_once() {
  std::vector<engine::Effect> effects;
  const bool more = engine->run(effects);
  take(effects);
  return more;
}

void World::pass_ms(int64_t ms, int64_t step_ms) {
  settle();
  for (int64_t passed = 0; passed < ms; passed += step_ms) {
    clock.advance_ms(std::min(step_ms, ms - passed));
    settle();
  }
}

void World::send(engine::Command command) {
  std::vector<engine::Command> one;
  one.push_back(std::move(command));
  engine->submit(one);
}

Result<engine::Outcome> World::call(decltype(engine::ApiCommand::what) what, InstanceId instance,
                                    AccountId account) {
  const uint64_t ticket = ask(std::move(what), instance, account);
  settle();
  auto given = answer(ticket);
  if (!given) return fail(ErrorCode::InternalError, "no answer");
  return std::move(*given);
}

std::string World::make_product(const std::string& name, const std::string& tsl) {
  Product product;
  product.name = name;
  product.has_thing_model = !tsl.empty();
  auto made = call(engine::CreateProduct{product});
  if (!made) throw std::runtime_error(public_message(made.error()));
  const std::string key = std::get<engine::ProductMade>(*made).product.key;
  if (!tsl.empty()) {
    if (auto done = call(engine::ImportThingModel{key, tsl}); !done)
      throw std::runtime_error(public_message(done.error()));
    if (auto done = call(engine::PublishThingModel{key, "", ""}); !done)
      throw std::runtime_error(public_message(done.error()));
  }
  return key;
}

DeviceId World::make_device(const std::string& product_key, const std::string& name) {
  auto made = call(engine::RegisterDevice{product_key, name, ""});
  if (!made) throw std::runtime_error(public_message(made.error()));
  return std::get<engine::DeviceMade>(*made).device.id;
}

FakeDevice& World::connect(DeviceId id, bool reachable, bool keeps) {
  FakeDevice& device = connect_later(id, reachable, keeps);
  settle();
  return device;
}

FakeDevice& World::connect_later(DeviceId id, bool reachable, bool keeps) {
  const uint32_t slot = next_slot_++;
  FakeDevice& device = devices[slot];
  device.id = id;
  device.at = {0, {slot, 1}};
  send(engine::OpenSession{device.at, id, std::make_shared<FixedReach>(reachable), "127.0.0.1:1", !keeps,
                           keeps});
  return device;
}

void World::disconnect(FakeDevice& device) {
  send(engine::CloseSession{device.session()});
  device.connected = false;
  settle();
}

JobId World::make_job(engine::CreateJob job) {
  auto made = call(std::move(job));
  if (!made) throw std::runtime_error(public_message(made.error()));
  return std::get<engine::JobMade>(*made).job;
}

engine::CreateJob World::custom_job(const std::string& product_key, int64_t per_minute) {
  engine::CreateJob job;
  job.spec.name = "test_job";
  job.spec.type = JobType::CustomJob;
  job.spec.document = R"({"key":"value"})";
  job.spec.target_type = TargetType::Product;
  job.spec.target_product_key = product_key;
  job.spec.lifetime_ms = 7LL * 24 * 3600 * 1000;
  job.settings.maximum_per_minute = per_minute;
  job.settings.qos = MessageQos::Qos1;
  job.settings.in_progress_timeout_minutes = 60;
  return job;
}

void World::report(FakeDevice& device, const TaskKey& key, TaskEvent event, int32_t progress) {
  engine::JobUpdate update;
  update.session = device.session();
  update.key = key;
  update.event = event;
  if (progress >= 0) update.progress = progress;
  update.echo.id_json = "\"1\"";
  send(std::move(update));
  settle();
}

void World::get_next(FakeDevice& device) {
  send(engine::JobGet{device.session(), engine::GetKind::Next, {}, {"\"1\"", "$next", 0}});
  settle();
}

Job World::job(JobId id) {
  const JobId ids[] = {id};
  auto rows = store->jobs(ids);
  if (!rows || rows->empty()) throw std::runtime_error("no such job");
  return rows->front();
}

Task World::task(const TaskKey& key) {
  const TaskKey keys[] = {key};
  auto rows = store->tasks(keys);
  if (!rows || rows->empty()) throw std::runtime_error("no such task");
  return rows->front();
}

TaskDetail World::detail(const TaskKey& key) {
  const TaskKey keys[] = {key};
  auto rows = store->task_details(keys);
  if (!rows || rows->empty()) throw std::runtime_error("no such task");
  return rows->front();
}

void World::expect_counters_match(JobId id) {
  TaskCounters counted;
  int64_t after = -1;
  while (true) {
    auto rows = store->list_tasks_of_job(id, {}, after, 500);
    ASSERT_TRUE(rows);
    if (rows->empty()) break;
    for (const store::TaskView& view : *rows) ++counted[view.task.status];
    after = rows->back().task.key.sequence;
  }
  EXPECT_EQ(counted, job(id).counters);
}

}  // namespace rollcall::testing
