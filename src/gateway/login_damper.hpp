// Slows down who tries to log in as one device from one address and fails again and again. Never an address
// alone: a fleet sits behind one NAT. A few failures are free; then each doubles the pause, in which logins
// of that device from there are refused without looking. Kept in bounded memory. Thread: its core.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/lru_map.hpp"

namespace rollcall::gateway {

class LoginDamper {
 public:
  // `peer` is host:port; the port does not count. `name` as of log_name().
  bool refuses(std::string_view peer, std::string_view name, SteadyUs now);
  void failed(std::string_view peer, std::string_view name, SteadyUs now);
  void succeeded(std::string_view peer, std::string_view name);

 private:
  struct Failures {
    int count = 0;
    SteadyUs last;
    SteadyUs until;
  };
  LruMap<Failures> failures_{limits::kDampedLoginsMax};
};

}  // namespace rollcall::gateway
