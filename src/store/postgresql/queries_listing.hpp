// Lists and counts of a fleet on one link: part of what a Reader and the Store answer with. Thread: the
// connection's.
#pragma once

#include <vector>

#include "store/postgresql/connection.hpp"
#include "store/store.hpp"

namespace rollcall::store::postgresql {

class Link;

class ListingQueries {
 public:
  explicit ListingQueries(Link& link) : link_(link) {}
  Result<std::vector<DeviceRow>> newest_devices(ProductId product, DeviceId before, int64_t offset,
                                                size_t limit);
  Result<Reader::DeviceScan> scan_devices(InstanceId instance, ProductId product, DeviceStatus status,
                                          DeviceId before, size_t scanned, size_t limit);
  Result<DeviceTally> product_tally(ProductId product);
  Result<DeviceTally> group_tally(GroupId group);
  Result<DeviceTally> instance_tally(InstanceId instance);
  Result<Reader::GroupPage> list_groups(InstanceId instance, std::optional<GroupId> parent,
                                        std::optional<std::string_view> name, int64_t offset, size_t limit);
  Result<int64_t> subgroup_count(GroupId parent);
  Result<std::vector<DeviceId>> group_devices(GroupId group, int64_t offset, size_t limit);
  Result<std::vector<Group>> groups_of_device(DeviceId device);
  Result<std::vector<std::pair<DeviceId, GroupId>>> groups_of_devices(std::span<const DeviceId> devices);
  Result<std::vector<std::pair<DeviceId, DeviceTag>>> device_tags(std::span<const DeviceId> devices);
  Result<Reader::TaggedDevices> devices_by_tags(InstanceId instance, std::span<const DeviceTag> tags,
                                                int64_t offset, size_t limit);
  Result<std::vector<ProductTopic>> product_topics(ProductId product);
  Result<std::optional<ProductTopic>> product_topic(TopicId id);

 private:
  Result<DeviceTally> tally(const SqlText& sql, int64_t id);
  Link& link_;
};

}  // namespace rollcall::store::postgresql
