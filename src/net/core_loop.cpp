#include "net/core_loop.hpp"

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/asio.hpp"
#include "net/mailbox.hpp"
#include "net/readiness.hpp"

namespace rollcall::net {

namespace {
// Handlers of one round: enough for large batches, few enough that replies do not wait for a flood to end.
constexpr int kRoundHandlersMax = 512;
constexpr size_t kReadBufferBytes = 64 * 1024;
constexpr int64_t kRunUntilStepMs = 10;  // `done` may depend on another thread
}  // namespace

struct CoreLoop::Impl {
  struct Timer {
    TimerId id = 0;
    int64_t period_us = 0;  // 0: once
    std::shared_ptr<std::function<void()>> fire;
  };

  SystemClock clock;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  Readiness readiness{io};
  WakeFlag wake_flag;
  std::function<void()> wake_hook;
  std::function<void()> after_poll_hook;
  std::vector<std::pair<const void*, std::function<void()>>> flushes;
  std::vector<uint8_t> buffer = std::vector<uint8_t>(kReadBufferBytes);

  std::multimap<int64_t, Timer> timers;  // by deadline, microseconds of the steady clock
  std::unordered_map<TimerId, std::multimap<int64_t, Timer>::iterator> timer_by_id;
  SteadyTimer alarm{io};
  int64_t alarm_us = INT64_MAX;  // what `alarm` is set to
  TimerId last_timer = 0;

  // Last, so that they go first: they hold sockets that need `io`.
  std::vector<std::shared_ptr<void>> kept;

  void finish_round() {
    for (int i = 0; i < kRoundHandlersMax && io.poll_one() != 0; ++i) {
    }
    if (after_poll_hook) after_poll_hook();
    for (auto& flush : flushes) flush.second();
    readiness.arm();
  }

  TimerId add_timer(int64_t deadline_us, int64_t period_us, std::function<void()> fire) {
    const TimerId id = ++last_timer;
    insert(deadline_us, Timer{id, period_us, std::make_shared<std::function<void()>>(std::move(fire))});
    arm();
    return id;
  }

  void insert(int64_t deadline_us, Timer timer) {
    const TimerId id = timer.id;
    timer_by_id[id] = timers.emplace(deadline_us, std::move(timer));
  }

  void arm() {
    if (timers.empty() || timers.begin()->first >= alarm_us) return;
    alarm_us = timers.begin()->first;
    const int64_t now_us = clock.steady().value;
    alarm.expires_after(std::chrono::microseconds(alarm_us > now_us ? alarm_us - now_us : 0));
    alarm.async_wait([this](const error_code& ec) {
      if (!ec) fire_due();
    });
  }

  void fire_due() {
    alarm_us = INT64_MAX;
    const int64_t now_us = clock.steady().value;
    // Timers added while firing are due later than now_us or wait for the next alarm, so this ends.
    const TimerId newest = last_timer;
    for (auto it = timers.begin(); it != timers.end() && it->first <= now_us; it = timers.begin()) {
      if (it->second.id > newest) break;
      Timer timer = std::move(it->second);
      timer_by_id.erase(timer.id);
      timers.erase(it);
      const auto fire = timer.fire;
      const int64_t next_us = now_us + timer.period_us;
      if (timer.period_us > 0) insert(next_us, std::move(timer));
      (*fire)();
    }
    arm();
  }
};

CoreLoop::CoreLoop() : impl_(std::make_unique<Impl>()) {}
CoreLoop::~CoreLoop() = default;

void CoreLoop::run() {
  while (!impl_->io.stopped()) {
    impl_->io.run_one();
    impl_->finish_round();
  }
}

bool CoreLoop::run_until(const std::function<bool()>& done, int64_t timeout_ms) {
  const SteadyUs deadline = now() + timeout_ms * 1000;
  while (!done()) {
    if (now() >= deadline || impl_->io.stopped()) return done();
    impl_->io.run_one_for(std::chrono::milliseconds(kRunUntilStepMs));
    impl_->finish_round();
  }
  return true;
}

void CoreLoop::stop() { impl_->io.stop(); }

void CoreLoop::post(std::function<void()> work) { asio::post(impl_->io, std::move(work)); }

void CoreLoop::wake() {
  if (!impl_->wake_flag.raise()) return;
  asio::post(impl_->io, [impl = impl_.get()] {
    impl->wake_flag.lower();
    if (impl->wake_hook) impl->wake_hook();
  });
}

void CoreLoop::on_wake(std::function<void()> hook) { impl_->wake_hook = std::move(hook); }
void CoreLoop::after_poll(std::function<void()> hook) { impl_->after_poll_hook = std::move(hook); }

CoreLoop::TimerId CoreLoop::at(SteadyUs deadline, std::function<void()> fire) {
  return impl_->add_timer(deadline.value, 0, std::move(fire));
}

CoreLoop::TimerId CoreLoop::after(int64_t delay_ms, std::function<void()> fire) {
  return at(now() + delay_ms * 1000, std::move(fire));
}

CoreLoop::TimerId CoreLoop::every(int64_t period_ms, std::function<void()> fire) {
  return impl_->add_timer((now() + period_ms * 1000).value, period_ms * 1000, std::move(fire));
}

void CoreLoop::cancel(TimerId id) {
  const auto found = impl_->timer_by_id.find(id);
  if (found == impl_->timer_by_id.end()) return;
  impl_->timers.erase(found->second);
  impl_->timer_by_id.erase(found);
}

SteadyUs CoreLoop::now() const { return impl_->clock.steady(); }
const Clock& CoreLoop::clock() const { return impl_->clock; }
asio::io_context& CoreLoop::io() { return impl_->io; }
Readiness& CoreLoop::readiness() { return impl_->readiness; }
std::span<uint8_t> CoreLoop::read_buffer() { return impl_->buffer; }

void CoreLoop::add_flush(const void* owner, std::function<void()> flush) {
  impl_->flushes.emplace_back(owner, std::move(flush));
}

void CoreLoop::remove_flush(const void* owner) {
  std::erase_if(impl_->flushes, [owner](const auto& entry) { return entry.first == owner; });
}

void CoreLoop::keep(std::shared_ptr<void> object) { impl_->kept.push_back(std::move(object)); }

}  // namespace rollcall::net
