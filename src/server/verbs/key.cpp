// `rollcall key`: access keys. Now: shows the administrator key that the first start wrote into the data
// folder (DESIGN 6).
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include "server/verbs/client_options.hpp"
#include "server/verbs/verbs.hpp"

namespace rollcall::server {
namespace {

constexpr const char* kKeyFile = "access-key";

int show_key(const std::string& data_dir) {
  const std::string path = data_dir + "/" + kKeyFile;
  std::ifstream file(path);
  std::string line;
  if (!file) {
    complain("cannot read " + path + "; is " + data_dir + " the server's data folder?");
    return kExitFailed;
  }
  while (std::getline(file, line)) std::printf("%s\n", line.c_str());
  return kExitOk;
}

}  // namespace

void add_key(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("key", "Access keys");
  verb->require_subcommand(1);
  CLI::App* show = verb->add_subcommand("show", "Print the key that the first start made");
  auto data_dir = std::make_shared<std::string>("./rollcall-data");
  show->add_option("--data", *data_dir, "The server's data folder")
      ->envname("ROLLCALL_DATA")
      ->capture_default_str();
  show->callback([data_dir, &exit_code] { exit_code = show_key(*data_dir); });
}

}  // namespace rollcall::server
