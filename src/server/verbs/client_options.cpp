#include "server/verbs/client_options.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

namespace rollcall::server {
namespace {

constexpr const char* kDefaultEndpoint = "127.0.0.1:8080";

void fill(std::string& value, const char* variable) {
  if (!value.empty()) return;
  if (const char* text = std::getenv(variable)) value = text;
}

}  // namespace

void add_client_options(CLI::App& verb, ClientOptions& options, const std::string& endpoint_flag) {
  verb.add_option(endpoint_flag, options.endpoint, "API of the server, HOST:PORT or https://HOST:PORT")
      ->envname("ROLLCALL_ENDPOINT");
  verb.add_option("--access-key-id", options.access_key_id, "Access key")->envname("ROLLCALL_ACCESS_KEY_ID");
  verb.add_option("--access-key-secret", options.access_key_secret, "Its secret; safer in the environment")
      ->envname("ROLLCALL_ACCESS_KEY_SECRET");
}

void fill_from_environment(ClientOptions& options) {
  fill(options.endpoint, "ROLLCALL_ENDPOINT");
  fill(options.access_key_id, "ROLLCALL_ACCESS_KEY_ID");
  fill(options.access_key_secret, "ROLLCALL_ACCESS_KEY_SECRET");
}

Result<client::ApiSettings> read_client_options(const ClientOptions& options) {
  client::ApiSettings settings;
  ROLLCALL_TRY_STATUS(
      client::read_endpoint(options.endpoint.empty() ? kDefaultEndpoint : options.endpoint, settings));
  if (options.access_key_id.empty() || options.access_key_secret.empty()) {
    return fail(ErrorCode::InvalidFormattedParameter,
                "an access key is needed: set ROLLCALL_ACCESS_KEY_ID and ROLLCALL_ACCESS_KEY_SECRET, or give "
                "--access-key-id and --access-key-secret. The server prints one at its first start and keeps "
                "it in its data folder (rollcall key show)");
  }
  settings.access_key_id = options.access_key_id;
  settings.access_key_secret = Secret(options.access_key_secret);
  return settings;
}

void complain(const std::string& text) { std::fprintf(stderr, "rollcall: %s\n", text.c_str()); }

}  // namespace rollcall::server
