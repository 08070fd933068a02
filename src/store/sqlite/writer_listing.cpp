// Groups, memberships that end, nicknames, tags and topic classes.
#include "store/sqlite/writer.hpp"

namespace rollcall::store {
namespace {

// Groups that a job which is still being made takes its members from (status: not final; sweep: Make).
#define WANTED_GROUPS                                                                               \
  "(SELECT s.target_group FROM job j JOIN job_spec s ON s.job = j.id WHERE j.status NOT IN (4, 6, " \
  "8) AND j.deleted_ms = 0 AND j.sweep = 1)"

std::optional<std::string_view> text_or_null(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace

ListingWriter::ListingWriter(Connection& c)
    : describe_group_(c, "group_describe",
                      "UPDATE device_group SET description = ?2 WHERE id = ?1 AND deleted_ms = 0"),
      // Its code is free again, as its name is.
      delete_group_(c, "group_delete",
                    "UPDATE device_group SET deleted_ms = ?2, code = code || '/' || id "
                    "WHERE id = ?1 AND deleted_ms = 0"),
      leave_(c, "group_member_leave",
             "UPDATE group_member SET left_number = ?3, left_ms = ?4 "
             "WHERE device = ?2 AND device_group = ?1 AND left_number = 0 AND join_number < ?5"),
      count_members_(c, "group_count_members_left",
                     "UPDATE device_group SET device_count = device_count - 1 "
                     "WHERE id = ?1 AND deleted_ms = 0"),
      count_group_product_(c, "group_product_count_left",
                           "UPDATE group_product SET device_count = device_count - 1 "
                           "WHERE device_group = ?1 AND product = ?2"),
      nickname_(c, "device_nickname",
                "UPDATE device SET nickname = ?2, modified_ms = ?3 WHERE id = ?1 AND deleted_ms = 0"),
      put_tag_(c, "device_tag_put",
               "INSERT INTO device_tag(device, name, value, instance) SELECT ?1, ?2, ?3, ?4 "
               "WHERE EXISTS (SELECT 1 FROM device WHERE id = ?1 AND deleted_ms = 0) "
               "ON CONFLICT DO UPDATE SET value = excluded.value"),
      drop_tag_(c, "device_tag_delete", "DELETE FROM device_tag WHERE device = ?1 AND name = ?2"),
      insert_topic_(c, "topic_insert",
                    "INSERT INTO product_topic(id, product, name, operation, description) "
                    "SELECT ?1, ?2, ?3, ?4, ?5 "
                    "WHERE EXISTS (SELECT 1 FROM product WHERE id = ?2 AND deleted_ms = 0)"),
      change_topic_(c, "topic_change",
                    "UPDATE product_topic SET name = ?2, operation = ?3, description = ?4 WHERE id = ?1"),
      delete_topic_(c, "topic_delete", "DELETE FROM product_topic WHERE id = ?1"),
      left_members_(c, "group_members_left",
                    "SELECT device_group, join_number FROM group_member WHERE left_number <> 0 AND "
                    "left_ms <= ?1 AND device_group NOT IN " WANTED_GROUPS " ORDER BY left_ms LIMIT ?2"),
      delete_member_(c, "group_member_purge",
                     "DELETE FROM group_member WHERE device_group = ?1 AND join_number = ?2"),
      emptied_group_(c, "group_emptied",
                     "SELECT id FROM device_group WHERE deleted_ms <> 0 AND device_count <> 0 AND "
                     "deleted_ms <= ?1 AND id NOT IN " WANTED_GROUPS " ORDER BY deleted_ms LIMIT 1"),
      delete_members_(c, "group_members_purge",
                      "DELETE FROM group_member WHERE device_group = ?1 AND join_number <= "
                      "(SELECT max(join_number) FROM (SELECT join_number FROM group_member "
                      "WHERE device_group = ?1 ORDER BY join_number LIMIT ?2))"),
      group_is_empty_(c, "group_is_empty", "UPDATE device_group SET device_count = 0 WHERE id = ?1"),
      delete_group_products_(c, "group_products_purge", "DELETE FROM group_product WHERE device_group = ?1"),
      left_over_(c, "group_members_left_over",
                 "SELECT EXISTS (SELECT 1 FROM group_member WHERE left_number <> 0) OR EXISTS "
                 "(SELECT 1 FROM device_group WHERE deleted_ms <> 0 AND device_count <> 0)") {}

// `joined_before`: memberships that are younger stay.
void ListingWriter::leave(const std::vector<MemberLeaves>& leaving, bool made_now) {
  for (const MemberLeaves& member : leaving) {
    const int64_t joined_before = made_now ? member.left_number : INT64_MAX;
    if (leave_.execute(member.group, member.device, member.left_number, member.now, joined_before) == 0)
      continue;
    count_members_.execute(member.group);
    count_group_product_.execute(member.group, member.product);
  }
}

void ListingWriter::change_topics(const std::vector<TopicChange>& topics) {
  for (const TopicChange& change : topics) {
    const ProductTopic& topic = change.topic;
    if (change.deleted)
      delete_topic_.execute(topic.id);
    else
      change_topic_.execute(topic.id, topic.name, topic.operation, topic.description);
  }
}

void ListingWriter::write(const ChangeSet& changes) {
  leave(changes.leaving, true);  // those whose membership was made by this very set
  for (const GroupChange& change : changes.groups) {
    if (change.description) describe_group_.execute(change.id, *change.description);
    if (change.deleted) delete_group_.execute(change.id, std::max(change.now, WallMs{1}));
  }
  for (const NicknameChange& change : changes.nicknames)
    nickname_.execute(change.id, text_or_null(change.nickname), change.now);
  for (const TagChange& change : changes.tags) {
    for (const DeviceTag& tag : change.put)
      put_tag_.execute(change.device, tag.name, tag.value, change.instance);
    if (!change.dropped.empty()) drop_tag_.execute(change.device, change.dropped);
  }
  // Before and after new ones: either may concern the other, and twice does no harm.
  change_topics(changes.topics);
  for (const ProductTopic& topic : changes.new_topics)
    insert_topic_.execute(topic.id, topic.product, topic.name, topic.operation, topic.description);
  if (!changes.new_topics.empty()) change_topics(changes.topics);
}

void ListingWriter::purge(const PurgeMembers& purge, CommitResult& result) {
  std::vector<std::pair<GroupId, int64_t>> left;
  {
    Query query = left_members_.run(purge.until, purge.rows_max);
    while (query.step()) {
      auto& row = left.emplace_back();
      query >> row.first >> row.second;
    }
  }
  for (const auto& [group, join_number] : left) delete_member_.execute(group, join_number);
  result.members_purged = left.size();
  GroupId emptied;
  {
    Query query = emptied_group_.run(purge.until);
    if (query.step()) query >> emptied;
  }
  if (emptied) {
    const int rows = delete_members_.execute(emptied, purge.rows_max);
    result.members_purged += static_cast<size_t>(rows);
    if (static_cast<size_t>(rows) < purge.rows_max) {
      group_is_empty_.execute(emptied);
      delete_group_products_.execute(emptied);
    }
  }
  Query query = left_over_.run();
  if (query.step()) query >> result.members_left_over;
}

}  // namespace rollcall::store
