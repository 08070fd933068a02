// `rollcall key`: accounts, instances, sub-users and access keys of a running server, as its administrator;
// and the administrator key that the first start wrote into the data folder (DESIGN 6).
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/random.hpp"
#include "client/api_client.hpp"
#include "server/verbs/client_options.hpp"
#include "server/verbs/verbs.hpp"

namespace rollcall::server {
namespace {

constexpr const char* kKeyFile = "access-key";

int show_key(const std::string& data_dir) {
  const std::string path = data_dir + "/" + kKeyFile;
  std::ifstream file(path);
  std::string line;
  if (!file) {
    complain("cannot read " + path + "; is " + data_dir + " the server's data folder?");
    return kExitFailed;
  }
  while (std::getline(file, line)) std::printf("%s\n", line.c_str());
  return kExitOk;
}

// What the flags and words of a sub-verb may say; names as the parameters of ChangeAccess.
struct Words {
  ClientOptions client;
  std::string account = "default";
  std::string user, policy, instance, alias, key_id, secret;
  bool administrator = false;
};

NameValues parameters_of(const Words& words, const char* operation) {
  NameValues out{{"Operation", operation}, {"Account", words.account}};
  const auto add = [&out](const char* name, const std::string& value) {
    if (!value.empty()) out.emplace_back(name, value);
  };
  add("User", words.user);
  add("Policy", words.policy);
  add("Instance", words.instance);
  add("Alias", words.alias);
  add("KeyId", words.key_id);
  add("KeySecret", words.secret);
  if (words.administrator) out.emplace_back("Administrator", "true");
  return out;
}

// A line for each field of each row: "Keys  KeyId=RC1 Account=default ...".
void print_rows(const client::ApiAnswer& answer, const char* list, const char* tag) {
  const std::string_view rows = answer.raw("Data." + std::string(list) + "." + tag);
  for (const std::string_view row : json_elements(rows)) {
    std::printf("%s", tag);
    for (const auto& [name, raw] : json_members(row))
      std::printf("\t%s=%s", name.c_str(), client::json_text(raw).c_str());
    std::printf("\n");
  }
}

void print_answer(const client::ApiAnswer& answer, bool list) {
  if (list) {
    print_rows(answer, "Accounts", "Account");
    print_rows(answer, "Instances", "Instance");
    print_rows(answer, "Aliases", "Alias");
    print_rows(answer, "Users", "User");
    print_rows(answer, "Keys", "Key");
  } else if (const std::string secret = answer.text("Data.KeySecret"); !secret.empty()) {
    // As the environment of the client verbs wants it; the secret is told this once.
    std::printf("ROLLCALL_ACCESS_KEY_ID=%s\nROLLCALL_ACCESS_KEY_SECRET=%s\n",
                answer.text("Data.KeyId").c_str(), secret.c_str());
  }
}

int run(const Words& words, const char* operation) {
  auto settings = read_client_options(words.client);
  if (!settings) {
    complain(public_message(settings.error()));
    return kExitUsage;
  }
  const SystemClock clock;
  SystemRandom random;
  client::ApiClient api(std::move(*settings), clock, random);
  const bool list = operation == nullptr;
  const auto answer =
      list ? api.require("ListAccess", {}) : api.require("ChangeAccess", parameters_of(words, operation));
  if (!answer) {
    complain(public_message(answer.error()));
    return kExitFailed;
  }
  print_answer(*answer, list);
  return kExitOk;
}

// Makes the sub-verbs; all share one set of words.
struct Builder {
  std::shared_ptr<Words> words;
  int& exit_code;

