#include <array>

#include "base/check.hpp"
#include "base/result.hpp"

namespace rollcall {
namespace {

constexpr ErrorRow kRows[] = {
#define ROLLCALL_ERROR(name, api_code, http_status, alink_code, english, chinese, use) \
  {ErrorCode::name, #name, api_code, http_status, alink_code, english, chinese, use},
#include "base/error_table.def"
#undef ROLLCALL_ERROR
};

}  // namespace

size_t error_count() noexcept { return std::size(kRows); }

const ErrorRow& error_row(ErrorCode code) noexcept {
  const auto index = static_cast<size_t>(code);
  ROLLCALL_CHECK(index < std::size(kRows));
  return kRows[index];
}

std::string api_code(const Error& error) {
  std::string code(error_row(error.code).api_code);
  if (error.code == ErrorCode::Missing) code += error.parameter;
  return code;
}

std::string public_message(const Error& error, bool chinese) {
  if (!error.message.empty()) return error.message;
  const ErrorRow& row = error_row(error.code);
  const std::string_view text = chinese ? row.chinese : row.english;
  if (error.code == ErrorCode::Missing) return error.parameter + " " + std::string(text);
  return std::string(text);
}

}  // namespace rollcall
