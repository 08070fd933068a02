// `rollcall export`: writes a fleet with its credentials as JSON Lines that `rollcall import` takes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "client/api_client.hpp"
#include "client/fleet_export.hpp"
#include "server/verbs/client_options.hpp"
#include "server/verbs/verbs.hpp"

namespace rollcall::server {
namespace {

struct Options {
  ClientOptions client;
  client::ExportOptions what;
  std::string path;
};

// Secrets are in it: for its owner only. False when it cannot be made.
bool make_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool own = ::fchmod(file, 0600) == 0;
  ::close(file);
  return own;
}

// Under another name until it is whole.
Result<client::ExportCounts> export_to_file(client::ApiClient& api, const Options& options) {
  const std::string part = options.path + ".part";
  if (!make_private(part)) return fail(ErrorCode::InvalidFormattedParameter, "cannot write " + part);
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  auto counts = client::export_fleet(api, options.what, file);
  file.close();
  if (counts && (!file || std::rename(part.c_str(), options.path.c_str()) != 0))
    counts = fail(ErrorCode::InvalidFormattedParameter, "cannot write " + options.path);
  if (!counts) std::remove(part.c_str());
  return counts;
}

int run_export(const Options& options) {
  auto settings = read_client_options(options.client);
  if (!settings) {
    complain(public_message(settings.error()));
    return kExitUsage;
  }
  const SystemClock clock;
  SystemRandom random;
  client::ApiClient api(std::move(*settings), clock, random);
  const auto counts = options.path.empty() ? client::export_fleet(api, options.what, std::cout)
                                           : export_to_file(api, options);
  if (!counts) {
    complain(public_message(counts.error()));
    return kExitFailed;
  }
  std::fprintf(stderr, "%lld products, %lld groups, %lld devices", static_cast<long long>(counts->products),
               static_cast<long long>(counts->groups), static_cast<long long>(counts->devices));
  if (options.what.access)
    std::fprintf(stderr, ", %lld rows of accounts and keys", static_cast<long long>(counts->access));
  std::fprintf(stderr, "\n");
  return kExitOk;
}

}  // namespace

void add_export(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("export", "Write a fleet with its credentials, for `import`");
  auto options = std::make_shared<Options>();
  verb->add_option("--out", options->path, "The file, made for its owner only; default: standard output");
  verb->add_flag("--access", options->what.access,
                 "Accounts, instances, sub-users and access keys with their secrets as well");
  verb->add_option("--instance", options->what.instance,
                   "The IotInstanceId to export; default: the key's own");
  add_client_options(*verb, options->client, "--endpoint");
  verb->callback([options, &exit_code] { exit_code = run_export(*options); });
}

}  // namespace rollcall::server
