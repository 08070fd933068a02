#include <algorithm>

#include "store/sqlite/writer.hpp"

namespace rollcall::store {
namespace {

constexpr std::string_view kDeviceSeal = "device_seal";
constexpr std::string_view kJoinSeal = "join_seal";

}  // namespace

bool FleetWriter::is_above(int64_t number, std::string_view seal) {
  int64_t sealed = 0;
  Query query = seal_.run(seal);
  if (query.step()) query >> sealed;
  return number > sealed;
}

bool FleetWriter::counts(Statement& statement, int64_t id, int64_t devices) {
  int64_t stored = -1;
  Query query = statement.run(id);
  if (query.step()) query >> stored;
  return stored == devices;
}

void FleetWriter::agree(const ChangeSet& changes) {
  const Agreements& agreed = *changes.agreements;
  bool fresh = true;
  for (const NewDevice& made : changes.new_devices)
    fresh = fresh && is_above(made.device.id.value, kDeviceSeal);
  for (const NewGroupMember& made : changes.new_members)
    fresh = fresh && is_above(made.join_number, kJoinSeal);
  for (const MemberLeaves& member : changes.leaving) fresh = fresh && is_above(member.left_number, kJoinSeal);
  for (const auto& [product, devices] : agreed.product_counts)
    fresh = fresh && counts(product_devices_, product.value, devices);
  for (const auto& [group, devices] : agreed.group_counts)
    fresh = fresh && counts(group_devices_, group.value, devices);
  if (!fresh) return connection_.record_stale("another process registered devices, or took them for a job");
  if (agreed.device_seal > 0) put_seal_.execute(kDeviceSeal, agreed.device_seal);
  if (agreed.join_seal > 0) put_seal_.execute(kJoinSeal, agreed.join_seal);
}

}  // namespace rollcall::store
