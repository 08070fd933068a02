// Result<T>: an expected value or an Error. The one way in which an expected failure travels inside Rollcall.
// Thread: any (values). Errors are rendered only at the edges: api (JSON, XML), gateway (Alink codes), server
// (terminal).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace rollcall {

// One enumerator per row of error_table.def, which says when to use which.
enum class ErrorCode : uint16_t {
#define ROLLCALL_ERROR(name, api_code, http_status, alink_code, english, chinese, use) name,
#include "base/error_table.def"
#undef ROLLCALL_ERROR
};

// What failed. `message` is for the caller: it names the parameter, the rule and the value, and never holds
// SQL, paths or secrets; empty means the table's text. `detail` is for our log only.
struct Error {
  ErrorCode code{};
  std::string message;
  std::string parameter;  // the X of the gateway's Missing<X> and Invalid<X>; empty elsewhere
  std::string detail;

  Error() = default;
  explicit Error(ErrorCode error_code) : code(error_code) {}
  Error(ErrorCode error_code, std::string public_message)
      : code(error_code), message(std::move(public_message)) {}
  Error&& with_detail(std::string text) && {
    detail = std::move(text);
    return std::move(*this);
  }
};

struct ErrorRow {
  ErrorCode code;
  std::string_view name;      // our enumerator
  std::string_view api_code;  // the string clients see; "Missing" and "Invalid" get Error::parameter appended
  int http_status;  // 200 for business failures, 4xx or 5xx for gateway failures (wire-protocol 1.6, 6)
  int alink_code;   // code in a reply to a device (device-protocol 8)
  std::string_view english;
  std::string_view chinese;
  std::string_view use;  // when it is given, and when its neighbour is: for docs/api/errors.md
};

// The table row of a code. O(1).
const ErrorRow& error_row(ErrorCode code) noexcept;
// Number of rows; rows are numbered 0 .. count-1 in the order of error_table.def.
size_t error_count() noexcept;
// The code string a client sees: the table's, with Error::parameter appended where the row asks for it.
std::string api_code(const Error& error);
// The text a client sees: Error::message, or the table's English (or Chinese) text when that is empty.
std::string public_message(const Error& error, bool chinese = false);

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorCode code) { return tl::unexpected<Error>(Error(code)); }
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error(code, std::move(message)));
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

#define ROLLCALL_CONCAT_(a, b) a##b
#define ROLLCALL_CONCAT(a, b) ROLLCALL_CONCAT_(a, b)
// Returns the error to the caller, or binds the value: ROLLCALL_TRY(auto v, expression);
#define ROLLCALL_TRY(declaration, ...) \
  ROLLCALL_TRY_(ROLLCALL_CONCAT(rollcall_try_, __COUNTER__), declaration, __VA_ARGS__)
#define ROLLCALL_TRY_(temporary, declaration, ...)                                          \
  auto temporary = (__VA_ARGS__);                                                           \
  if (!temporary) return ::tl::unexpected<::rollcall::Error>(std::move(temporary.error())); \
  declaration = std::move(*temporary)
// The same for a Status: ROLLCALL_TRY_STATUS(expression);
#define ROLLCALL_TRY_STATUS(...)                                                                          \
  do {                                                                                                    \
    auto rollcall_status = (__VA_ARGS__);                                                                 \
    if (!rollcall_status) return ::tl::unexpected<::rollcall::Error>(std::move(rollcall_status.error())); \
  } while (false)

}  // namespace rollcall
