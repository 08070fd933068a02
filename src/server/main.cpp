// The program: each verb is a file of its own under verbs/ (DESIGN 6).
#include <CLI/CLI.hpp>

#include "server/verbs/verbs.hpp"

int main(int argc, char** argv) {
  using namespace rollcall::server;
  CLI::App app("Rollcall: device jobs, self-hosted", "rollcall");
  app.require_subcommand(1);
  int exit_code = kExitOk;
  add_serve(app, exit_code);
  add_simulate(app, exit_code);
  add_call(app, exit_code);
  add_job(app, exit_code);
  add_import(app, exit_code);
  add_export(app, exit_code);
  add_key(app, exit_code);
  add_backup(app, exit_code);
  add_version(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kExitOk : kExitUsage;
  }
  return exit_code;
}
