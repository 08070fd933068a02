// What each parameter of each action must refuse and take, as rows; and a caller who asks the whole API
// service, signed, for an Owner's rows. Used by bad_input_test.cpp. One thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "actions/owner.hpp"
#include "api/service.hpp"

namespace rollcall::testing {

using Values = std::vector<std::pair<std::string, ErrorCode>>;

// What most parameters say of a value that is none.
inline constexpr ErrorCode kBadFormat = ErrorCode::InvalidFormattedParameter;

// One parameter of an action, or of every action that has no row of its own for it ("*"). An element of a
// list is "Name.1", a field of an object "Name.1.Field".
struct ParameterRow {
  const char* action;
  const char* parameter;
  std::optional<ErrorCode>
      senseless;        // of a text that is far too long and means nothing; none: any text is taken
  Values refused = {};  // "@x" stands for the Owner's x: see fill()
  std::vector<std::string> taken = {};
  Parameters with = {};  // goes into the good call; an empty value takes a parameter out of it
};

std::span<const ParameterRow> device_rows();
std::span<const ParameterRow> fleet_rows();
std::span<const ParameterRow> model_rows();
std::span<const ParameterRow> job_rows();
std::span<const ParameterRow> direct_rows();

// How often a list may be given.
struct CountRow {
  const char* action;
  const char* list;
  size_t max;
  ErrorCode too_many;
  ErrorCode none;  // when it is not given at all
  Parameters element =
      {};  // fields and values, "#" stands for the number; a list of plain values has the field ""
  Parameters with = {};
};
std::span<const CountRow> count_rows();

// The row of its own that a parameter has in an action, or else the row for all; nullptr when there is none.
const ParameterRow* find_row(std::string_view action, std::string_view parameter);

struct Reply {
  int status = 0;
  std::string code;  // "" on success
  bool warned = false;
  std::string body;
};

// Calls as the owner does.
class Caller {
 public:
  explicit Caller(bool strict = false);
  // The call may hold a name several times.
  Reply call(const std::string& action, const Parameters& parameters);
  // The owner's picture and whatever administrators see.
  std::string picture();
  // A call of this action that is as it should be.
  Parameters good_call(const std::string& action) const;
  // A value of a row, with the owner's ids and keys in it.
  std::string fill(std::string value) const;

  Owner owner;

 private:
  SeededRandom random_{1};
  api::ApiService service_;
  int nonce_ = 0;
};

// Puts one value into a call: in the place of the one that is there, or at its end.
void put(Parameters& parameters, const std::string& name, std::string value);
void remove(Parameters& parameters, const std::string& name);

}  // namespace rollcall::testing
