#include "net/turns.hpp"

#include <utility>

namespace rollcall::net {

Turns::Turns(CoreLoop& loop, int per_round) : loop_(loop), per_round_(per_round), left_(per_round) {
  loop_.add_flush(this, [this] { next_round(); });
}

Turns::~Turns() { loop_.remove_flush(this); }

void Turns::take(std::function<void()> work) {
  if (left_ == 0 || !waiting_.empty()) {
    waiting_.push_back(std::move(work));
    return;
  }
  --left_;
  work();
}

void Turns::next_round() {
  left_ = per_round_;
  if (waiting_.empty() || posted_) return;
  posted_ = true;
  loop_.post([this, alive = std::weak_ptr<Alive>(alive_)] {
    if (!alive.expired()) go_on();
  });
}

void Turns::go_on() {
  posted_ = false;
  while (left_ > 0 && !waiting_.empty()) {
    --left_;
    const auto work = std::move(waiting_.front());
    waiting_.pop_front();
    work();
  }
}

}  // namespace rollcall::net
