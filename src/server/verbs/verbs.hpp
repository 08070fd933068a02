// The verbs of the program, one file each: every function adds its sub-command to `app`, and the
// sub-command's callback runs the verb and leaves the exit status of the process in `exit_code` (DESIGN 6).
// Called by main.cpp only, which lets CLI11 parse. Thread: main; `exit_code` must outlive the parse.
//
// Exit status: 0 done, 1 the server refused or could not be reached, 2 wrong usage; a verb that has more says
// so in its help.
#pragma once

namespace CLI {
class App;
}

namespace rollcall::server {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

void add_serve(CLI::App& app, int& exit_code);
void add_simulate(CLI::App& app, int& exit_code);
void add_call(CLI::App& app, int& exit_code);
void add_job(CLI::App& app, int& exit_code);
void add_key(CLI::App& app, int& exit_code);
void add_export(CLI::App& app, int& exit_code);
void add_import(CLI::App& app, int& exit_code);
void add_backup(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);

}  // namespace rollcall::server
