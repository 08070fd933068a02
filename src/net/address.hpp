// "host:port" as users write it in settings and on the command line: parsed, printed and resolved.
// Called by server/ and client/ at start and by net/. Thread: any; resolve() blocks and belongs to start-up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rollcall::net {

struct Address {
  std::string host;  // a name or a literal, IPv6 without its brackets
  uint16_t port = 0;

  // "host:port", with brackets around an IPv6 literal.
  std::string text() const;
  bool operator==(const Address&) const = default;
};

// Reads "host:port", "[::1]:port" or ":port" (every IPv4 address). Without a port, `default_port` is taken;
// when that is negative the port is mandatory. Fails with InvalidFormattedParameter.
Result<Address> parse_address(std::string_view text, int default_port = -1);

// The address with its name replaced by a literal, IPv4 preferred. Blocks on the resolver; literals are not
// looked up. Fails with ServiceUnavailable.
Result<Address> resolve(const Address& address);

}  // namespace rollcall::net
