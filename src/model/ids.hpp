// Internal identities: 63-bit, positive, never reused; a deleted row leaves its number behind (DESIGN 3,
// "Rows and ids"). What clients see are codes of them (id_codec.hpp) or keys that are unique texts
// (ProductKey). Thread: values.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace rollcall {

template <class Tag>
struct StrongId {
  int64_t value = 0;  // 0 = none
  auto operator<=>(const StrongId&) const = default;
  explicit operator bool() const noexcept { return value != 0; }
};

using AccountId = StrongId<struct AccountTag>;
using InstanceId = StrongId<struct InstanceTag>;
using ProductId = StrongId<struct ProductTag>;
using DeviceId = StrongId<struct DeviceTag>;
using GroupId = StrongId<struct GroupTag>;
using JobId = StrongId<struct JobTag>;
using ApplyId = StrongId<struct ApplyTag>;
using TopicId = StrongId<struct TopicTag>;

// One device's share of a job. Sequence numbers run 0 .. total-1 in push order.
struct TaskKey {
  JobId job;
  int64_t sequence = 0;
  auto operator<=>(const TaskKey&) const = default;
};

}  // namespace rollcall

template <class Tag>
struct std::hash<rollcall::StrongId<Tag>> {
  size_t operator()(rollcall::StrongId<Tag> id) const noexcept {
    // Ids are dense; multiply to spread them over the buckets.
    return static_cast<size_t>(static_cast<uint64_t>(id.value) * 0x9E3779B97F4A7C15ull);
  }
};
template <>
struct std::hash<rollcall::TaskKey> {
  size_t operator()(const rollcall::TaskKey& key) const noexcept {
    return std::hash<rollcall::JobId>{}(key.job) ^
           (static_cast<size_t>(key.sequence) * 0xC2B2AE3D27D4EB4Full);
  }
};
