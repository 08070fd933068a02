// Calls of the API about one job, as the tests of crashes need them. Thread: the caller's.
#pragma once

#include <set>
#include <string>

#include "client/api_client.hpp"

namespace rollcall::testing {

// A custom job for every device of a product; its JobId.
std::string create_job(client::ApiClient& api, const std::string& product_key, const std::string& rate);
// All TaskIds of a job with a status, page by page.
std::set<std::string> tasks_with_status(client::ApiClient& api, const std::string& job,
                                        const std::string& status);

}  // namespace rollcall::testing
