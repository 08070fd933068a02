// For every code that a client can see, the smallest thing to do that gives it. A code that is not in here
// fails errors_test.cpp: add it.
#pragma once

#include <map>
#include <string>

#include "base/result.hpp"

namespace rollcall::testing {

// Does it, and gives the code that came back ("" when there was none).
using ProduceError = std::string (*)();

const std::map<ErrorCode, ProduceError>& gateway_errors();
const std::map<ErrorCode, ProduceError>& fleet_errors();
const std::map<ErrorCode, ProduceError>& job_errors();

}  // namespace rollcall::testing
