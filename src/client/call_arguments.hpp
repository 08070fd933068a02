// The command line of `rollcall call ACTION --Name value ...`: any action with any parameters, so no list of
// options can be given to a parser; read by hand. Called by the verb `call`. Source: DESIGN 6. Thread: any;
// pure.
#pragma once

#include <string>
#include <vector>

#include "base/request_signing.hpp"
#include "base/result.hpp"

namespace rollcall::client {

struct CallArguments {
  bool help = false;
  std::string action;
  NameValues parameters;
  // Empty where not given.
  std::string endpoint;
  std::string access_key_id;
  std::string access_key_secret;
  std::string format;     // "json" or "xml"
  std::string signature;  // "v1" or "v3"
};

// `words` is what follows `call`. Options of our own are in lower case, parameters as the API names them;
// "--Name value" and "--Name=value" are the same, and a value that is "@FILE" is left as it is. Error:
// InvalidFormattedParameter, a text for people.
Result<CallArguments> read_call_arguments(const std::vector<std::string>& words);

}  // namespace rollcall::client
