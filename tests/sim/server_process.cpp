#include "sim/server_process.hpp"

#include "engine/queries.hpp"
#include "sim/meddler.hpp"
#include "sim/truth.hpp"
#include "store/sqlite/open.hpp"

namespace rollcall::sim {
namespace {

constexpr int64_t kTickUs = 1'000'000;
constexpr int64_t kRetryUs = 2'000;
constexpr size_t kCacheKib = 512;

engine::EngineConfig engine_config(const Plan& plan) {
  engine::EngineConfig config;
  config.push_slice = plan.push_slice;
  config.sweep_rows = plan.sweep_rows;
  config.keep_deleted_ms = plan.keep_deleted_ms;
  config.keep_ended_ms = plan.keep_ended_ms;
  return config;
}

api::ApiConfig api_config(const Plan& plan) {
  api::ApiConfig config;
  config.limits.rollout_per_minute_max = 1'000'000;
  config.limits.schedule_min_delay_seconds = 5;
  config.limits.job_lifetime_ms = plan.job_lifetime_ms;
  return config;
}

std::shared_ptr<const api::KeyRing> key_ring() {
  AccessKey key;
  key.id = kAccessKeyId;
  key.secret = Secret(kAccessKeySecret);
  key.instance = InstanceId{1};
  return std::make_shared<const api::KeyRing>(std::vector<AccessKey>{key});
}

}  // namespace

// One core: connections, and on core 0 the API.
struct ServerProcess::Core final : gateway::CommandSink, api::EnginePort, api::QueryPort {
  Core(ServerProcess& owner, uint16_t core_number)
      : process(owner),
        number(core_number),
        gateway(core_number, owner.parts_.network.sink(core_number), owner.parts_.clock, owner.key_, {},
                *owner.gateway_probe_, *this) {}

  bool send(engine::Command&& command) override {
    if (outgoing.size() >= process.parts_.plan.mailbox_entries) return false;
    outgoing.push_back(std::move(command));
    wake_flush();
    return true;
  }
  bool submit(engine::Actor actor, api::ApiRequest request, api::EnginePort::Done done) override {
    if (outgoing.size() >= process.parts_.plan.mailbox_entries) return false;
    const uint64_t ticket = next_ticket++;
    waiting.emplace(ticket, std::move(done));
    outgoing.push_back(engine::ApiCommand{{number, ticket}, std::move(actor), std::move(request)});
    wake_flush();
    return true;
  }
  bool run(Query query, api::QueryPort::Done done) override {
    process.later(process.thread_delay(), [this, query = std::move(query), done = std::move(done)] {
      engine::Queries queries(*process.reader_);
      auto result = std::make_shared<Result<api::Node>>(query(queries));
      process.later(process.thread_delay(), [result, done] { done(std::move(*result)); });
    });
    return true;
  }
  void wake_flush() {
    if (flushing) return;
    flushing = true;
    process.later(process.thread_delay(), [this] { process.flush(*this); });
  }

