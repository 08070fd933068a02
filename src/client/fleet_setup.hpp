// Makes sure that a product with a thing model and N devices exist, and gets the devices' secrets: what
// `simulate` does before it connects. Repeatable: finds what an earlier run has made. Called by the verb.
// Thread: one; blocks.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "client/api_client.hpp"

namespace rollcall::client {

struct FleetPlan {
  std::string product_name = "sim";
  std::string prefix = "sim-";
  size_t devices = 0;
};

// Six digits: names in order of number are in order of text, too.
inline constexpr size_t kFleetDevicesMax = 999'999;

struct PreparedFleet {
  std::string product_key;
  std::vector<std::pair<std::string, Secret>> devices;  // name and secret, in the order of the numbers
  size_t registered = 0;                                // of these, new ones
};

// "sim-000001" for number 1.
std::string device_name(std::string_view prefix, size_t number);
// The thing model of simulated products: writable properties of every simple type, an asynchronous and a
// synchronous service.
std::string_view simulated_thing_model();

// `random` makes the ProductKey of a product that CreateProduct would refuse for its short name, as "sim" is.
// `say` gets a line for people about each longer step. Errors: those of ApiClient::require.
Result<PreparedFleet> prepare_fleet(ApiClient& api, Random& random, const FleetPlan& plan,
                                    const std::function<void(const std::string&)>& say);

}  // namespace rollcall::client
