#include <limits>

#include "store/postgresql/writer.hpp"

namespace rollcall::store::postgresql {
namespace {

// Fails the transaction, with a division by zero, when something does not hold. The lock of a commit is held.
constexpr SqlText kCheck{
    "agreements_check",
    "SELECT 1 / (NOT EXISTS (SELECT FROM unnest($1::bigint[], $2::bigint[]) AS i(id, n) "
    "LEFT JOIN product p ON p.id = i.id WHERE p.device_count IS DISTINCT FROM i.n) "
    "AND NOT EXISTS (SELECT FROM unnest($3::bigint[], $4::bigint[]) AS i(id, n) "
    "LEFT JOIN device_group g ON g.id = i.id AND g.deleted_ms = 0 "
    "WHERE g.device_count IS DISTINCT FROM i.n) "
    "AND $5::bigint > coalesce((SELECT next FROM id_counter WHERE kind = 'device_seal'), 0) "
    "AND $6::bigint > coalesce((SELECT next FROM id_counter WHERE kind = 'join_seal'), 0))::integer"};
constexpr SqlText kSeal{
    "agreements_seal",
    "INSERT INTO id_counter AS c SELECT kind, next FROM (VALUES ('device_seal', $1::bigint), "
    "('join_seal', $2::bigint)) AS v(kind, next) WHERE next > 0 "
    "ON CONFLICT (kind) DO UPDATE SET next = greatest(c.next, excluded.next)"};

}  // namespace

void agree(const ChangeSet& changes, Steps& steps) {
  const Agreements& agreed = *changes.agreements;
  Column<ProductId> products;
  Column<GroupId> groups;
  Column<int64_t> product_counts, group_counts;
  for (const auto& [product, devices] : agreed.product_counts) {
    products.add(product);
    product_counts.add(devices);
  }
  for (const auto& [group, devices] : agreed.group_counts) {
    groups.add(group);
    group_counts.add(devices);
  }
  int64_t first_device = std::numeric_limits<int64_t>::max();
  int64_t first_join = first_device;
  for (const NewDevice& made : changes.new_devices)
    first_device = std::min(first_device, made.device.id.value);
  for (const NewGroupMember& made : changes.new_members) first_join = std::min(first_join, made.join_number);
  for (const MemberLeaves& member : changes.leaving) first_join = std::min(first_join, member.left_number);
  Parameters check;
  check << std::move(products) << std::move(product_counts) << std::move(groups) << std::move(group_counts)
        << first_device << first_join;
  steps.push_back({&kCheck, std::move(check), nullptr});
  if (agreed.device_seal == 0 && agreed.join_seal == 0) return;
  Parameters seal;
  seal << agreed.device_seal << agreed.join_seal;
  steps.push_back({&kSeal, std::move(seal), nullptr});
}

}  // namespace rollcall::store::postgresql
