// `rollcall import`: brings an existing fleet in with its credentials (DESIGN 6, 5.22). The whole file is
// checked in a dry run, row by row, and only then written.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "client/api_client.hpp"
#include "client/fleet_import.hpp"
#include "server/verbs/client_options.hpp"
#include "server/verbs/verbs.hpp"

namespace rollcall::server {
namespace {

using client::FleetImport;
using client::FleetRow;
using client::ImportReport;

struct Options {
  ClientOptions client;
  std::string path;
  std::string instance;
  bool dry_run = false;
};

// The file may not change between the dry run and the writing.
struct Version {
  uintmax_t bytes = 0;
  std::filesystem::file_time_type changed_at;
  bool operator==(const Version&) const = default;
};

Version version_of(const std::string& path) {
  std::error_code ignored;
  return {std::filesystem::file_size(path, ignored), std::filesystem::last_write_time(path, ignored)};
}

Status read_through(const std::string& path, FleetImport& import) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path))
    return fail(ErrorCode::InvalidFormattedParameter, "cannot read " + path);
  auto reader = client::FleetReader::open(file);
  if (!reader) return fail(std::move(reader.error()));
  return import.run(**reader);
}

void print_report(const ImportReport& report) {
  std::printf("%-10s %10s %10s %10s %10s\n", "", "new", "same", "different", "refused");
  for (size_t kind = 0; kind < report.tallies.size(); ++kind) {
    const ImportReport::Tally& tally = report.tallies[kind];
    if (tally.added + tally.same + tally.changed + tally.refused == 0) continue;
    std::printf("%-10s %10lld %10lld %10lld %10lld\n",
                std::string(client::kind_text(static_cast<FleetRow::Kind>(kind))).c_str(),
                static_cast<long long>(tally.added), static_cast<long long>(tally.same),
                static_cast<long long>(tally.changed), static_cast<long long>(tally.refused));
  }
}

int refused(const Options& options, const ImportReport& report) {
  print_report(report);
  for (const std::string& refusal : report.refusals) complain(options.path + ", " + refusal);
  const auto more = report.refused() - static_cast<int64_t>(report.refusals.size());
  complain((more > 0 ? "and " + std::to_string(more) + " more; " : std::string()) + "nothing was written");
  return kExitFailed;
}

int run_import(const Options& options) {
  auto settings = read_client_options(options.client);
  if (!settings) {
    complain(public_message(settings.error()));
    return kExitUsage;
  }
  const SystemClock clock;
  SystemRandom random;
  client::ApiClient api(std::move(*settings), clock, random);
  const Version version = version_of(options.path);
  FleetImport check(api, options.instance, FleetImport::Mode::Check);
  if (const Status checked = read_through(options.path, check); !checked) {
    complain(options.path + ", " + public_message(checked.error()) + "; nothing was written");
    return kExitFailed;
  }
  if (check.report().refused() > 0) return refused(options, check.report());
  if (check.report().rows() == 0) {
    complain(options.path + " holds no device, product or group");
    return kExitFailed;
  }
  if (options.dry_run) {
    print_report(check.report());
    std::printf("the server would take all of it; nothing was written (--dry-run)\n");
    return kExitOk;
  }
  if (version_of(options.path) != version) {
    complain(options.path + " has changed while it was read; nothing was written");
    return kExitFailed;
  }
  FleetImport write(api, options.instance, FleetImport::Mode::Write);
  if (const Status written = read_through(options.path, write); !written) {
    print_report(write.report());
    complain(options.path + ", " + public_message(written.error()) +
             "\nWhat came before it is written; the import can be repeated");
    return kExitFailed;
  }
  print_report(write.report());
  return kExitOk;
}

}  // namespace

void add_import(CLI::App& app, int& exit_code) {
  CLI::App* verb =
      app.add_subcommand("import", "Bring in an existing fleet (JSON Lines, CSV, JSON) with its credentials");
  auto options = std::make_shared<Options>();
  verb->add_option("FILE", options->path,
                   "JSON Lines as `export` writes them; CSV with ProductKey,DeviceName,DeviceSecret[,IotId,"
                   "Nickname,Serial,GroupId,GroupName]; or JSON with products, groups and devices")
      ->required();
  verb->add_flag("--dry-run", options->dry_run, "Check the file here and on the server, write nothing");
  verb->add_option("--instance", options->instance,
                   "The IotInstanceId to import into; default: the key's own");
  add_client_options(*verb, options->client, "--endpoint");
  verb->callback([options, &exit_code] { exit_code = run_import(*options); });
}

}  // namespace rollcall::server
