#include "net/readiness.hpp"

#include <cerrno>
#include <system_error>

namespace rollcall::net {
namespace {

// A number of 64 bits: owner, slot, generation.
uint64_t tag_of(uint32_t owner, ConnectionRef ref) {
  return (static_cast<uint64_t>(owner) << 54) | (static_cast<uint64_t>(ref.slot) << 32) | ref.generation;
}

int make_set() {
  const int set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
  return set;
}

}  // namespace

Readiness::Readiness(asio::io_context& io) : set_(io, make_set()) { arm(); }

uint32_t Readiness::add(Owner* owner) {
  uint32_t number = 0;
  if (free_owners_.empty()) {
    number = static_cast<uint32_t>(owners_.size());
    owners_.push_back(owner);
  } else {
    number = free_owners_.back();
    free_owners_.pop_back();
    owners_[number] = owner;
  }
  return number;
}

void Readiness::remove(uint32_t owner) {
  owners_[owner] = nullptr;
  left_owners_.push_back(owner);
}

bool Readiness::control(int operation, int socket, uint32_t owner, ConnectionRef ref, bool writing) {
  if (owner >= kOwnersMax || ref.slot >= kSlotsMax) {
    errno = ENOSPC;
    return false;
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  if (writing) event.events |= EPOLLOUT;
  event.data.u64 = tag_of(owner, ref);
  return epoll_ctl(set_.native_handle(), operation, socket, &event) == 0;
}

void Readiness::arm() {
  free_owners_.insert(free_owners_.end(), left_owners_.begin(), left_owners_.end());
  left_owners_.clear();
  if (armed_) return;
  armed_ = true;
  set_.async_wait(asio::posix::descriptor_base::wait_read, [this](const error_code& ec) {
    armed_ = false;
    if (!ec) fetch();
  });
}

void Readiness::fetch() {
  const int count =
      epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(events_.size()), /*timeout=*/0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<size_t>(i)];
    const uint64_t tag = event.data.u64;
    Owner* owner = owners_[tag >> 54];
    const ConnectionRef ref{static_cast<uint32_t>(tag >> 32) & (kSlotsMax - 1), static_cast<uint32_t>(tag)};
    if (owner != nullptr) owner->on_ready(ref, event.events);
  }
}

}  // namespace rollcall::net
