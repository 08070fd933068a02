// Changes of accounts, instances, sub-users and access keys. All of them are read, changed in memory and
// judged as a whole: they are few, and an administrator's key must be left.
#include "model/access.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

using Operation = ChangeAccess::Operation;

Error unknown(std::string_view what, std::string_view name) {
  return Error(ErrorCode::NotExistedAccess,
               "the " + std::string(what) + " " + excerpt(name) + " does not exist");
}

Error taken(std::string_view what, std::string_view name) {
  return Error(ErrorCode::AlreadyExistedAccess,
               "the " + std::string(what) + " " + excerpt(name) + " exists already");
}

// Names, codes, key ids: what can stand in a URL and in a log.
Status check_name(std::string_view parameter, std::string_view name) {
  if (!name.empty() && name.size() <= 64 && is_letters_digits(name, "-_.@")) return {};
  return fail(
      ErrorCode::InvalidFormattedParameter,
      std::string(parameter) + " is 1 to 64 letters, digits, '-', '_', '.' and '@', not " + excerpt(name));
}

template <class Row>
Status check_room(const std::vector<Row>& rows, size_t max) {
  if (rows.size() < max) return {};
  return fail(ErrorCode::AccessCountExceedMax, "there are " + std::to_string(rows.size()) + " already");
}

template <class Row>
int64_t next_id(const std::vector<Row>& rows) {
  return rows.empty() ? 1 : rows.back().id.value + 1;  // in the order of their ids; none is ever removed
}

// One change, on its way.
struct Changing {
  State& state;
  const ChangeAccess& command;
  AccessDirectory& all;
  store::AccessChange& writes;
  AccessKey made = {};

  Result<Account*> account() {
    for (Account& row : all.accounts)
      if (row.name == command.account) return &row;
    return fail(unknown("account", command.account));
  }
  Result<AccessKey*> key() {
    for (AccessKey& row : all.keys)
      if (row.id == command.key_id) return &row;
    return fail(unknown("access key", command.key_id));
  }
  Status check_new_code(std::string_view code) {
    ROLLCALL_TRY_STATUS(check_name("an instance id", code));
    if (all.instance(code)) return fail(taken("instance id", code));
    return {};
  }
  Instance& add_instance(AccountId owner) {
    Instance& made_now = all.instances.emplace_back(
        Instance{{next_id(all.instances)}, owner, command.instance, state.clock.wall()});
    writes.put_instances.push_back(made_now);
    return made_now;
  }

  Status create_account() {
    ROLLCALL_TRY_STATUS(check_name("Account", command.account));
    if (all.account_named(command.account)) return fail(taken("account", command.account));
    ROLLCALL_TRY_STATUS(check_new_code(command.instance));
    ROLLCALL_TRY_STATUS(check_room(all.accounts, limits::kAccountsMax));
    ROLLCALL_TRY_STATUS(check_room(all.instances, limits::kInstancesMax));
    Account account{{next_id(all.accounts)}, command.account, {}, state.clock.wall()};
    account.default_instance = add_instance(account.id).id;
    writes.put_accounts.push_back(account);
    all.accounts.push_back(std::move(account));
    return {};
  }

  Status create_instance() {
    ROLLCALL_TRY(const Account* owner, account());
    ROLLCALL_TRY_STATUS(check_new_code(command.instance));
    ROLLCALL_TRY_STATUS(check_room(all.instances, limits::kInstancesMax));
    add_instance(owner->id);
    return {};
  }

  Status set_default_instance() {
    ROLLCALL_TRY(Account * owner, account());
    const Instance* instance = all.instance(command.instance);
    if (!instance || instance->account != owner->id) return fail(unknown("instance", command.instance));
    owner->default_instance = instance->id;
    writes.put_accounts.push_back(*owner);
    return {};
  }

  // The first instance has no code of its own: an alias without an instance is its.
  Status add_alias() {
    const Instance* instance =
        command.instance.empty() ? all.instance(kFirstInstance) : all.instance(command.instance);
    if (!instance) return fail(unknown("instance", command.instance));
    ROLLCALL_TRY_STATUS(check_new_code(command.alias));
    ROLLCALL_TRY_STATUS(check_room(all.aliases, limits::kInstanceAliasesMax));
    writes.put_aliases.push_back({command.alias, instance->id});
    all.aliases.push_back(writes.put_aliases.back());
    return {};
  }

  Status delete_alias() {
    if (std::erase_if(all.aliases, [&](const auto& row) { return row.code == command.alias; }) == 0)
      return fail(unknown("alias", command.alias));
    writes.removed_aliases.push_back(command.alias);
    return {};
  }

  Status put_user() {
    ROLLCALL_TRY(const Account* owner, account());
    ROLLCALL_TRY_STATUS(check_name("User", command.user));
    ROLLCALL_TRY_STATUS(check_policy(command.policy));
    SubUser user{owner->id, command.user, command.policy, state.clock.wall()};
    if (const SubUser* old = all.user(owner->id, command.user)) {
      user.created_at = old->created_at;
      std::erase_if(all.users,
                    [&](const SubUser& row) { return row.account == owner->id && row.name == user.name; });
    }
    ROLLCALL_TRY_STATUS(check_room(all.users, limits::kSubUsersMax));
    writes.put_users.push_back(user);
    all.users.push_back(std::move(user));
    return {};
  }

