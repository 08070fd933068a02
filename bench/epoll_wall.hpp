// A minimal MQTT server as a wall: one thread, raw epoll, QoS 0 and 1, nothing stored, nothing checked. What
// a real server does beyond this it must be worth. Two uses: it forwards each PUBLISH to the one subscriber
// of its topic, as a broker does; and on SIGUSR1 it pushes one job notification to every device that is
// logged in, as fast as they acknowledge, and answers their reports. Run as a process of its own by
// device_servers.cpp.
#pragma once

#include <cstdint>

namespace rollcall::bench {

// Serves 127.0.0.1:`port` until SIGTERM; the exit status.
int run_epoll_wall(uint16_t port);

}  // namespace rollcall::bench
