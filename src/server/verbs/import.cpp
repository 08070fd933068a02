// `rollcall import`: brings an existing fleet in with its credentials (DESIGN 6, 5.22). The file is checked
// here, then by the server in a dry run, and only then written.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "client/api_client.hpp"
#include "client/fleet_file.hpp"
#include "server/verbs/client_options.hpp"
#include "server/verbs/verbs.hpp"

namespace rollcall::server {
namespace {

struct Options {
  ClientOptions client;
  std::string path;
  bool dry_run = false;
};

struct Tally {
  int64_t added = 0;
  int64_t changed = 0;
  int64_t same = 0;
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::InvalidFormattedParameter, "cannot read " + path);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (text.size() > client::kFleetFileBytesMax)
    return fail(ErrorCode::InvalidFormattedParameter, path + " is larger than 512 MB; split it");
  return text;
}

// Sends all chunks; a chunk that is refused ends it and is named.
Result<Tally> send_chunks(client::ApiClient& api, const client::FleetFile& file, bool dry_run) {
  Tally tally;
  for (const client::FleetChunk& chunk : file.chunks) {
    const auto answer =
        api.require("ImportFleet", {{"Entries", chunk.entries}, {"DryRun", dry_run ? "true" : "false"}});
    if (!answer)
      return fail(answer.error().code,
                  "the part from " + chunk.first_place + " on: " + public_message(answer.error()));
    tally.added += answer->number("Data.Added");
    tally.changed += answer->number("Data.Changed");
    tally.same += answer->number("Data.Same") - static_cast<int64_t>(chunk.repeated);
  }
  return tally;
}

int failed(const Error& error) {
  complain(public_message(error));
  return kExitFailed;
}

int run_import(const Options& options) {
  auto settings = read_client_options(options.client);
  if (!settings) {
    complain(public_message(settings.error()));
    return kExitUsage;
  }
  const auto text = read_file(options.path);
  if (!text) return failed(text.error());
  const auto file = client::read_fleet_file(*text);
  if (!file) return failed(Error(file.error().code, options.path + ", " + public_message(file.error())));
  std::printf("%s: %zu devices, %zu products, %zu groups\n", options.path.c_str(), file->devices,
              file->products, file->groups);
  const SystemClock clock;
  SystemRandom random;
  client::ApiClient api(std::move(*settings), clock, random);
  const auto checked = send_chunks(api, *file, true);
  if (!checked) {
    complain("nothing was written; " + public_message(checked.error()));
    return kExitFailed;
  }
  if (options.dry_run) {
    std::printf("the server would take all of it; nothing was written (--dry-run)\n");
    return kExitOk;
  }
  const auto written = send_chunks(api, *file, false);
  if (!written) {
    complain(public_message(written.error()) +
             "\nWhat came before it is written; the import can be repeated");
    return kExitFailed;
  }
  std::printf("added %lld  same %lld  changed %lld\n", static_cast<long long>(written->added),
              static_cast<long long>(written->same), static_cast<long long>(written->changed));
  return kExitOk;
}

}  // namespace

void add_import(CLI::App& app, int& exit_code) {
  CLI::App* verb =
      app.add_subcommand("import", "Bring in an existing fleet (CSV or JSON) with its credentials");
  auto options = std::make_shared<Options>();
  verb->add_option("FILE", options->path,
                   "CSV with ProductKey,DeviceName,DeviceSecret[,IotId,Nickname,GroupId], "
                   "or JSON with products, devices and groups")
      ->required();
  verb->add_flag("--dry-run", options->dry_run, "Check the file here and on the server, write nothing");
  add_client_options(*verb, options->client, "--endpoint");
  verb->callback([options, &exit_code] { exit_code = run_import(*options); });
}

}  // namespace rollcall::server