  Status delete_user() {
    ROLLCALL_TRY(const Account* owner, account());
    if (!all.user(owner->id, command.user)) return fail(unknown("sub-user", command.user));
    std::erase_if(all.users,
                  [&](const SubUser& row) { return row.account == owner->id && row.name == command.user; });
    writes.removed_users.emplace_back(owner->id, command.user);
    for (const AccessKey& row : all.keys)
      if (row.account == owner->id && row.user == command.user) writes.removed_keys.push_back(row.id);
    std::erase_if(all.keys,
                  [&](const AccessKey& row) { return row.account == owner->id && row.user == command.user; });
    return {};
  }

  Status create_key() {
    ROLLCALL_TRY(const Account* owner, account());
    if (!command.user.empty() && !all.user(owner->id, command.user))
      return fail(unknown("sub-user", command.user));
    if (!command.user.empty() && command.administrator)
      return fail(ErrorCode::InvalidFormattedParameter, "the key of a sub-user cannot be an administrator's");
    ROLLCALL_TRY_STATUS(check_room(all.keys, limits::kAccessKeysMax));
    made.id = command.key_id.empty() ? "RC" + state.random.alphanumeric(18) : command.key_id;
    ROLLCALL_TRY_STATUS(check_name("KeyId", made.id));
    if (all.key(made.id)) return fail(taken("access key", made.id));
    made.secret = command.secret.empty() ? Secret(state.random.alphanumeric(30)) : command.secret;
    made.instance = owner->default_instance;
    made.created_at = state.clock.wall();
    made.account = owner->id;
    made.user = command.user;
    made.administrator = command.administrator;
    writes.put_keys.push_back(made);
    all.keys.push_back(made);
    return {};
  }

  Status change_key() {
    ROLLCALL_TRY(AccessKey * row, key());
    if (command.operation == Operation::RotateKey) row->secret = Secret(state.random.alphanumeric(30));
    if (command.operation == Operation::EnableKey) row->enabled = true;
    if (command.operation == Operation::DisableKey) row->enabled = false;
    made = *row;
    writes.put_keys.push_back(*row);
    return {};
  }

  Status delete_key() {
    ROLLCALL_TRY(const AccessKey* row, key());
    writes.removed_keys.push_back(row->id);
    std::erase_if(all.keys, [&](const AccessKey& one) { return one.id == command.key_id; });
    return {};
  }

  Status run() {
    switch (command.operation) {
      case Operation::CreateAccount:
        return create_account();
      case Operation::CreateInstance:
        return create_instance();
      case Operation::SetDefaultInstance:
        return set_default_instance();
      case Operation::AddAlias:
        return add_alias();
      case Operation::DeleteAlias:
        return delete_alias();
      case Operation::PutUser:
        return put_user();
      case Operation::DeleteUser:
        return delete_user();
      case Operation::CreateKey:
        return create_key();
      case Operation::EnableKey:
      case Operation::DisableKey:
      case Operation::RotateKey:
        return change_key();
      case Operation::DeleteKey:
        return delete_key();
    }
    return {};
  }
};

// Removals are written first: what is made and removed in one batch must not be made after all.
void append(store::AccessChange& all, store::AccessChange&& more) {
  for (const std::string& id : more.removed_keys)
    std::erase_if(all.put_keys, [&](const AccessKey& row) { return row.id == id; });
  for (const std::string& code : more.removed_aliases)
    std::erase_if(all.put_aliases, [&](const InstanceAlias& row) { return row.code == code; });
  for (const auto& user : more.removed_users)
    std::erase_if(all.put_users,
                  [&](const SubUser& row) { return std::pair(row.account, row.name) == user; });
  const auto move = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move(all.put_accounts, more.put_accounts);
  move(all.put_instances, more.put_instances);
  move(all.put_aliases, more.put_aliases);
  move(all.put_users, more.put_users);
  move(all.put_keys, more.put_keys);
  move(all.removed_aliases, more.removed_aliases);
  move(all.removed_users, more.removed_users);
  move(all.removed_keys, more.removed_keys);
}

}  // namespace

Result<AccessKey> change_access_in(State& state, const ChangeAccess& command, AccessDirectory& all,
                                   store::AccessChange& writes) {
  Changing changing{state, command, all, writes};
  ROLLCALL_TRY_STATUS(changing.run());
  return std::move(changing.made);
}

Result<std::shared_ptr<const AccessDirectory>> put_access(WorkingSet& ws, Decision& decision,
                                                          AccessDirectory&& all,
                                                          store::AccessChange&& writes) {
  const bool administered = std::any_of(all.keys.begin(), all.keys.end(), [](const AccessKey& key) {
    return key.administrator && key.enabled;
  });
  if (!administered) return fail(ErrorCode::LastAdministratorKey);
  append(decision.changes.access, std::move(writes));
  auto directory = std::make_shared<const AccessDirectory>(all);
  ws.access.put({}, std::move(all));
  return directory;
}

Result<Outcome> change_access(State& state, WorkingSet& ws, Decision& decision, const ChangeAccess& command) {
  AccessDirectory all = *ws.access.find({});
  store::AccessChange writes;
  ROLLCALL_TRY(AccessKey made, change_access_in(state, command, all, writes));
  ROLLCALL_TRY(auto directory, put_access(ws, decision, std::move(all), std::move(writes)));
  return Outcome(AccessChanged{std::move(directory), std::move(made)});
}

}  // namespace rollcall::engine
