// `rollcall version`, and the verbs that come with a later version.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "server/verbs/client_options.hpp"
#include "server/verbs/verbs.hpp"

#ifndef ROLLCALL_VERSION
#define ROLLCALL_VERSION "0.1.0"
#endif

namespace rollcall::server {

void add_version(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("version", "Print the version");
  verb->callback([&exit_code] {
    std::printf("rollcall %s\n", ROLLCALL_VERSION);
    exit_code = kExitOk;
  });
}

void add_backup(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("backup", "Back up a data folder (comes with a later version)");
  verb->allow_extras();
  verb->callback([&exit_code] {
    complain("backup comes with a later version. Until then: stop the server and copy its data folder");
    exit_code = kExitUsage;
  });
}

}  // namespace rollcall::server
