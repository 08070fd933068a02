// A call of every action on the rows of an Owner. An action that is not in here fails the tests: add it.
#pragma once

#include <map>
#include <string>

#include "actions/owner.hpp"

namespace rollcall::testing {

// What the call does for somebody of another account or instance.
enum class Elsewhere : uint8_t {
  Refused,        // as if there were no such row
  Own,            // is about the caller's own rows, and shows only those
  Administrator,  // stands above accounts: the service lets administrators in only (service_access_test)
};

struct Case {
  Elsewhere elsewhere{};
  Parameters (*parameters)(const Owner&);
};

// By action, in the order of their names; of some there are several, the most usual one first.
const std::multimap<std::string, Case>& action_calls();

}  // namespace rollcall::testing
