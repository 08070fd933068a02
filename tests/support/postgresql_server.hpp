// A PostgreSQL of the test program's own: made in a temporary folder, reached by a unix socket only, as fast
// as one that may lose everything. Gone with the program, also when that is killed. It runs as another user
// when the tests run as root, since PostgreSQL refuses root. Thread: one.
#pragma once

#include <string>
#include <vector>

#include "support/child_process.hpp"

namespace rollcall::testing {

class PostgresqlServer {
 public:
  enum class Durability : unsigned char { None, Full };  // None: nothing is forced to the disk; fast
  // The program's one, started at its first use.
  static PostgresqlServer& shared();
  explicit PostgresqlServer(Durability durability = Durability::None);
  ~PostgresqlServer();
  PostgresqlServer(const PostgresqlServer&) = delete;
  PostgresqlServer& operator=(const PostgresqlServer&) = delete;

  // Why there is none: what to install, or the log. Empty: it runs.
  const std::string& why_not() const { return why_not_; }
  // The address of a schema of its own, empty so far.
  std::string fresh_url();
  // The address of an existing schema, or of the database itself.
  std::string url(const std::string& schema = {}) const;
  // Runs statements there; the first column of the last answer, a line for each row. "failed: ..." if so.
  std::string query(const std::string& url, const std::string& sql) const;
  // Ends it as a crash does: what is committed stays, every session is gone.
  void crash();
  bool start();

 private:
  std::vector<std::string> as_owner(std::vector<std::string> command) const;

  const Durability durability_;
  ScratchFolder folder_;
  std::string programs_;
  std::string owner_;  // empty: this process's user
  std::string why_not_;
  Process process_;
  int schemas_ = 0;
};

}  // namespace rollcall::testing
