#include "support/postgresql_server.hpp"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

namespace rollcall::testing {
namespace {

constexpr int64_t kInitialiseMs = 60'000;
constexpr int kStartTries = 1'500;
constexpr int64_t kTryMs = 20;
constexpr int64_t kStopMs = 10'000;

// The folder of the newest installed server's programs; Debian keeps them out of PATH.
std::string find_programs() {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::string folder = entry.path().string() + "/bin";
    if (std::filesystem::exists(folder + "/postgres", ignored)) found.push_back(folder);
  }
  if (!found.empty()) return *std::max_element(found.begin(), found.end());
  for (const char* folder : {"/usr/bin", "/usr/local/bin", "/usr/local/pgsql/bin"}) {
    if (std::filesystem::exists(std::string(folder) + "/initdb", ignored)) return folder;
  }
  return {};
}

}  // namespace

PostgresqlServer& PostgresqlServer::shared() {
  static PostgresqlServer server;
  return server;
}

PostgresqlServer::PostgresqlServer(Durability durability)
    : durability_(durability), programs_(find_programs()) {
  if (programs_.empty()) {
    why_not_ = "PostgreSQL is not installed: apt-get install postgresql-15 (./dev test does it)";
    return;
  }
  if (geteuid() == 0) {
    owner_ = getpwnam("postgres") ? "postgres" : "nobody";
    const passwd* user = getpwnam(owner_.c_str());
    if (user == nullptr || chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
      why_not_ = "there is no user postgres or nobody for PostgreSQL to run as";
      return;
    }
  }
  Process initdb;
  const bool begun = initdb.start(
      as_owner({programs_ + "/initdb", "--pgdata", folder_.path() + "/data", "--username", "rollcall",
                "--encoding", "UTF8", "--locale", "C", "--auth", "trust", "--no-sync"}),
      folder_.path() + "/initdb.log");
  if (!begun || initdb.exit_within(kInitialiseMs) != 0) {
    initdb.kill_hard();
    why_not_ = "initdb failed: " + read_file(folder_.path() + "/initdb.log");
    return;
  }
  // Written into the file that is there, so that it stays its owner's.
  std::ofstream(folder_.path() + "/data/pg_hba.conf")
      << "local all with_password scram-sha-256\nlocal all all trust\n";
  start();
}

PostgresqlServer::~PostgresqlServer() { crash(); }

// The server must go with this program; the kernel forgets that wish when the user changes, so it is made
// again.
std::vector<std::string> PostgresqlServer::as_owner(std::vector<std::string> command) const {
  if (owner_.empty()) return command;
  std::vector<std::string> all{"setpriv",        "--reuid",     owner_, "--regid", owner_,
                               "--clear-groups", "--pdeathsig", "QUIT", "--"};
  if (owner_ == "nobody") all[4] = "nogroup";
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

bool PostgresqlServer::start() {
  const std::string log = folder_.path() + "/server.log";
  std::vector<std::string> command{programs_ + "/postgres", "-D", folder_.path() + "/data", "-k",
                                   folder_.path()};
  for (const char* setting : {"listen_addresses=", "shared_buffers=64MB", "max_connections=40"})
    command.insert(command.end(), {"-c", setting});
  if (durability_ == Durability::None)
    command.insert(command.end(), {"-c", "fsync=off", "-c", "full_page_writes=off"});
  process_.start(as_owner(std::move(command)), log);
  for (int i = 0; i < kStartTries; ++i) {
    if (PQping(url().c_str()) == PQPING_OK) return why_not_.clear(), true;
    if (process_.exit_within(kTryMs)) break;
  }
  process_.kill_hard();
  why_not_ = "PostgreSQL did not start: " + read_file(log);
  return false;
}

void PostgresqlServer::crash() {
  if (!process_.running()) return;
  kill(process_.pid(), SIGQUIT);
  if (!process_.exit_within(kStopMs)) process_.kill_hard();
}

std::string PostgresqlServer::url(const std::string& schema) const {
  std::string text = "postgresql:///postgres?user=rollcall&host=" + folder_.path();
  if (!schema.empty()) text += "&options=-csearch_path%3D" + schema;
  return text;
}

std::string PostgresqlServer::fresh_url() {
  const std::string schema = "test_" + std::to_string(++schemas_);
  query(url(), "CREATE SCHEMA " + schema);
  return url(schema);
}

std::string PostgresqlServer::query(const std::string& at, const std::string& sql) const {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(at.c_str()), &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    return std::string("failed: ") + PQerrorMessage(connection.get());
  std::string out;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    if (row > 0) out += '\n';
    out += PQgetvalue(result.get(), row, 0);
  }
  return out;
}

}  // namespace rollcall::testing
