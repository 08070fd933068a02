// Small text rules that the vendor's documents use. Thread: any; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall {

// Number of code points, or nullopt when the text is not valid UTF-8 (overlong, surrogate and > U+10FFFF are
// invalid).
std::optional<size_t> utf8_length(std::string_view text) noexcept;
// Length where a CJK character counts two ("CJK = 2", cloud-api C.1); nullopt when not valid UTF-8.
std::optional<size_t> cjk_weighted_length(std::string_view text) noexcept;
// True when every character is a CJK ideograph, an ASCII letter or digit, or one of `extra` (ASCII).
bool is_cjk_letters_digits(std::string_view text, std::string_view extra) noexcept;
// True when every character is an ASCII letter or digit or one of `extra`.
bool is_letters_digits(std::string_view text, std::string_view extra) noexcept;

// True when the text holds an ASCII control character other than tab, line feed and carriage return. What
// callers name holds none: PostgreSQL stores no NUL, and XML 1.0 has none of them.
bool holds_control_characters(std::string_view text) noexcept;

std::string ascii_lower(std::string_view text);
bool ascii_iequal(std::string_view a, std::string_view b) noexcept;
std::string_view trim(std::string_view text) noexcept;

// Whole text is a decimal integer in the range of int64 (optional leading '-', no '+', no blanks).
std::optional<int64_t> parse_int(std::string_view text) noexcept;

// "RFC 3986 strict" percent coding of the signatures: A-Z a-z 0-9 - _ . ~ stay, every other byte is %XX in
// upper case (wire-protocol 1.3).
std::string percent_encode(std::string_view text);
// Form decoding: '+' and %20 are a blank, %XX a byte; a broken escape stays as it is (wire-protocol 0.4).
std::string form_decode(std::string_view text);

// The text with every ill-formed byte shown as '?'.
std::string replace_invalid_utf8(std::string_view text);

// A text shortened for a log line or an error message: at most `code_points_max` code points, control
// characters shown as '?'.
std::string excerpt(std::string_view text, size_t code_points_max = 64);

}  // namespace rollcall
