// Messages that wait for their devices: reads and writes of one table. Used by this folder only. Thread: the
// link's.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "store/postgresql/link.hpp"
#include "store/postgresql/steps.hpp"
#include "store/store.hpp"

namespace rollcall::store::postgresql {

Result<std::vector<OfflineMessage>> read_offline_messages(Link& link, std::span<const OfflinePlace> places,
                                                          size_t limit_each);
Result<std::vector<OfflineTally>> read_offline_tallies(Link& link, std::span<const DeviceId> devices);
Result<OfflineTotals> read_offline_totals(Link& link);
Result<std::optional<WallMs>> earliest_offline_end(Link& link);

void write_offline_messages(const ChangeSet& changes, Steps& steps, CommitResult& result);

}  // namespace rollcall::store::postgresql
