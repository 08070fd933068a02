// ChangeAccess, ImportAccess, ListAccess: accounts, instances, sub-users and access keys (extensions, for
// administrators).
#include <algorithm>
#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/entry.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"
#include "base/json.hpp"
#include "base/log.hpp"

namespace rollcall::api {
namespace {

using Operation = engine::ChangeAccess::Operation;

constexpr std::pair<std::string_view, Operation> kOperations[] = {
    {"CreateAccount", Operation::CreateAccount},
    {"CreateInstance", Operation::CreateInstance},
    {"SetDefaultInstance", Operation::SetDefaultInstance},
    {"AddAlias", Operation::AddAlias},
    {"DeleteAlias", Operation::DeleteAlias},
    {"PutUser", Operation::PutUser},
    {"DeleteUser", Operation::DeleteUser},
    {"CreateKey", Operation::CreateKey},
    {"EnableKey", Operation::EnableKey},
    {"DisableKey", Operation::DisableKey},
    {"RotateKey", Operation::RotateKey},
    {"DeleteKey", Operation::DeleteKey},
};

constexpr size_t kKeySecretBytesMax = 128;

Status check_secret(std::string_view secret) {
  if (secret.size() <= kKeySecretBytesMax && secret.find('\0') == std::string_view::npos) return {};
  return fail(ErrorCode::InvalidFormattedParameter, "KeySecret is at most 128 bytes long and holds no NUL");
}

Result<engine::ChangeAccess> read_change(const Parameters& parameters) {
  const std::string_view name = text_of(parameters, "Operation");
  const auto* row = std::find_if(std::begin(kOperations), std::end(kOperations),
                                 [name](const auto& one) { return one.first == name; });
  if (row == std::end(kOperations)) return refuse("Operation", "one of those of the documentation", name);
  engine::ChangeAccess command;
  command.operation = row->second;
  command.account = std::string(text_of(parameters, "Account"));
  if (command.account.empty()) command.account = "default";
  command.user = std::string(text_of(parameters, "User"));
  command.policy = std::string(text_of(parameters, "Policy"));
  command.instance = std::string(text_of(parameters, "Instance"));
  command.alias = std::string(text_of(parameters, "Alias"));
  command.key_id = std::string(text_of(parameters, "KeyId"));
  const std::string_view secret = text_of(parameters, "KeySecret");
  ROLLCALL_TRY_STATUS(check_secret(secret));
  command.secret = Secret(std::string(secret));
  command.administrator = boolean_of(parameters, "Administrator", false);
  return command;
}

std::string account_name(const AccessDirectory& all, AccountId id) {
  const Account* account = all.account(id);
  return account ? account->name : std::string();
}

Node render_key(const AccessDirectory& all, const AccessKey& key) {
  Node node;
  node.add("KeyId", key.id);
  node.add("Account", account_name(all, key.account));
  node.add("User", key.user);
  node.add("Enabled", key.enabled);
  node.add("Administrator", key.administrator);
  node.add("UtcCreate", utc_text(key.created_at));
  return node;
}

template <class Rows, class Render>
std::vector<Node> render_each(const Rows& rows, Render render) {
  std::vector<Node> out;
  for (const auto& row : rows) out.push_back(render(row));
  return out;
}

Node render_access(const AccessDirectory& all, bool secrets) {
  const auto code_of = [&all](InstanceId id) {
    const Instance* instance = all.instance(id);
    return instance ? instance->code : std::string();
  };
  Node data;
  data.add_list("Accounts", "Account", render_each(all.accounts, [&](const Account& row) {
                  Node node;
                  node.add("Name", row.name);
                  node.add("DefaultInstance", code_of(row.default_instance));
                  return node;
                }));
  data.add_list("Instances", "Instance", render_each(all.instances, [&](const Instance& row) {
                  Node node;
                  node.add("Code", row.code);
                  node.add("Account", account_name(all, row.account));
                  return node;
                }));
  data.add_list("Aliases", "Alias", render_each(all.aliases, [&](const InstanceAlias& row) {
                  Node node;
                  node.add("Code", row.code);
                  node.add("Instance", code_of(row.instance));
                  return node;
                }));
  data.add_list("Users", "User", render_each(all.users, [&](const SubUser& row) {
                  Node node;
                  node.add("Name", row.name);
                  node.add("Account", account_name(all, row.account));
                  node.add("Policy", row.policy);
                  return node;
                }));
  data.add_list("Keys", "Key", render_each(all.keys, [&](const AccessKey& row) {
                  Node node = render_key(all, row);
                  if (secrets) node.add("KeySecret", std::string(row.secret.reveal()));
                  return node;
                }));
  return Node().add("Data", std::move(data));
}

void change_access(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_change(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  const Operation operation = command->operation;
  const std::string name(text_of(call.parameters, "Operation"));
  send_command<engine::AccessChanged>(
      context, call, std::move(*command), answer,
      [operation, name, by = call.actor.access_key_id, request = call.actor.request_id,
       sink = context.access](const engine::AccessChanged& changed) {
        log_info("access.changed", {{"operation", name}, {"by", by}, {"request", request}});
        if (sink) sink->set_access(*changed.directory);
        Node fields;
        if (operation != Operation::CreateKey && operation != Operation::RotateKey) return fields;
        Node data = render_key(*changed.directory, changed.key);
        data.add("KeySecret", std::string(changed.key.secret.reveal()));  // told this once
        fields.add("Data", std::move(data));
        return fields;
      });
}

void list_access(const ActionContext& context, Call& call, Answer answer) {
  const bool secrets = boolean_of(call.parameters, "Secrets", false);
  if (secrets) {
    log_info("access.secrets_listed", {{"by", call.actor.access_key_id}, {"request", call.actor.request_id}});
  }
  run_query(context, call, answer, [secrets](engine::Queries& queries) -> Result<Node> {
    ROLLCALL_TRY(const AccessDirectory all, queries.access());
    return render_access(all, secrets);
  });
}

// --- ImportAccess

using Kind = engine::ImportAccess::Kind;
using AccessEntry = engine::ImportAccess::Entry;

// In the members of ListAccess.
Result<AccessEntry> read_access_entry(Kind kind, const std::string& place, const boost::json::value& given) {
  ROLLCALL_TRY(
      const Entry entry,
      kind == Kind::Account    ? Entry::read(place, given, {"Name", "DefaultInstance"})
      : kind == Kind::Instance ? Entry::read(place, given, {"Code", "Account"})
      : kind == Kind::Alias    ? Entry::read(place, given, {"Code", "Instance"})
      : kind == Kind::User
          ? Entry::read(place, given, {"Name", "Account", "Policy"})
          : Entry::read(place, given, {"KeyId", "KeySecret", "Account", "User", "Enabled", "Administrator"}));
  AccessEntry out;
  out.kind = kind;
  out.place = place;
  engine::ChangeAccess& row = out.row;
  ROLLCALL_TRY(row.account, entry.text(kind == Kind::Account ? "Name" : "Account"));
  if (row.account.empty()) row.account = "default";
  if (kind == Kind::Account) {
    ROLLCALL_TRY(row.instance, entry.text("DefaultInstance"));
  } else if (kind == Kind::Instance) {
    ROLLCALL_TRY(row.instance, entry.required_text("Code"));
  } else if (kind == Kind::Alias) {
    ROLLCALL_TRY(row.alias, entry.required_text("Code"));
    ROLLCALL_TRY(row.instance, entry.text("Instance"));
  } else if (kind == Kind::User) {
    ROLLCALL_TRY(row.user, entry.required_text("Name"));
    ROLLCALL_TRY(row.policy, entry.required_text("Policy"));
  } else {
    ROLLCALL_TRY(row.key_id, entry.required_text("KeyId"));
    ROLLCALL_TRY(std::string secret, entry.required_text("KeySecret"));
    ROLLCALL_TRY_STATUS(check_secret(secret));
    row.secret = Secret(std::move(secret));
    ROLLCALL_TRY(row.user, entry.text("User"));
    ROLLCALL_TRY(const auto administrator, entry.boolean("Administrator"));
    row.administrator = administrator.value_or(false);
    ROLLCALL_TRY(const auto enabled, entry.boolean("Enabled"));
    out.enabled = enabled.value_or(true);
  }
  return out;
}

Result<engine::ImportAccess> read_access_entries(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed)
    return fail(ErrorCode::InvalidFormattedParameter,
                "Entries is not valid JSON: " + public_message(parsed.error()));
  ROLLCALL_TRY(const Entry root,
               Entry::read("Entries", *parsed, {"accounts", "instances", "aliases", "users", "keys"}));
  engine::ImportAccess out;
  constexpr std::pair<const char*, Kind> kLists[] = {{"accounts", Kind::Account},
                                                     {"instances", Kind::Instance},
                                                     {"aliases", Kind::Alias},
                                                     {"users", Kind::User},
                                                     {"keys", Kind::Key}};
  for (const auto& [name, kind] : kLists) {
    ROLLCALL_TRY(const auto* list, read_list(name, root.find(name), limits::kAccessKeysMax));
    for (size_t i = 0; i < list->size(); ++i) {
      ROLLCALL_TRY(AccessEntry entry,
                   read_access_entry(kind, name + ("[" + std::to_string(i) + "]"), (*list)[i]));
      out.entries.push_back(std::move(entry));
    }
  }
  return out;
}

void import_access(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_access_entries(text_of(call.parameters, "Entries"));
  if (!command) return refuse_call(answer, std::move(command.error()));
  command->dry_run = boolean_of(call.parameters, "DryRun", false);
  send_command<engine::AccessImported>(context, call, std::move(*command), answer,
                                       [by = call.actor.access_key_id, request = call.actor.request_id,
                                        sink = context.access](const engine::AccessImported& imported) {
                                         Node data;
                                         data.add("DryRun", imported.directory == nullptr);
                                         data.add("Accounts", render_tally(imported.accounts));
                                         data.add("Instances", render_tally(imported.instances));
                                         data.add("Aliases", render_tally(imported.aliases));
                                         data.add("Users", render_tally(imported.users));
                                         data.add("Keys", render_tally(imported.keys));
                                         data.add_list("Refusals", "Refusal",
                                                       render_refusals(imported.refusals));
                                         if (imported.directory) {
                                           log_info("access.imported", {{"by", by}, {"request", request}});
                                           if (sink) sink->set_access(*imported.directory);
                                         }
                                         return Node().add("Data", std::move(data));
                                       });
}

// --- the rows

// Which of them matter depends on Operation.
constexpr ParameterSpec kChangeAccess[] = {
    {.name = "Operation",
     .required = true,
     .rule = "CreateAccount, CreateInstance, SetDefaultInstance, AddAlias, DeleteAlias, PutUser, DeleteUser, "
             "CreateKey, EnableKey, DisableKey, RotateKey or DeleteKey"},
    {.name = "Account", .rule = "1 to 64 letters, digits and - _ . @; default \"default\""},
    {.name = "User", .rule = "a sub-user: 1 to 64 letters, digits and - _ . @"},
    {.name = "Policy",
     .rule = "with PutUser: 1 to 100 patterns such as QueryJob, iot:Query* or *, with blanks between them"},
    {.name = "Instance", .rule = "an IotInstanceId: 1 to 64 letters, digits and - _ . @"},
    {.name = "Alias", .rule = "another id of the Instance: 1 to 64 letters, digits and - _ . @"},
    {.name = "KeyId", .rule = "1 to 64 letters, digits and - _ . @; CreateKey makes one when absent"},
    {.name = "KeySecret", .rule = "at most 128 bytes, with CreateKey; made when absent"},
    {.name = "Administrator",
     .kind = Boolean,
     .rule = "with CreateKey, and not for a sub-user; default false"},
};

constexpr ParameterSpec kImportAccess[] = {
    {.name = "Entries",
     .required = true,
     .kind = Json,
     .rule = "a JSON object with the lists accounts, instances, aliases, users and keys, their rows as "
             "ListAccess shows them"},
    {.name = "DryRun", .kind = Boolean, .rule = "only checks; default false"},
};
constexpr ParameterSpec kListAccess[] = {
    {.name = "Secrets", .kind = Boolean, .rule = "with the secrets of the keys; default false"},
};

constexpr ActionRow kRows[] = {
    {"ChangeAccess", 50, kExtension, change_access, kChangeAccess, kAdministrator},
    {"ImportAccess", 50, kExtension, import_access, kImportAccess, kAdministrator},
    {"ListAccess", 50, kExtension, list_access, kListAccess, kAdministrator},
};

}  // namespace

std::span<const ActionRow> access_actions() noexcept { return kRows; }

}  // namespace rollcall::api
