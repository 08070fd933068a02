// The file of `rollcall import`, read row by row: an existing fleet as JSON Lines, CSV or one JSON document.
// Called by fleet_import.cpp. Source: DESIGN 6, 5.22. Thread: any; reads the stream when asked.
//
// JSON Lines, as `rollcall export` writes them: an object a line, with one member that says its kind:
// {"device":{...}}; kinds are those of FleetRow, what they hold are the entries of ImportAccess and
// ImportFleet. A row comes behind those it names.
// CSV: a header line, then one device a line. Columns in any order: ProductKey, DeviceName, DeviceSecret, and
// optionally IotId, Nickname, Serial, GroupId, GroupName.
// JSON: {"products":[..],"groups":[..],"devices":[..]} with the entries of ImportFleet; a group may list its
// Devices. Held in memory, so at most kFleetDocumentBytesMax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace rollcall::client {

struct FleetRow {
  // Members: a group with some of its Devices, behind these.
  enum class Kind : uint8_t { Account, Instance, Alias, User, Key, Product, Group, Device, Task, Members };
  Kind kind{};
  std::string place;  // "line 7", "devices[3]"
  std::string json;   // the entry
  std::string fault;  // why it cannot be taken; `json` is empty then

  void refuse(std::string why) {
    json.clear();
    fault = std::move(why);
  }
};
// "account", "product" ...
std::string_view kind_text(FleetRow::Kind kind) noexcept;

inline constexpr size_t kFleetDocumentBytesMax = 512u << 20;
inline constexpr size_t kFleetLineBytesMax = 4u << 20;
inline constexpr size_t kMembersOfARow = 1'000;

class FleetReader {
 public:
  // Tells the form by what comes first. Error InvalidFormattedParameter: empty, a bad header, no JSON.
  static Result<std::unique_ptr<FleetReader>> open(std::istream& in);
  virtual ~FleetReader() = default;
  // False at the end. A row that is wrong by itself has a fault, and reading goes on behind it; an error when
  // it cannot: the message names the line.
  virtual Result<bool> next(FleetRow& row) = 0;
};

}  // namespace rollcall::client
