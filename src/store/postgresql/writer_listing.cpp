// Groups, memberships that end, nicknames, tags and topic classes.
#include "store/postgresql/writer.hpp"

namespace rollcall::store::postgresql {
namespace {

constexpr SqlText kDescribeGroup{
    "group_describe",
    "UPDATE device_group SET description = $2::bytea WHERE id = $1::bigint AND deleted_ms = 0"};
// Its code is free again, as its name is.
constexpr SqlText kDeleteGroup{"group_delete",
                               "UPDATE device_group SET deleted_ms = $2::bigint, "
                               "code = code || '/' || id WHERE id = $1::bigint AND deleted_ms = 0"};
// $5: memberships that are younger stay.
constexpr SqlText kLeave{
    "group_member_leave",
    "WITH gone AS (UPDATE group_member m SET left_number = i.left_number, left_ms = i.left_ms "
    "FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) "
    "AS i(device_group, device, left_number, left_ms, joined_before) WHERE m.device = i.device AND "
    "m.device_group = i.device_group AND m.left_number = 0 AND m.join_number < i.joined_before "
    "RETURNING m.device_group, m.product), "
    "smaller AS (UPDATE device_group g SET device_count = g.device_count - by.devices "
    "FROM (SELECT device_group, count(*) AS devices FROM gone GROUP BY device_group) by "
    "WHERE g.id = by.device_group AND g.deleted_ms = 0) "
    "UPDATE group_product g SET device_count = g.device_count - by.devices "
    "FROM (SELECT device_group, product, count(*) AS devices FROM gone GROUP BY device_group, product) by "
    "WHERE g.device_group = by.device_group AND g.product = by.product"};
constexpr SqlText kNickname{"device_nickname",
                            "UPDATE device SET nickname = nullif($2::bytea, ''), modified_ms = $3::bigint "
                            "WHERE id = $1::bigint AND deleted_ms = 0"};
constexpr SqlText kPutTags{
    "device_tag_put",
    "INSERT INTO device_tag(device, instance, name, value) SELECT $1::bigint, $2::bigint, i.name, i.value "
    "FROM unnest($3::text[], $4::text[]) AS i(name, value) "
    "WHERE EXISTS (SELECT FROM device WHERE id = $1 AND deleted_ms = 0) "
    "ON CONFLICT (device, name) DO UPDATE SET value = excluded.value"};
constexpr SqlText kDropTag{"device_tag_delete",
                           "DELETE FROM device_tag WHERE device = $1::bigint AND name = $2::text"};
constexpr SqlText kNewTopic{"topic_insert",
                            "INSERT INTO product_topic(id, product, name, operation, description) "
                            "SELECT $1::bigint, $2::bigint, $3::text, $4::smallint, $5::bytea "
                            "WHERE EXISTS (SELECT FROM product WHERE id = $2::bigint AND deleted_ms = 0)"};
constexpr SqlText kChangeTopic{"topic_change",
                               "UPDATE product_topic SET name = $2::text, operation = $3::smallint, "
                               "description = $4::bytea WHERE id = $1::bigint"};
constexpr SqlText kDeleteTopic{"topic_delete", "DELETE FROM product_topic WHERE id = $1::bigint"};

// Groups that a job which is still being made takes its members from (status: not final; sweep: Make).
#define WANTED_GROUPS                                                                               \
  "(SELECT s.target_group FROM job j JOIN job_spec s ON s.job = j.id WHERE j.status NOT IN (4, 6, " \
  "8) AND j.deleted_ms = 0 AND j.sweep = 1)"
constexpr SqlText kPurgeLeft{
    "group_members_left_purge",
    "WITH gone AS (DELETE FROM group_member WHERE (device_group, join_number) IN "
    "(SELECT device_group, join_number FROM group_member WHERE left_number <> 0 AND left_ms <= $1::bigint "
    "AND device_group NOT IN " WANTED_GROUPS
    " ORDER BY left_ms LIMIT $2::bigint) RETURNING 1) "
    "SELECT count(*) FROM gone"};
constexpr SqlText kPurgeEmptied{
    "group_members_purge",
    "WITH emptied AS MATERIALIZED (SELECT id FROM device_group WHERE deleted_ms <> 0 AND "
    "device_count <> 0 AND deleted_ms <= $1::bigint AND id NOT IN " WANTED_GROUPS
    " ORDER BY deleted_ms LIMIT 1), "
    "gone AS (DELETE FROM group_member m USING emptied WHERE m.device_group = emptied.id AND "
    "m.join_number <= (SELECT max(join_number) FROM (SELECT n.join_number FROM group_member n, emptied e "
    "WHERE n.device_group = e.id ORDER BY n.join_number LIMIT $2::bigint) first) RETURNING 1), "
    "empty AS (UPDATE device_group g SET device_count = 0 FROM emptied "
    "WHERE g.id = emptied.id AND (SELECT count(*) FROM gone) < $2), "
    "products AS (DELETE FROM group_product p USING emptied "
    "WHERE p.device_group = emptied.id AND (SELECT count(*) FROM gone) < $2) "
    "SELECT count(*) FROM gone"};
constexpr SqlText kLeftOver{"group_members_left_over",
                            "SELECT EXISTS (SELECT FROM group_member WHERE left_number <> 0) OR EXISTS "
                            "(SELECT FROM device_group WHERE deleted_ms <> 0 AND device_count <> 0)"};

void change_topics(const std::vector<TopicChange>& topics, Steps& steps) {
  for (const TopicChange& change : topics) {
    const ProductTopic& topic = change.topic;
    Parameters parameters;
    parameters << topic.id;
    if (!change.deleted) parameters << topic.name << topic.operation << topic.description;
    steps.push_back({change.deleted ? &kDeleteTopic : &kChangeTopic, std::move(parameters), nullptr});
  }
}

void change_tags(const std::vector<TagChange>& changes, Steps& steps) {
  for (const TagChange& change : changes) {
    if (!change.put.empty()) {
      TextColumn name, value;
      for (const DeviceTag& tag : change.put) {
        name.add(tag.name);
        value.add(tag.value);
      }
      Parameters parameters;
      parameters << change.device << change.instance << std::move(name) << std::move(value);
      steps.push_back({&kPutTags, std::move(parameters), nullptr});
    }
    if (!change.dropped.empty()) {
      Parameters parameters;
      parameters << change.device << change.dropped;
      steps.push_back({&kDropTag, std::move(parameters), nullptr});
    }
  }
}

}  // namespace

void leave_groups(const std::vector<MemberLeaves>& leaving, bool made_now, Steps& steps) {
  const auto key = [&](uint32_t i) { return std::pair(leaving[i].group, leaving[i].device); };
  for (const auto& run : runs_by_key(leaving.size(), key)) {
    Column<GroupId> group;
    Column<DeviceId> device;
    Column<int64_t> left_number, joined_before;
    Column<WallMs> left_at;
    for (const uint32_t i : run) {
      group.add(leaving[i].group);
      device.add(leaving[i].device);
      left_number.add(leaving[i].left_number);
      left_at.add(leaving[i].now);
      joined_before.add(made_now ? leaving[i].left_number : INT64_MAX);
    }
    Parameters parameters;
    parameters << std::move(group) << std::move(device) << std::move(left_number) << std::move(left_at)
               << std::move(joined_before);
    steps.push_back({&kLeave, std::move(parameters), nullptr});
  }
}

void write_listing(const ChangeSet& changes, Steps& steps) {
  leave_groups(changes.leaving, true, steps);  // those whose membership was made by this very set
  for (const GroupChange& change : changes.groups) {
    if (change.description) {
      Parameters parameters;
      parameters << change.id << *change.description;
      steps.push_back({&kDescribeGroup, std::move(parameters), nullptr});
    }
    if (change.deleted) {
      Parameters parameters;
      parameters << change.id << std::max(change.now, WallMs{1});
      steps.push_back({&kDeleteGroup, std::move(parameters), nullptr});
    }
  }
  for (const NicknameChange& change : changes.nicknames) {
    Parameters parameters;
    parameters << change.id << change.nickname << change.now;
    steps.push_back({&kNickname, std::move(parameters), nullptr});
  }
  change_tags(changes.tags, steps);
  // Before and after new ones: either may concern the other, and twice does no harm.
  change_topics(changes.topics, steps);
  for (const ProductTopic& topic : changes.new_topics) {
    Parameters parameters;
    parameters << topic.id << topic.product << topic.name << topic.operation << topic.description;
    steps.push_back({&kNewTopic, std::move(parameters), nullptr});
  }
  if (!changes.new_topics.empty()) change_topics(changes.topics, steps);
}

void purge_members(const PurgeMembers& purge, Steps& steps, CommitResult& result) {
  for (const SqlText* sql : {&kPurgeLeft, &kPurgeEmptied}) {
    Parameters parameters;
    parameters << purge.until << static_cast<int64_t>(purge.rows_max);
    steps.push_back({sql, std::move(parameters), [&result](const ReplyRow& row) {
                       result.members_purged += static_cast<size_t>(row.integer(0));
                     }});
  }
  steps.push_back(
      {&kLeftOver, {}, [&result](const ReplyRow& row) { result.members_left_over = row.integer(0) != 0; }});
}

}  // namespace rollcall::store::postgresql
