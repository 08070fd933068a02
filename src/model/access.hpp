// Who may call the API, and as what: accounts with their instances, sub-users with a policy, access keys
// (wire-protocol 7; cloud-api 0.1). Small as a whole, so it is read and handed on as a whole. Used by api/ to
// judge calls, by engine/ to decide changes and by store/. Thread: values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/fleet.hpp"
#include "model/ids.hpp"

namespace rollcall {

inline constexpr AccountId kFirstAccount{1};    // there from the start, with ...
inline constexpr InstanceId kFirstInstance{1};  // ... this instance

struct Account {
  AccountId id;
  std::string name;             // unique
  InstanceId default_instance;  // of calls without IotInstanceId
  WallMs created_at;
  bool operator==(const Account&) const = default;
};

struct Instance {
  InstanceId id;
  AccountId account;
  std::string code;  // its IotInstanceId; unique; the first instance has none
  WallMs created_at;
  bool operator==(const Instance&) const = default;
};

// Another IotInstanceId of an instance, which applications that moved here may still send (DESIGN 5.22).
struct InstanceAlias {
  std::string code;  // unique among codes and aliases
  InstanceId instance;
  bool operator==(const InstanceAlias&) const = default;
};

// A RAM user: shares the account's quota and data, but may call only what the policy allows.
struct SubUser {
  AccountId account;
  std::string name;
  std::string policy;  // patterns of actions, separated by blanks: iot:QueryJob, Query*, *
  WallMs created_at;
  bool operator==(const SubUser&) const = default;
};

struct AccessDirectory {
  std::vector<Account> accounts;    // by id
  std::vector<Instance> instances;  // by id
  std::vector<InstanceAlias> aliases;
  std::vector<SubUser> users;
  std::vector<AccessKey> keys;  // by id

  // nullptr when there is none.
  const Account* account(AccountId id) const;
  const Account* account_named(std::string_view name) const;
  const SubUser* user(AccountId account, std::string_view name) const;
  const AccessKey* key(std::string_view id) const;
  // The instance of a code or alias, whoever it belongs to.
  const Instance* instance(std::string_view code) const;
  const Instance* instance(InstanceId id) const;
};

// A policy is one to limits::kPolicyPatternsMax patterns, each an action's name, or the beginning of one and
// a star; "iot:" may stand in front.
Status check_policy(std::string_view policy);
bool policy_allows(std::string_view policy, std::string_view action);

}  // namespace rollcall
