// How often an account may call an action (wire-protocol 7): a token bucket for each account and action,
// filled with the action's limit a second, which sub-users share. Used by service.cpp. Thread: the core that
// serves HTTP.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "api/action_table.hpp"
#include "base/clock.hpp"

namespace rollcall::api {

class Throttle {
 public:
  // `enabled` false lets everything pass. `overrides`: calls a second by action, 0 = no limit.
  Throttle(bool enabled, const std::map<std::string, int64_t>& overrides);
  // 0 when the call may go on, else the milliseconds after which one may.
  int64_t wait_ms(AccountId account, const ActionRow& row, SteadyUs now);
  size_t size() const noexcept { return buckets_.size(); }

 private:
  struct Key {
    AccountId account;
    const ActionRow* row = nullptr;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const noexcept {
      return std::hash<AccountId>{}(key.account) ^ std::hash<const ActionRow*>{}(key.row);
    }
  };
  // As the moment at which the bucket is full again: it holds what is missing, and an old one is full.
  using Buckets = std::unordered_map<Key, SteadyUs, KeyHash>;
  int64_t limit_of(const ActionRow& row) const;

  bool enabled_;
  std::unordered_map<const ActionRow*, int64_t> overrides_;
  Buckets buckets_;
};

}  // namespace rollcall::api
