// Accounts, instances, aliases, sub-users and access keys that come in with their identities (DESIGN 5.22):
// each row is one change of the directory, or two, or none.
#include <algorithm>

#include "engine/fleet.hpp"
#include "engine/state.hpp"
#include "model/access.hpp"

namespace rollcall::engine {
namespace {

using Operation = ChangeAccess::Operation;
using Kind = ImportAccess::Kind;

Error bad(const std::string& why) { return Error(ErrorCode::InvalidFormattedParameter, why); }

struct Import {
  State& state;
  AccessDirectory& all;
  store::AccessChange& writes;

  Status run(Operation operation, ChangeAccess row) {
    row.operation = operation;
    return change_access_in(state, row, all, writes).map([](const AccessKey&) {});
  }
  Result<Imported> make(Operation operation, const ChangeAccess& row) {
    return run(operation, row).map([] { return Imported::New; });
  }
  Result<Imported> change(Operation operation, const ChangeAccess& row) {
    return run(operation, row).map([] { return Imported::Changed; });
  }

  Result<Imported> account(const ChangeAccess& row) {
    const Account* old = all.account_named(row.account);
    if (!old) return make(Operation::CreateAccount, row);
    if (all.instance(old->default_instance)->code == row.instance) return Imported::Same;
    if (!all.instance(row.instance)) ROLLCALL_TRY_STATUS(run(Operation::CreateInstance, row));
    return change(Operation::SetDefaultInstance, row);
  }
  Result<Imported> instance(const ChangeAccess& row) {
    const Instance* old = all.instance(row.instance);
    if (!old) return make(Operation::CreateInstance, row);
    const Account* owner = all.account_named(row.account);
    if (!owner || old->account != owner->id || old->code != row.instance)
      return fail(bad("the instance id belongs to another account or instance"));
    return Imported::Same;
  }
  Result<Imported> alias(const ChangeAccess& row) {
    const auto old = std::find_if(all.aliases.begin(), all.aliases.end(),
                                  [&](const auto& one) { return one.code == row.alias; });
    if (old == all.aliases.end()) return make(Operation::AddAlias, row);
    const Instance* wanted = row.instance.empty() ? all.instance(kFirstInstance) : all.instance(row.instance);
    if (wanted && old->instance == wanted->id) return Imported::Same;
    return fail(bad("the alias stands for another instance"));
  }
  Result<Imported> user(const ChangeAccess& row) {
    const Account* owner = all.account_named(row.account);
    const SubUser* old = owner ? all.user(owner->id, row.user) : nullptr;
    if (!old) return make(Operation::PutUser, row);
    if (old->policy == row.policy) return Imported::Same;
    return change(Operation::PutUser, row);
  }
  // A key keeps whom it belongs to; its secret and whether it may be used may change.
  Result<Imported> key(const ChangeAccess& row, bool enabled) {
    const auto named = [&](const AccessKey& one) { return one.id == row.key_id; };
    auto old = std::find_if(all.keys.begin(), all.keys.end(), named);
    if (old == all.keys.end()) {
      ROLLCALL_TRY_STATUS(run(Operation::CreateKey, row));
      if (!enabled) ROLLCALL_TRY_STATUS(run(Operation::DisableKey, row));
      return Imported::New;
    }
    const Account* owner = all.account_named(row.account);
    if (!owner || old->account != owner->id || old->user != row.user ||
        old->administrator != row.administrator)
      return fail(bad("the KeyId belongs to somebody else, or is another kind of key"));
    if (old->secret == row.secret && old->enabled == enabled) return Imported::Same;
    old->secret = row.secret;
    old->enabled = enabled;
    writes.put_keys.push_back(*old);
    return Imported::Changed;
  }

  Result<Imported> take(const ImportAccess::Entry& entry) {
    switch (entry.kind) {
      case Kind::Account:
        return account(entry.row);
      case Kind::Instance:
        return instance(entry.row);
      case Kind::Alias:
        return alias(entry.row);
      case Kind::User:
        return user(entry.row);
      case Kind::Key:
        return key(entry.row, entry.enabled);
    }
    return Imported::Same;
  }
};

ImportTally& tally_of(AccessImported& result, Kind kind) {
  switch (kind) {
    case Kind::Account:
      return result.accounts;
    case Kind::Instance:
      return result.instances;
    case Kind::Alias:
      return result.aliases;
    case Kind::User:
      return result.users;
    case Kind::Key:
      break;
  }
  return result.keys;
}

}  // namespace

Result<Outcome> decide_import_access(State& state, WorkingSet& ws, Decision& decision,
                                     const ImportAccess& command) {
  AccessDirectory all = *ws.access.find({});
  store::AccessChange writes;
  AccessImported result;
  Import import{state, all, writes};
  for (const ImportAccess::Entry& entry : command.entries) {
    const auto taken = import.take(entry);
    if (taken) {
      count_imported(tally_of(result, entry.kind), *taken);
      continue;
    }
    const std::string why = public_message(taken.error());
    if (!command.dry_run) return fail(Error(taken.error().code, entry.place + ": " + why));
    ++tally_of(result, entry.kind).refused;
    if (result.refusals.size() < limits::kImportRefusalsTold) result.refusals.push_back({entry.place, why});
  }
  if (command.dry_run) {
    Decision scratch;
    WorkingSet rows = ws;
    ROLLCALL_TRY_STATUS(put_access(rows, scratch, std::move(all), std::move(writes)).map([](const auto&) {}));
    return Outcome(std::move(result));
  }
  ROLLCALL_TRY(result.directory, put_access(ws, decision, std::move(all), std::move(writes)));
  return Outcome(std::move(result));
}

}  // namespace rollcall::engine