  ServerProcess& process;
  const uint16_t number;
  gateway::Core gateway;
  std::vector<engine::Command> outgoing;
  std::vector<engine::Effect> incoming;
  size_t reserved = 0;
  bool flushing = false;
  bool waking = false;
  std::unordered_map<uint64_t, api::EnginePort::Done> waiting;
  uint64_t next_ticket = 1;
};

ServerProcess::ServerProcess(Parts& parts) : parts_(parts) {}
ServerProcess::~ServerProcess() { die(); }

void ServerProcess::later(int64_t us, std::function<void()> what) {
  parts_.loop.after(us, [this, life = life_, what = std::move(what)] {
    if (life == life_) what();
  });
}

int64_t ServerProcess::thread_delay() { return parts_.dice.skewed(1, parts_.plan.thread_delay_us_max); }

WallMs ServerProcess::even_wall() const { return wall_base_ + (parts_.clock.steady() - steady_base_) / 1000; }

bool ServerProcess::start() {
  ++life_;
  random_ = std::make_unique<SeededRandom>(parts_.dice.random().next_u64());
  probe_ = std::make_unique<engine::EngineProbe>();
  gateway_probe_ = std::make_unique<gateway::GatewayProbe>();
  if (!open()) {
    die();
    return false;
  }
  start_cores();
  parts_.trace.note("server up", static_cast<int64_t>(life_));
  parts_.truth.process_started(*store_, key_, even_wall());
  wake_engine(0);
  later(kTickUs, [this] { tick(); });
  return true;
}

bool ServerProcess::open() {
  store::SqliteOptions options;
  options.path = "rollcall.db";
  options.cache_kib = kCacheKib;
  options.vfs = parts_.disk.vfs();
  auto store = store::open_sqlite(options, *random_);
  if (!store) return false;
  store_ = std::make_unique<Meddler>(std::move(*store), parts_.dice, parts_.trace, parts_.clock,
                                     parts_.plan.meddling);
  auto key = store_->id_key();
  if (!key) return false;
  key_ = *key;
  auto reader = store::open_sqlite_reader(options);
  if (!reader) return false;
  reader_ = std::move(*reader);
  wall_base_ = parts_.clock.wall();
  steady_base_ = parts_.clock.steady();
  for (uint16_t number = 0; number < parts_.plan.cores; ++number)
    cores_.push_back(std::make_unique<Core>(*this, number));
  auto engine =
      engine::Engine::open(*store_, parts_.clock, *random_, *this, *probe_, engine_config(parts_.plan));
  if (!engine || parts_.disk.power_is_cut()) return false;
  engine_ = std::move(*engine);
  return true;
}

void ServerProcess::start_cores() {
  api_ = std::make_unique<api::ApiService>(
      api::ApiService::Surroundings{*cores_[0], *cores_[0], parts_.clock, *random_}, key_,
      api_config(parts_.plan));
  api_->set_keys(key_ring());
  std::vector<ByteHandler*> handlers;
  for (auto& core : cores_) handlers.push_back(&core->gateway);
  parts_.network.server_up(std::move(handlers));
}

void ServerProcess::die() {
  ++life_;
  if (parts_.network.is_up()) parts_.network.server_down();
  engine_.reset();
  api_.reset();
  cores_.clear();
  reader_.reset();
  store_.reset();
  inbox_.clear();
  engine_due_ = SteadyUs{INT64_MAX};
}

void ServerProcess::http(HttpRequest request, HttpResponder respond) {
  if (!is_up()) return;
  api_->handle(std::move(request), std::move(respond));
}

bool ServerProcess::reserve(uint16_t core, size_t pushes) {
  Core& at = *cores_[core];
  if (at.incoming.size() + at.reserved + pushes > parts_.plan.mailbox_entries) return false;
  at.reserved += pushes;
  return true;
}

void ServerProcess::release(uint16_t core, size_t pushes) {
  Core& at = *cores_[core];
  if (at.reserved < pushes) return parts_.truth.violated("more places were given back than were set aside");
  at.reserved -= pushes;
}

void ServerProcess::wake_engine(int64_t delay_us) {
  const SteadyUs when = parts_.loop.now() + delay_us;
  if (engine_due_ <= when) return;
  engine_due_ = when;
  later(delay_us, [this, when] {
    if (engine_due_ == when) run_engine();
  });
}

void ServerProcess::run_engine() {
  engine_due_ = SteadyUs{INT64_MAX};
  engine_->submit(inbox_);
  std::vector<engine::Effect> effects;
  parts_.truth.before_run(even_wall());
  const bool more = engine_->run(effects);
  // A power cut in the middle of the batch: nothing that the process would still say leaves it.
  if (parts_.disk.power_is_cut()) return parts_.on_power_cut();
  parts_.truth.after_run(even_wall(), effects);
  hand_out(effects);
  if (more || !inbox_.empty()) return wake_engine(parts_.plan.between_batches_us);
  store_->idle();
  if (parts_.disk.power_is_cut()) return parts_.on_power_cut();
  if (const auto due = engine_->next_wake_up())
    wake_engine(std::max<int64_t>(*due - parts_.loop.now(), parts_.plan.between_batches_us));
}

void ServerProcess::hand_out(std::vector<engine::Effect>& effects) {
  for (engine::Effect& effect : effects) {
    Core& core = *cores_[effect.core];
    if (std::holds_alternative<engine::PushTask>(effect.what)) {
      if (core.reserved == 0)
        return parts_.truth.violated("a push leaves the engine without a place set aside");
      --core.reserved;
    }
    core.incoming.push_back(std::move(effect));
    wake_core(core);
  }
}

void ServerProcess::wake_core(Core& core) {
  if (core.waking) return;
  core.waking = true;
  later(thread_delay(), [this, &core] { take_effects(core); });
}

void ServerProcess::take_effects(Core& core) {
  core.waking = false;
  std::vector<engine::Effect> effects;
  effects.swap(core.incoming);
  for (engine::Effect& effect : effects) {
    if (auto* reply = std::get_if<engine::ApiReply>(&effect.what)) {
      auto node = core.waiting.extract(reply->ticket);
      if (node.empty()) {
        parts_.truth.violated("an API call was answered twice, or never asked");
        return;
      }
      node.mapped()(std::move(reply->outcome));
    } else {
      core.gateway.deliver(std::move(effect.what));
    }
  }
}

void ServerProcess::flush(Core& core) {
  core.flushing = false;
  if (core.outgoing.empty()) return;
  if (inbox_.size() + core.outgoing.size() > parts_.plan.mailbox_entries && !inbox_.empty()) {
    core.flushing = true;
    return later(kRetryUs, [this, &core] { flush(core); });
  }
  for (engine::Command& command : core.outgoing) inbox_.push_back(std::move(command));
  core.outgoing.clear();
  wake_engine(thread_delay());
}

void ServerProcess::tick() {
  for (auto& core : cores_) core->gateway.tick(parts_.loop.now());
  later(kTickUs, [this] { tick(); });
}

}  // namespace rollcall::sim
