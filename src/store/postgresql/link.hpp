// Connections that come back: ReconnectingLink opens a new one when the last broke, later and later while
// that fails, and Session is the store's own, with its epoch, its lock and the verdict on a commit whose
// answer was lost. Used by this folder only. Thread: the owner's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "store/postgresql/open.hpp"
#include "store/postgresql/queries.hpp"

namespace rollcall::store::postgresql {

class ReconnectingLink : public Link {
 public:
  ReconnectingLink(std::string url, const Clock& clock) : url_(std::move(url)), clock_(clock) {}
  // At once an error while it is too early to try again.
  Result<Connection*> connection() override;

 protected:
  // What a new connection needs before its first use.
  virtual Status prepare(Connection& connection);
  const Clock& clock() const { return clock_; }

 private:
  std::string url_;
  const Clock& clock_;
  std::unique_ptr<Connection> connection_;
  SteadyUs next_try_{INT64_MIN};
  int64_t wait_ms_ = 0;
  bool was_connected_ = false;
};

class Session final : public ReconnectingLink {
 public:
  Session(const PostgresqlOptions& options, const Clock& clock, Random& random)
      : ReconnectingLink(options.url, clock), exclusive_(options.exclusive), random_(random) {}

  // Of the connection there is.
  int64_t epoch() const { return epoch_; }
  // The link broke between COMMIT and its answer: the next connection finds out what became of `batch`.
  void doubt(int64_t batch) { doubt_ = Doubt{epoch_, batch}; }
  // True: it happened; false: it did not, and never will. nullopt: nobody could be asked yet.
  Result<std::optional<bool>> verdict();

 protected:
  Status prepare(Connection& connection) override;

 private:
  struct Doubt {
    int64_t epoch;
    int64_t batch;
  };
  Status take_lock(Connection& connection);
  Status take_epoch(Connection& connection);
  Status resolve(Connection& connection);

  bool exclusive_;
  Random& random_;
  int64_t epoch_ = 0;
  int32_t server_process_ = 0;  // of the last connection
  std::optional<Doubt> doubt_;
  std::optional<Result<std::optional<bool>>> verdict_;
};

}  // namespace rollcall::store::postgresql
