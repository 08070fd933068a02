#include "store/sqlite/access.hpp"

#include "base/limits.hpp"

namespace rollcall::store {
namespace {

void read(Query& query, Account& out) {
  query >> out.id >> out.name >> out.default_instance >> out.created_at;
}
void read(Query& query, Instance& out) { query >> out.id >> out.account >> out.code >> out.created_at; }
void read(Query& query, InstanceAlias& out) { query >> out.code >> out.instance; }
void read(Query& query, SubUser& out) { query >> out.account >> out.name >> out.policy >> out.created_at; }
void read(Query& query, AccessKey& out) {
  query >> out.id >> out.secret >> out.instance >> out.enabled >> out.created_at >> out.account >> out.user >>
      out.administrator;
}
void read(Query& query, ClientToken& out) {
  query >> out.key.account >> out.key.token >> out.digest >> out.job >> out.created_at;
}

template <class Row>
void read_all(Statement& statement, size_t limit, std::vector<Row>& out) {
  Query query = statement.run(limit);
  while (query.step()) read(query, out.emplace_back());
}

}  // namespace

AccessQueries::AccessQueries(Connection& c)
    : connection_(c),
      accounts_(c, "accounts",
                "SELECT id, name, default_instance, created_ms FROM account ORDER BY id LIMIT ?1"),
      instances_(
          c, "instances",
          "SELECT id, account, code, created_ms FROM instance WHERE deleted_ms = 0 ORDER BY id LIMIT ?1"),
      aliases_(c, "instance_aliases", "SELECT code, instance FROM instance_alias ORDER BY code LIMIT ?1"),
      users_(c, "sub_users",
             "SELECT account, name, policy, created_ms FROM sub_user ORDER BY account, name LIMIT ?1"),
      keys_(c, "access_keys_all",
            "SELECT id, secret, instance, enabled, created_ms, account, sub_user, administrator "
            "FROM access_key ORDER BY id LIMIT ?1"),
      token_(c, "client_token",
             "SELECT account, token, digest, job, created_ms FROM client_token WHERE account = ?1 AND token "
             "= ?2") {}

Result<AccessDirectory> AccessQueries::access() {
  Snapshot snapshot(connection_);
  AccessDirectory out;
  read_all(accounts_, limits::kAccountsMax, out.accounts);
  read_all(instances_, limits::kInstancesMax, out.instances);
  read_all(aliases_, limits::kInstanceAliasesMax, out.aliases);
  read_all(users_, limits::kSubUsersMax, out.users);
  read_all(keys_, limits::kAccessKeysMax, out.keys);
  return connection_.finish(std::move(out));
}

Result<std::vector<ClientToken>> AccessQueries::client_tokens(std::span<const ClientTokenKey> keys) {
  Snapshot snapshot(connection_);
  std::vector<ClientToken> rows;
  for (const ClientTokenKey& key : keys) {
    Query query = token_.run(key.account, key.token);
    if (query.step()) read(query, rows.emplace_back());
  }
  return connection_.finish(std::move(rows));
}

AccessWriter::AccessWriter(Connection& c)
    : put_account_(c, "account_put",
                   "INSERT INTO account VALUES(?1, ?2, ?3, ?4) ON CONFLICT(id) DO UPDATE SET "
                   "name = excluded.name, default_instance = excluded.default_instance"),
      put_instance_(c, "instance_put",
                    "INSERT INTO instance(id, account, code, created_ms) VALUES(?1, ?2, ?3, ?4) "
                    "ON CONFLICT(id) DO UPDATE SET code = excluded.code"),
      put_alias_(c, "instance_alias_put", "INSERT OR REPLACE INTO instance_alias VALUES(?1, ?2)"),
      put_user_(c, "sub_user_put",
                "INSERT INTO sub_user VALUES(?1, ?2, ?3, ?4) ON CONFLICT(account, name) DO UPDATE SET "
                "policy = excluded.policy"),
      put_key_(c, "access_key_put",
               "INSERT INTO access_key(id, instance, secret, enabled, created_ms, account, sub_user, "
               "administrator) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(id) DO UPDATE SET "
               "secret = excluded.secret, enabled = excluded.enabled"),
      remove_alias_(c, "instance_alias_remove", "DELETE FROM instance_alias WHERE code = ?1"),
      remove_user_(c, "sub_user_remove", "DELETE FROM sub_user WHERE account = ?1 AND name = ?2"),
      remove_key_(c, "access_key_remove", "DELETE FROM access_key WHERE id = ?1"),
      put_token_(c, "client_token_put",
                 "INSERT OR REPLACE INTO client_token VALUES(?1, ?2, CAST(?3 AS BLOB), ?4, ?5)"),
      forget_tokens_(c, "client_token_forget",
                     "DELETE FROM client_token WHERE (account, token) IN (SELECT account, token FROM "
                     "client_token WHERE created_ms <= ?1 ORDER BY created_ms LIMIT ?2)") {}

void AccessWriter::write(const ChangeSet& changes) {
  const AccessChange& access = changes.access;
  for (const std::string& code : access.removed_aliases) remove_alias_.execute(code);
  for (const auto& [account, name] : access.removed_users) remove_user_.execute(account, name);
  for (const std::string& id : access.removed_keys) remove_key_.execute(id);
  for (const Account& a : access.put_accounts)
    put_account_.execute(a.id, a.name, a.default_instance, a.created_at);
  for (const Instance& i : access.put_instances) put_instance_.execute(i.id, i.account, i.code, i.created_at);
  for (const InstanceAlias& alias : access.put_aliases) put_alias_.execute(alias.code, alias.instance);
  for (const SubUser& user : access.put_users)
    put_user_.execute(user.account, user.name, user.policy, user.created_at);
  for (const AccessKey& key : access.put_keys) {
    put_key_.execute(key.id, key.instance, key.secret, key.enabled, key.created_at, key.account, key.user,
                     key.administrator);
  }
  if (const auto& forget = changes.forget_client_tokens)
    forget_tokens_.execute(forget->until, forget->rows_max);
  for (const ClientToken& token : changes.client_tokens)
    put_token_.execute(token.key.account, token.key.token, token.digest, token.job, token.created_at);
}

}  // namespace rollcall::store
