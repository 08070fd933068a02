// Records of CSV (RFC 4180: quotes, doubled quotes, line breaks inside quotes; LF or CRLF). Used by
// fleet_reader.cpp. Thread: any; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rollcall::client {

// One record off the front of `text`; `line` counts on. Error: a quote that does not end, or text behind a
// closing quote; the message names the line.
Result<std::vector<std::string>> read_csv_record(std::string_view& text, size_t& line);

// False when the record that begins `text` goes on in the next line: a quote is open at its end.
bool csv_record_ends(std::string_view text);

}  // namespace rollcall::client
