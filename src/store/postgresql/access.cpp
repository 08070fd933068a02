#include "store/postgresql/access.hpp"

#include "base/limits.hpp"
#include "store/postgresql/queries.hpp"
#include "store/postgresql/result.hpp"

namespace rollcall::store::postgresql {
namespace {

constexpr SqlText kAccounts{
    "accounts", "SELECT id, name, default_instance, created_ms FROM account ORDER BY id LIMIT $1::bigint"};
constexpr SqlText kInstances{"instances",
                             "SELECT id, account, code, created_ms FROM instance WHERE deleted_ms = 0 "
                             "ORDER BY id LIMIT $1::bigint"};
constexpr SqlText kAliases{"instance_aliases",
                           "SELECT code, instance FROM instance_alias ORDER BY code LIMIT $1::bigint"};
constexpr SqlText kUsers{
    "sub_users",
    "SELECT account, name, policy, created_ms FROM sub_user ORDER BY account, name LIMIT $1::bigint"};
constexpr SqlText kKeys{"access_keys_all",
                        "SELECT id, secret, instance, enabled, created_ms, account, sub_user, administrator "
                        "FROM access_key ORDER BY id LIMIT $1::bigint"};
constexpr SqlText kToken{"client_token",
                         "SELECT account, token, digest, job, created_ms FROM client_token "
                         "WHERE account = $1::bigint AND token = $2::text"};
constexpr SqlText kPutAccount{
    "account_put",
    "INSERT INTO account(id, name, default_instance, created_ms) VALUES($1::bigint, $2::text, $3::bigint, "
    "$4::bigint) ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
    "default_instance = excluded.default_instance"};
constexpr SqlText kPutInstance{
    "instance_put",
    "INSERT INTO instance(id, account, code, created_ms) VALUES($1::bigint, $2::bigint, $3::text, "
    "$4::bigint) ON CONFLICT (id) DO UPDATE SET code = excluded.code"};
constexpr SqlText kPutAlias{"instance_alias_put",
                            "INSERT INTO instance_alias(code, instance) VALUES($1::text, $2::bigint) "
                            "ON CONFLICT (code) DO UPDATE SET instance = excluded.instance"};
constexpr SqlText kPutUser{
    "sub_user_put",
    "INSERT INTO sub_user(account, name, policy, created_ms) VALUES($1::bigint, $2::text, $3::text, "
    "$4::bigint) ON CONFLICT (account, name) DO UPDATE SET policy = excluded.policy"};
constexpr SqlText kPutKey{
    "access_key_put",
    "INSERT INTO access_key(id, instance, secret, enabled, created_ms, account, sub_user, administrator) "
    "VALUES($1::text, $2::bigint, $3::bytea, $4::boolean, $5::bigint, $6::bigint, $7::text, $8::boolean) "
    "ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, enabled = excluded.enabled"};
constexpr SqlText kRemoveAlias{"instance_alias_remove", "DELETE FROM instance_alias WHERE code = $1::text"};
constexpr SqlText kRemoveUser{"sub_user_remove",
                              "DELETE FROM sub_user WHERE account = $1::bigint AND name = $2::text"};
constexpr SqlText kRemoveKey{"access_key_remove", "DELETE FROM access_key WHERE id = $1::text"};
constexpr SqlText kPutToken{
    "client_token_put",
    "INSERT INTO client_token(account, token, digest, job, created_ms) VALUES($1::bigint, $2::text, "
    "$3::bytea, $4::bigint, $5::bigint) ON CONFLICT (account, token) DO UPDATE SET "
    "digest = excluded.digest, job = excluded.job, created_ms = excluded.created_ms"};
constexpr SqlText kForgetTokens{
    "client_token_forget",
    "DELETE FROM client_token WHERE (account, token) IN (SELECT account, token FROM client_token "
    "WHERE created_ms <= $1::bigint ORDER BY created_ms LIMIT $2::bigint)"};

template <class... Values>
Parameters values_of(const Values&... values) {
  Parameters out;
  (out << ... << values);
  return out;
}

Step every_row(const SqlText& sql, size_t limit, std::function<void(const ReplyRow&)> on_row) {
  return {&sql, values_of(static_cast<int64_t>(limit)), std::move(on_row)};
}

}  // namespace

Result<AccessDirectory> read_access(Link& link) {
  AccessDirectory out;
  Steps steps;
  steps.push_back(every_row(kAccounts, limits::kAccountsMax, [&](const ReplyRow& row) {
    Account& a = out.accounts.emplace_back();
    Columns(row) >> a.id >> a.name >> a.default_instance >> a.created_at;
  }));
  steps.push_back(every_row(kInstances, limits::kInstancesMax, [&](const ReplyRow& row) {
    Instance& i = out.instances.emplace_back();
    Columns(row) >> i.id >> i.account >> i.code >> i.created_at;
  }));
  steps.push_back(every_row(kAliases, limits::kInstanceAliasesMax, [&](const ReplyRow& row) {
    InstanceAlias& a = out.aliases.emplace_back();
    Columns(row) >> a.code >> a.instance;
  }));
  steps.push_back(every_row(kUsers, limits::kSubUsersMax, [&](const ReplyRow& row) {
    SubUser& u = out.users.emplace_back();
    Columns(row) >> u.account >> u.name >> u.policy >> u.created_at;
  }));
  steps.push_back(every_row(kKeys, limits::kAccessKeysMax, [&](const ReplyRow& row) {
    AccessKey& k = out.keys.emplace_back();
    Columns(row) >> k.id >> k.secret >> k.instance >> k.enabled >> k.created_at >> k.account >> k.user >>
        k.administrator;
  }));
  // Run again when the link was gone before anything was answered: nothing is in `out` then.
  ROLLCALL_TRY_STATUS(link.run_in_snapshot(std::move(steps)));
  return out;
}

Result<std::vector<ClientToken>> read_client_tokens(Link& link, std::span<const ClientTokenKey> keys) {
  std::vector<ClientToken> rows;
  Steps steps;
  for (const ClientTokenKey& key : keys) {
    steps.push_back({&kToken, values_of(key.account, key.token), [&](const ReplyRow& row) {
                       ClientToken& t = rows.emplace_back();
                       Columns(row) >> t.key.account >> t.key.token >> t.digest >> t.job >> t.created_at;
                     }});
  }
  ROLLCALL_TRY_STATUS(link.run(steps));
  return rows;
}

void write_access(const ChangeSet& changes, Steps& steps) {
  const auto add = [&](const SqlText& sql, Parameters values) {
    steps.push_back({&sql, std::move(values), nullptr});
  };
  const AccessChange& access = changes.access;
  for (const std::string& code : access.removed_aliases) add(kRemoveAlias, values_of(code));
  for (const auto& [account, name] : access.removed_users) add(kRemoveUser, values_of(account, name));
  for (const std::string& id : access.removed_keys) add(kRemoveKey, values_of(id));
  for (const Account& a : access.put_accounts)
    add(kPutAccount, values_of(a.id, a.name, a.default_instance, a.created_at));
  for (const Instance& i : access.put_instances)
    add(kPutInstance, values_of(i.id, i.account, i.code, i.created_at));
  for (const InstanceAlias& a : access.put_aliases) add(kPutAlias, values_of(a.code, a.instance));
  for (const SubUser& u : access.put_users)
    add(kPutUser, values_of(u.account, u.name, u.policy, u.created_at));
  for (const AccessKey& k : access.put_keys)
    add(kPutKey,
        values_of(k.id, k.instance, k.secret, k.enabled, k.created_at, k.account, k.user, k.administrator));
  if (const auto& forget = changes.forget_client_tokens)
    add(kForgetTokens, values_of(forget->until, static_cast<int64_t>(forget->rows_max)));
  for (const ClientToken& t : changes.client_tokens)
    add(kPutToken, values_of(t.key.account, t.key.token, t.digest, t.job, t.created_at));
}

}  // namespace rollcall::store::postgresql
