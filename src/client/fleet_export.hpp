// Writes a fleet out as the JSON Lines that fleet_reader.hpp reads. Called by the verb `export`. Source:
// DESIGN 5.22. Thread: one; calls block.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "client/api_client.hpp"

namespace rollcall::client {

struct ExportOptions {
  std::string instance;  // an IotInstanceId, or empty: the key's own
  bool access = false;   // accounts, instances, sub-users and keys with their secrets as well
};
struct ExportCounts {
  int64_t access = 0;
  int64_t products = 0;
  int64_t groups = 0;
  int64_t devices = 0;
};

// Products, groups and devices, each kind behind those it names; page by page. Error: the server refuses or
// is away, or `out` takes nothing more; what was written by then is not whole.
Result<ExportCounts> export_fleet(ApiClient& api, const ExportOptions& options, std::ostream& out);

}  // namespace rollcall::client
