// A bare HTTP server as a wall: one thread, Boost.Beast as its documentation shows it, one fixed answer. What
// a real server does beyond this it must be worth. Run as a process of its own by api_requests.cpp.
#pragma once

#include <cstdint>

namespace rollcall::bench {

// Serves 127.0.0.1:`port` until SIGTERM; the exit status.
int run_beast_wall(uint16_t port);

}  // namespace rollcall::bench
