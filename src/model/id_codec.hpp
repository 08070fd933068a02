// The codes that clients see instead of internal ids: one AES block under a key that lives in the store,
// printed in base 62, with a version and a kind at the end. Opaque, reversible, no index of their own (DESIGN
// 3); a foreign or damaged code does not decode. JobId "…010001", TaskId "…010101", IotId "…000101", GroupId
// "…010201". Thread: one object per thread (it owns cipher contexts).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "model/ids.hpp"

namespace rollcall {

// A position in a list, valid until `expires_at` and for the query it was made for (cloud-api A.9: one
// minute).
struct NextToken {
  int64_t position = 0;
  uint32_t query_hash = 0;
  WallMs expires_at;  // rounded to seconds
};

class IdCodec {
 public:
  using Key = BlockCipher::Block;
  explicit IdCodec(const Key& key);

  std::string job_code(JobId id) const;
  std::string task_code(const TaskKey& key) const;
  std::string iot_id(DeviceId id) const;
  std::string group_code(GroupId id) const;
  std::string next_token(const NextToken& token) const;

  std::optional<JobId> job_id(std::string_view code) const;
  std::optional<TaskKey> task_key(std::string_view code) const;
  std::optional<DeviceId> device_id(std::string_view code) const;
  std::optional<GroupId> group_id(std::string_view code) const;
  std::optional<NextToken> parse_next_token(std::string_view code) const;  // expiry is the caller's to check

 private:
  std::string encode(uint8_t kind, int64_t high, int64_t low) const;
  bool decode(std::string_view code, uint8_t kind, int64_t& high, int64_t& low) const;
  BlockCipher cipher_;
};

// The Alink id of a property set, a service call or a job notification: derived from job and attempt, so that
// a reply after a restart still finds its task (DESIGN 3). 0 .. 4294967295, unique among a device's open
// tasks in practice.
uint32_t alink_id(JobId job, int32_t attempt) noexcept;

// The same for a message that belongs to no task: above those of the first 67 million jobs, and small enough
// for a device that keeps it in a signed number.
constexpr uint32_t direct_alink_id(int64_t message_id) noexcept {
  return 0x4000'0000U | (static_cast<uint32_t>(message_id) & 0x3fff'ffffU);
}

}  // namespace rollcall
