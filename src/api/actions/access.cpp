// ChangeAccess, ListAccess: accounts, instances, sub-users and access keys (extensions, for administrators).
#include <algorithm>
#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/reading.hpp"
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
  if (secret.size() > kKeySecretBytesMax || secret.find('\0') != std::string_view::npos)
    return fail(ErrorCode::InvalidFormattedParameter, "KeySecret is at most 128 bytes long and holds no NUL");
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

// Everything but the secrets.
Node render_access(const AccessDirectory& all) {
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
  data.add_list("Keys", "Key",
                render_each(all.keys, [&](const AccessKey& row) { return render_key(all, row); }));
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
  run_query(context, call, answer, [](engine::Queries& queries) -> Result<Node> {
    ROLLCALL_TRY(const AccessDirectory all, queries.access());
    return render_access(all);
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

constexpr ActionRow kRows[] = {
    {"ChangeAccess", 50, kExtension, change_access, kChangeAccess, kAdministrator},
    {"ListAccess", 50, kExtension, list_access, {}, kAdministrator},
};

}  // namespace

std::span<const ActionRow> access_actions() noexcept { return kRows; }

}  // namespace rollcall::api
