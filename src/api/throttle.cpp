#include "api/throttle.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace rollcall::api {

namespace {

constexpr int64_t kSecondUs = 1'000'000;

}  // namespace

Throttle::Throttle(bool enabled, const std::map<std::string, int64_t>& overrides) : enabled_(enabled) {
  for (const auto& [name, limit] : overrides)
    if (const ActionRow* row = find_action(name)) overrides_.emplace(row, limit);
}

int64_t Throttle::limit_of(const ActionRow& row) const {
  const auto at = overrides_.find(&row);
  return at == overrides_.end() ? row.qps : at->second;
}

int64_t Throttle::wait_ms(AccountId account, const ActionRow& row, SteadyUs now) {
  const int64_t limit = limit_of(row);
  if (!enabled_ || limit <= 0) return 0;
  if (buckets_.size() >= limits::kThrottleBucketsMax)
    std::erase_if(buckets_, [now](const auto& entry) { return entry.second <= now; });
  SteadyUs& full_at = buckets_.try_emplace({account, &row}, now).first->second;
  full_at = std::max(full_at, now);
  // Each call takes 1/limit of a second; an empty bucket is full a second from now.
  const int64_t after_us = full_at - now + kSecondUs / limit;
  if (after_us > kSecondUs) return (after_us - kSecondUs + 999) / 1000;
  full_at = now + after_us;
  return 0;
}

}  // namespace rollcall::api