  // `operation` null: lists everything.
  CLI::App* add(CLI::App& parent, const char* name, const char* text, const char* operation) {
    CLI::App* verb = parent.add_subcommand(name, text);
    add_client_options(*verb, words->client, "--endpoint");
    verb->callback([words = words, operation, &code = exit_code] { code = run(*words, operation); });
    return verb;
  }
  void account(CLI::App* verb) {
    verb->add_option("--account", words->account, "The account")->capture_default_str();
  }
  void must(CLI::App* verb, const char* name, std::string& target, const char* text) {
    verb->add_option(name, target, text)->required();
  }
};

void add_key_verbs(CLI::App& key, Builder& build) {
  Words& words = *build.words;
  build.add(key, "list", "List accounts, instances, aliases, sub-users and keys", nullptr);
  CLI::App* create = build.add(key, "create", "Make a key and print it", "CreateKey");
  CLI::App* known = build.add(key, "add", "Add a key that exists already, with its secret", "CreateKey");
  build.must(known, "ID", words.key_id, "The id of the key");
  known->add_option("--secret", words.secret, "Its secret; safer in the environment")
      ->envname("ROLLCALL_NEW_KEY_SECRET")
      ->required();
  for (CLI::App* verb : {create, known}) {
    build.account(verb);
    verb->add_option("--user", words.user, "The sub-user it is for");
    verb->add_flag("--administrator", words.administrator, "May manage accounts and keys");
  }
  constexpr std::pair<const char*, std::pair<const char*, const char*>> kOfOneKey[] = {
      {"enable", {"Let a key be used again", "EnableKey"}},
      {"disable", {"Refuse a key from now on", "DisableKey"}},
      {"rotate", {"Give a key a new secret and print it", "RotateKey"}},
      {"delete", {"Delete a key", "DeleteKey"}},
  };
  for (const auto& [name, what] : kOfOneKey)
    build.must(build.add(key, name, what.first, what.second), "ID", words.key_id, "The id of the key");
}

void add_account_verbs(CLI::App& key, Builder& build) {
  Words& words = *build.words;
  CLI::App* account = key.add_subcommand("account", "Accounts");
  account->require_subcommand(1);
  CLI::App* made = build.add(*account, "create", "Make an account with its first instance", "CreateAccount");
  build.must(made, "NAME", words.account, "Its name");
  build.must(made, "--instance", words.instance, "IotInstanceId of its default instance");

  CLI::App* user = key.add_subcommand("user", "Sub-users, which share the account's quota");
  user->require_subcommand(1);
  CLI::App* put = build.add(*user, "put", "Make a sub-user, or replace its policy", "PutUser");
  put->add_option("--policy", words.policy, "Actions it may call, such as \"iot:Query* CreateJob\"")
      ->required();
  for (CLI::App* verb : {put, build.add(*user, "delete", "Delete a sub-user with its keys", "DeleteUser")}) {
    build.must(verb, "NAME", words.user, "Its name");
    build.account(verb);
  }

  CLI::App* instance = key.add_subcommand("instance", "Instances of accounts, and other names for them");
  instance->require_subcommand(1);
  for (CLI::App* verb : {build.add(*instance, "create", "Make an instance", "CreateInstance"),
                         build.add(*instance, "default", "Choose the instance of calls that name none",
                                   "SetDefaultInstance")}) {
    build.must(verb, "CODE", words.instance, "Its IotInstanceId");
    build.account(verb);
  }
  CLI::App* alias = build.add(*instance, "alias", "Let another IotInstanceId mean an instance", "AddAlias");
  build.must(alias, "ALIAS", words.alias, "The other IotInstanceId");
  alias->add_option("--instance", words.instance, "The instance; the first one when absent");
  CLI::App* no_alias = build.add(*instance, "unalias", "Forget an alias", "DeleteAlias");
  build.must(no_alias, "ALIAS", words.alias, "The alias");
}

}  // namespace

void add_key(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("key", "Accounts and access keys");
  verb->require_subcommand(1);
  CLI::App* show = verb->add_subcommand("show", "Print the key that the first start made");
  auto data_dir = std::make_shared<std::string>("./rollcall-data");
  show->add_option("--data", *data_dir, "The server's data folder")
      ->envname("ROLLCALL_DATA")
      ->capture_default_str();
  show->callback([data_dir, &exit_code] { exit_code = show_key(*data_dir); });
  Builder build{std::make_shared<Words>(), exit_code};
  add_key_verbs(*verb, build);
  add_account_verbs(*verb, build);
}

}  // namespace rollcall::server
