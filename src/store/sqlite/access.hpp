// Accounts, keys and the tokens of CreateJob in the embedded store: the reads of a Reader, and what a commit
// writes. Thread: the connection's.
#pragma once

#include <span>
#include <vector>

#include "store/sqlite/statement.hpp"
#include "store/store.hpp"

namespace rollcall::store {

class AccessQueries {
 public:
  explicit AccessQueries(Connection& connection);
  Result<AccessDirectory> access();
  Result<std::vector<ClientToken>> client_tokens(std::span<const ClientTokenKey> keys);

 private:
  Connection& connection_;
  Statement accounts_, instances_, aliases_, users_, keys_, token_;
};

class AccessWriter {
 public:
  explicit AccessWriter(Connection& connection);
  void write(const ChangeSet& changes);

 private:
  Statement put_account_, put_instance_, put_alias_, put_user_, put_key_;
  Statement remove_alias_, remove_user_, remove_key_, put_token_, forget_tokens_;
};

}  // namespace rollcall::store
