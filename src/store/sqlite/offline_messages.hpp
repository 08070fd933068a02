// Messages that wait for their devices: reads and writes of one table. Used by this folder only. Thread: the
// connection's.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "store/sqlite/statement.hpp"
#include "store/store.hpp"

namespace rollcall::store {

class OfflineQueries {
 public:
  explicit OfflineQueries(Connection& connection);
  Result<std::vector<OfflineMessage>> messages(std::span<const OfflinePlace> places, size_t limit_each);
  Result<std::vector<OfflineTally>> tallies(std::span<const DeviceId> devices);
  Result<OfflineTotals> totals();
  Result<std::optional<WallMs>> earliest_end();

 private:
  Connection& connection_;
  Statement of_device_, tally_, totals_, earliest_end_;
};

class OfflineWriter {
 public:
  explicit OfflineWriter(Connection& connection);
  void write(const ChangeSet& changes, CommitResult& result);

 private:
  Statement put_, forget_, expire_;
};

}  // namespace rollcall::store
