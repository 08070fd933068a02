// The file of `rollcall import`: an existing fleet as CSV or JSON, read and checked whole, and cut into
// chunks for the action ImportFleet. Called by the verb `import`. Source: DESIGN 6, 5.22. Thread: any; pure.
//
// CSV: a header line, then one device a line. Columns in any order: ProductKey, DeviceName, DeviceSecret, and
// optionally IotId, Nickname, GroupId, GroupName. JSON: {"products":[..],"devices":[..],"groups":[..]} with
// the members that ImportFleet takes; a group lists its Devices.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rollcall::client {

struct FleetChunk {
  std::string entries;      // the parameter Entries
  size_t repeated = 0;      // products and groups in it that an earlier chunk has, too
  std::string first_place;  // "line 2" or "devices[0]": where its devices begin in the file
};

struct FleetFile {
  size_t products = 0;
  size_t devices = 0;
  size_t groups = 0;
  std::vector<FleetChunk> chunks;
};

inline constexpr size_t kFleetFileBytesMax = 512u << 20;
inline constexpr size_t kChunkDevices = 1'000;

// Tells CSV from JSON by the first character. Errors: InvalidFormattedParameter; the message names the line
// and the field.
Result<FleetFile> read_fleet_file(std::string_view text);

// One CSV record (RFC 4180: quotes, doubled quotes, line breaks inside quotes; LF or CRLF) off the front of
// `text`; `line` counts on. Error: a quote that does not end, or text behind a closing quote.
Result<std::vector<std::string>> read_csv_record(std::string_view& text, size_t& line);

}  // namespace rollcall::client
