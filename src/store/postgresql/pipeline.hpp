// Runs the steps of one commit on a connection in libpq's pipeline mode: everything is sent, then every
// answer is read. The first failure ends the run: the server skips what comes behind it. Used by Committer.
// Thread: the connection's.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "store/postgresql/steps.hpp"

namespace rollcall::store {

struct PipelineFailure {
  std::string sql_state;  // empty: none from the server, the connection is lost
  std::string text;       // statement and message
};

class Pipeline {
 public:
  // `connection` is open; the pipeline puts it into non-blocking mode. Not owned.
  explicit Pipeline(PGconn* connection);
  // True: all steps ran. `failure` says why not.
  bool run(Steps& steps, PipelineFailure& failure);

 private:
  struct Pending {
    Step* step;      // none: the end of the pipeline
    bool preparing;  // the answer to come is to the preparation of the step's statement
  };
  bool send(Steps& steps);
  // Waits until the socket can be read or, while something is to be sent, written.
  bool wait();
  // Reads the answer to one statement; false: the connection is lost.
  bool read(const Pending& pending, PipelineFailure& failure);

  PGconn* connection_;
  std::unordered_set<const SqlText*> prepared_;
  std::vector<Pending> pending_;
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
};

}  // namespace rollcall::store
