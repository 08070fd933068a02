// One connection to PostgreSQL: steps go out in one pipeline, each statement prepared at its first use,
// values and answers in binary. Nothing waits longer than it is told. As in the embedded store the first
// failure sticks until finish() hands it out, as SystemException whose detail starts with "constraint:",
// "full:" or "io:"; after "io:" the link may be gone (broken()), and then a new connection must be opened.
// Used by this folder only. Thread: the connection's.
#pragma once

#include <libpq-fe.h>

#include <deque>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "store/postgresql/steps.hpp"

namespace rollcall::store::postgresql {

class Connection {
 public:
  // Connects and sets what every session of ours wants. The error's message is for people: unreachable,
  // refused, a server that is too old; it never holds the password.
  static Result<std::unique_ptr<Connection>> open(const std::string& url, const Clock& clock);
  // The same refusal without connecting: a URL that cannot be read.
  static Status check_url(const std::string& url);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sends `steps`, which stay alive until advance() said true. Only when nothing is under way.
  void start(const Steps& steps);
  // Reads answers as they come, waiting up to `wait_ms` for more. True: all are there, or it failed. Of a
  // pipeline that failed, no statement after the failed one ran.
  bool advance(int wait_ms);
  // Both, to the end, bounded by the time limit of a request. False when it failed.
  bool run(const Steps& steps);
  // Texts of ours without parameters, several in one, outside of the pipeline's statements.
  bool execute(const std::string& sql, const char* name);

  bool ok() const noexcept { return failure_.empty(); }
  bool broken() const noexcept { return broken_; }
  // Rows of the last start() were handed out.
  bool answered() const noexcept { return answered_; }
  // Not broken, and the server has not hung up meanwhile. Asked when nothing is under way.
  bool alive();
  // Ends what a failed run left open; a connection that cannot even do that is broken.
  void roll_back();
  int32_t server_process() const noexcept { return PQbackendPID(handle_); }
  // Nobody hears the answer any more: the link is given up.
  void give_up(const char* why);

  // What PostgreSQL cannot know: a row that makes no sense, a condition of ours that a change breaks.
  void record_damage(const std::string& text);
  void record_refusal(const std::string& text);
  Error take_error();
  template <class T>
  Result<std::decay_t<T>> finish(T&& value) {
    if (ok()) return std::forward<T>(value);
    return fail(take_error());
  }
  Status finish() {
    if (ok()) return {};
    return fail(take_error());
  }

 private:
  // What the next answer belongs to.
  struct Expected {
    enum Kind { Prepare, Execute, Sync } kind;
    const Step* step;
  };
  Connection(PGconn* handle, const Clock& clock) : handle_(handle), clock_(clock) {}
  Status configure();
  bool send(const Step& step);
  void take(const PGresult* result);
  void next_expected(const PGresult* result);
  bool wait_for_server(int wait_ms);
  void fail_with(const PGresult* result, const char* name);
  void lose(const char* name);

  PGconn* handle_;
  const Clock& clock_;
  std::unordered_map<const SqlText*, std::string> prepared_;
  std::deque<Expected> expected_;
  int64_t next_name_ = 1;
  bool broken_ = false;
  bool answered_ = false;
  std::string failure_;
};

}  // namespace rollcall::store::postgresql
