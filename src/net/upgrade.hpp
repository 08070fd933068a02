// Upgrade: a connection that leaves HTTP for another protocol. Made by HttpConnection, taken by TcpServer;
// who wires them need not look inside. Included by net/ only. Thread: the loop's.
#pragma once

#include <string>

#include "net/stream.hpp"

namespace rollcall::net {

struct Upgrade {
  Transport transport;
  std::string peer;
  std::string answer;  // to be sent first, outside any frame
  std::string input;   // what the peer has sent behind its request
};

}  // namespace rollcall::net
