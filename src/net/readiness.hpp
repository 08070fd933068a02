// Readiness: which of a loop's many sockets can be read or written, from an epoll set of its own. Asio asks
// the kernel anew for every wait on every socket; here a socket is announced once, edge-triggered, and a
// round of the loop fetches what happened in one call. For connections (connections.hpp); few sockets with
// their own protocols stay with Asio. Included by net/ only. Thread: the loop's.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <vector>

#include "base/byte_stream.hpp"
#include "net/asio.hpp"

namespace rollcall::net {

class Readiness {
 public:
  class Owner {
   public:
    // `events`: EPOLLIN and the like. May come for a socket that has been closed by now, or for nothing at
    // all.
    virtual void on_ready(ConnectionRef ref, uint32_t events) = 0;

   protected:
    ~Owner() = default;
  };
  // At most this many owners at a time, and connections of one owner; they share 64 bits with a generation.
  static constexpr uint32_t kOwnersMax = 1 << 10;
  static constexpr uint32_t kSlotsMax = 1 << 22;

  explicit Readiness(asio::io_context& io);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // The owner's number.
  uint32_t add(Owner* owner);
  void remove(uint32_t owner);
  // From now on the owner hears of the socket, until it is closed: that it can be read, once for all that has
  // come by then, and with `writing` likewise that it can be written. False: the kernel refused, see errno.
  bool watch(int socket, uint32_t owner, ConnectionRef ref, bool writing) {
    return control(EPOLL_CTL_ADD, socket, owner, ref, writing);
  }
  // The same for a watched socket.
  bool watch_again(int socket, uint32_t owner, ConnectionRef ref, bool writing) {
    return control(EPOLL_CTL_MOD, socket, owner, ref, writing);
  }
  // Wakes the loop when there is something to fetch. Called at the end of each of its rounds.
  void arm();

 private:
  static constexpr size_t kEventsPerRound = 512;

  bool control(int operation, int socket, uint32_t owner, ConnectionRef ref, bool writing);
  void fetch();

  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> set_;
  bool armed_ = false;
  std::vector<Owner*> owners_;
  std::vector<uint32_t> free_owners_;
  std::vector<uint32_t> left_owners_;  // free from the next round on: an event of theirs may still be at hand
  std::array<epoll_event, kEventsPerRound> events_{};
};

}  // namespace rollcall::net
