// Accounts, keys and the tokens of CreateJob: the reads of a Reader, and the statements of a commit. Thread:
// the connection's.
#pragma once

#include <span>
#include <vector>

#include "store/postgresql/steps.hpp"
#include "store/store.hpp"

namespace rollcall::store::postgresql {

class Link;

Result<AccessDirectory> read_access(Link& link);
Result<std::vector<ClientToken>> read_client_tokens(Link& link, std::span<const ClientTokenKey> keys);
// A step for each row: these changes are few.
void write_access(const ChangeSet& changes, Steps& steps);

}  // namespace rollcall::store::postgresql
