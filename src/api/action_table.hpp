// Every action of the API as one row: its name, the vendor's QPS limit, its parameters and the function that
// carries it out. A new action is a function and its row in the file of its group under actions/. Used by
// service.cpp. Thread: the table is constant; the functions run on the core that got the
// request.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "api/api_config.hpp"
#include "api/node.hpp"
#include "api/parameters.hpp"
#include "api/ports.hpp"
#include "api/warnings.hpp"
#include "base/clock.hpp"
#include "model/id_codec.hpp"

namespace rollcall::api {

// What an action works on. The parameters are checked for presence and, by kind, for form.
struct Call {
  engine::Actor actor;
  Parameters parameters;
  WallMs now;
  Warnings warnings;
};

// Takes accounts and keys as they are from now on.
class AccessSink {
 public:
  virtual ~AccessSink() = default;
  virtual void set_access(const AccessDirectory& directory) = 0;
};

// What an action may use; outlives every call.
struct ActionContext {
  EnginePort& engine;
  QueryPort& queries;
  const IdCodec& codec;           // of this core
  const IdCodec::Key& codec_key;  // queries run elsewhere and make their own codec
  const ApiConfig& config;
  AccessSink* access = nullptr;
  DeviceLogPort* device_log = nullptr;
};

// An answer: the fields of a success, or the error; some failures carry fields beside the error
// (BatchCheckDeviceNames).
struct ActionAnswer {
  Node fields;
  std::optional<Error> error;
};
using Answer = std::function<void(ActionAnswer&&)>;
using ActionHandler = void (*)(const ActionContext& context, Call& call, Answer answer);

enum class ParameterKind : uint8_t {
  Text,     // any text
  Integer,  // a decimal integer of 64 bits
  Boolean,  // true or false, in any case
  Json,     // a JSON text
  List,     // Name.1, Name.2 ...
  Objects,  // Name.1.Field ...
};

struct ParameterSpec {
  std::string_view name;
  bool required = false;
  ParameterKind kind = ParameterKind::Text;
  ErrorCode ill_formed = ErrorCode::InvalidFormattedParameter;  // when the value is not of its kind
  std::string_view rule = {};  // what else holds, for people: range, form, default (docs/api/actions.md)
};

struct ActionRow {
  std::string_view name;
  int qps = 0;             // the vendor's limit per account and second; kept by the throttle, not here
  bool extension = false;  // ours, not the vendor's (DESIGN 5.24)
  ActionHandler handle = nullptr;
  std::span<const ParameterSpec> parameters;
  bool administrator = false;  // for keys of administrators only
};

// In the order of their names.
std::span<const ActionRow> action_table();
// Exact name; nullptr when there is no such action.
const ActionRow* find_action(std::string_view name);

// Checks the parameters of a call against its row: Missing for a required one that is absent or empty, the
// row's error for one that is not of its kind. Unknown ones go to the call's warnings. No value holds bytes
// that are no UTF-8, or control characters.
Status check_parameters(const ActionRow& row, Call& call);

}  // namespace rollcall::api
