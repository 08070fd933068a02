// The rows of a fleet file between reading and sending: checked against each other, then cut into chunks that
// the server takes one by one, each with the products and groups that its devices need. Used by
// fleet_file.cpp. Thread: any; pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "client/fleet_file.hpp"

namespace rollcall::client {

struct DeviceRow {
  std::string place;  // "line 7", "devices[3]"
  std::string product_key;
  std::string device_name;
  std::string device_secret;
  std::string iot_id;
  std::string nickname;
  std::string group_id;    // CSV only
  std::string group_name;  // CSV only
};

struct ProductRow {
  std::string key;
  std::string json;  // as written
  std::string place;
};

struct GroupRow {
  std::string id;
  std::string name;
  std::string description;
  std::vector<std::pair<std::string, std::string>> devices;  // ProductKey, DeviceName
  std::string place;
};

struct FleetRows {
  std::vector<ProductRow> products;
  std::vector<DeviceRow> devices;
  std::vector<GroupRow> groups;
};

// What can be said of one device without the others: mandatory fields, characters and lengths of the name
// (cloud-api C.2). Error InvalidFormattedParameter with place and field, never the secret.
Status check_device_row(const DeviceRow& row);

// Refuses devices, IotIds, products and groups that are there twice; then makes the chunks.
Result<FleetFile> cut_fleet(const FleetRows& rows);

}  // namespace rollcall::client
