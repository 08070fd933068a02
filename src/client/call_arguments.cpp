#include "client/call_arguments.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace rollcall::client {
namespace {

tl::unexpected<Error> usage(std::string text) {
  return fail(ErrorCode::InvalidFormattedParameter, std::move(text));
}

std::string* own_option(CallArguments& arguments, std::string_view name) {
  if (name == "endpoint") return &arguments.endpoint;
  if (name == "access-key-id") return &arguments.access_key_id;
  if (name == "access-key-secret") return &arguments.access_key_secret;
  if (name == "format") return &arguments.format;
  if (name == "signature") return &arguments.signature;
  return nullptr;
}

// "JobName", "DeviceName.1", "Device.1.ProductKey"
bool is_parameter_name(std::string_view name) {
  return !name.empty() && name.front() >= 'A' && name.front() <= 'Z' && is_letters_digits(name, "._");
}

Status check_choices(const CallArguments& arguments) {
  const std::string format = ascii_lower(arguments.format);
  if (!format.empty() && format != "json" && format != "xml")
    return usage("--format is json or xml, not " + arguments.format);
  const std::string signature = ascii_lower(arguments.signature);
  if (!signature.empty() && signature != "v1" && signature != "v3")
    return usage("--signature is v1 or v3, not " + arguments.signature);
  return {};
}

}  // namespace

Result<CallArguments> read_call_arguments(const std::vector<std::string>& words) {
  CallArguments arguments;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "--help" || word == "-h") {
      arguments.help = true;
      return arguments;
    }
    if (!word.starts_with("--")) {
      if (!arguments.action.empty())
        return usage("unexpected \"" + words[i] + "\"; parameters are --Name value");
      if (!is_parameter_name(word)) return usage("\"" + words[i] + "\" is not the name of an action");
      arguments.action = word;
      continue;
    }
    word.remove_prefix(2);
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    std::string* own = own_option(arguments, name);
    if (own == nullptr && !is_parameter_name(name))
      return usage("unknown option --" + std::string(name) + "; parameters begin with a capital letter");
    std::string value;
    if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else {
      if (++i == words.size()) return usage("--" + std::string(name) + " needs a value");
      value = words[i];
    }
    if (own != nullptr) {
      *own = std::move(value);
      continue;
    }
    const bool repeated = std::any_of(arguments.parameters.begin(), arguments.parameters.end(),
                                      [&](const auto& known) { return known.first == name; });
    if (repeated)
      return usage("--" + std::string(name) + " is given twice; a list is --" + std::string(name) +
                   ".1 a --" + std::string(name) + ".2 b");
    arguments.parameters.emplace_back(name, std::move(value));
  }
  if (arguments.action.empty()) return usage("the name of an action is missing");
  ROLLCALL_TRY_STATUS(check_choices(arguments));
  return arguments;
}

}  // namespace rollcall::client
