// What every client verb has in common: where the server is and who asks. Flags beat the environment
// (DESIGN 6). Thread: main.
#pragma once

#include <string>

#include "base/result.hpp"
#include "client/api_client.hpp"

namespace CLI {
class App;
}

namespace rollcall::server {

struct ClientOptions {
  std::string endpoint;
  std::string access_key_id;
  std::string access_key_secret;
};

// --endpoint, --access-key-id, --access-key-secret, with ROLLCALL_ENDPOINT, ROLLCALL_ACCESS_KEY_ID and
// ROLLCALL_ACCESS_KEY_SECRET behind them. `endpoint_flag` is "--endpoint" or "--http".
void add_client_options(CLI::App& verb, ClientOptions& options, const std::string& endpoint_flag);
// Fills what is empty from the environment, for verbs that read their words themselves.
void fill_from_environment(ClientOptions& options);
// The settings, or what is missing as a text for people. Error InvalidFormattedParameter: exit kExitUsage.
Result<client::ApiSettings> read_client_options(const ClientOptions& options);

// "rollcall: TEXT" on standard error.
void complain(const std::string& text);

}  // namespace rollcall::server
