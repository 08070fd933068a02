#include "model/access.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall {
namespace {

template <class Rows, class Is>
auto find(const Rows& rows, Is is) -> const typename Rows::value_type* {
  const auto at = std::find_if(rows.begin(), rows.end(), is);
  return at == rows.end() ? nullptr : &*at;
}

std::string_view next_pattern(std::string_view& rest) {
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  const std::string_view pattern = rest.substr(0, rest.find(' '));
  rest.remove_prefix(pattern.size());
  return pattern;
}

std::string_view without_product(std::string_view pattern) {
  return pattern.starts_with("iot:") ? pattern.substr(4) : pattern;
}

}  // namespace

const Account* AccessDirectory::account(AccountId id) const {
  return find(accounts, [&](const Account& row) { return row.id == id; });
}

const Account* AccessDirectory::account_named(std::string_view name) const {
  return find(accounts, [&](const Account& row) { return row.name == name; });
}

const SubUser* AccessDirectory::user(AccountId account, std::string_view name) const {
  return find(users, [&](const SubUser& row) { return row.account == account && row.name == name; });
}

const AccessKey* AccessDirectory::key(std::string_view id) const {
  return find(keys, [&](const AccessKey& row) { return row.id == id; });
}

const Instance* AccessDirectory::instance(std::string_view code) const {
  if (code.empty()) return nullptr;
  if (const Instance* own = find(instances, [&](const Instance& row) { return row.code == code; }))
    return own;
  const InstanceAlias* alias = find(aliases, [&](const InstanceAlias& row) { return row.code == code; });
  return alias ? instance(alias->instance) : nullptr;
}

const Instance* AccessDirectory::instance(InstanceId id) const {
  return find(instances, [&](const Instance& row) { return row.id == id; });
}

// The longest name of an action has 33 letters; a directory is kept and handed on as a whole.
constexpr size_t kActionNameMax = 64;

Status check_policy(std::string_view policy) {
  const auto refuse = [&policy] {
    return fail(
        ErrorCode::InvalidFormattedParameter,
        "a policy is 1 to " + std::to_string(limits::kPolicyPatternsMax) +
            " patterns such as QueryJob, iot:Query* or *, separated by blanks, not: " + excerpt(policy));
  };
  size_t count = 0;
  for (std::string_view rest = policy;; ++count) {
    const std::string_view pattern = next_pattern(rest);
    if (pattern.empty()) break;
    std::string_view name = without_product(pattern);
    const bool star = name.ends_with('*');
    if (star) name.remove_suffix(1);
    if (name.size() > kActionNameMax || !is_letters_digits(name, "") || (name.empty() && !star))
      return refuse();
  }
  if (count == 0 || count > limits::kPolicyPatternsMax) return refuse();
  return {};
}

bool policy_allows(std::string_view policy, std::string_view action) {
  for (std::string_view rest = policy;;) {
    std::string_view pattern = next_pattern(rest);
    if (pattern.empty()) return false;
    pattern = without_product(pattern);
    if (pattern.ends_with('*') ? action.starts_with(pattern.substr(0, pattern.size() - 1))
                               : action == pattern)
      return true;
  }
}

}  // namespace rollcall
