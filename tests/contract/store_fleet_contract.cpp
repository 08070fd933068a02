#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<int64_t> ids_of(const auto& rows) {
  std::vector<int64_t> ids;
  for (const auto& row : rows) ids.push_back(row.id.value);
  return ids;
}

TEST_P(StoreContract, KeepsTheIdKeyAcrossStarts) {
  const auto key = store().id_key();
  ASSERT_TRUE(key);
  EXPECT_NE(*key, (std::array<uint8_t, 16>{}));
  if (!GetParam().durable) return;
  reopen();
  EXPECT_EQ(*store().id_key(), *key);
}

TEST_P(StoreContract, ReservesIdsFromOneAndNeverTwice) {
  EXPECT_EQ(*store().reserve_ids("job", 10), 1);
  EXPECT_EQ(*store().reserve_ids("job", 1), 11);
  EXPECT_EQ(*store().reserve_ids("device", 5), 1);
  if (GetParam().durable) {
    reopen();
    EXPECT_EQ(*store().reserve_ids("job", 1), 12);
  }
  EXPECT_EQ(*store().reserve_ids("device", 1'000'000), 6);
  EXPECT_EQ(*store().reserve_ids("device", 1), 1'000'006);
}

TEST_P(StoreContract, RefusesToReserveNoIds) {
  EXPECT_FALSE(store().reserve_ids("job", 0));
  EXPECT_FALSE(store().reserve_ids("job", -1));
  EXPECT_FALSE(store().reserve_ids("job", INT64_MAX));
  EXPECT_EQ(*store().reserve_ids("job", 1), 1);
}

TEST_P(StoreContract, KnowsTheDefaultInstanceOnly) {
  EXPECT_EQ(*store().instance_by_code(""), InstanceId{1});
  EXPECT_EQ(*store().instance_by_code("iot-060a02ne"), std::nullopt);
}

TEST_P(StoreContract, ReturnsAccessKeysAsGiven) {
  ChangeSet changes;
  changes.new_access_keys.push_back({"LTAI2", Secret("s2"), InstanceId{1}, false, now});
  changes.new_access_keys.push_back({"LTAI1", Secret(""), InstanceId{1}, true, now + 5});
  commit(changes);
  const auto keys = store().access_keys(10);
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_EQ((*keys)[0].id, "LTAI1");
  EXPECT_TRUE((*keys)[0].secret.empty());
  EXPECT_TRUE((*keys)[0].enabled);
  EXPECT_EQ((*keys)[0].created_at, now + 5);
  EXPECT_EQ((*keys)[1].secret.reveal(), "s2");
  EXPECT_FALSE((*keys)[1].enabled);
  EXPECT_EQ(store().access_keys(1)->size(), 1u);
}

TEST_P(StoreContract, ReturnsAProductWithEveryField) {
  Product product = product_value("a1B2c3D4e5F");
  product.node_type = 1;
  product.data_format = 0;
  product.has_thing_model = true;
  product.auth_type = "id2";
  product.net_type = 7;
  product.protocol_type = "modbus";
  product.category_key = "Lighting";
  product.id2 = true;
  product.validate_type = 2;
  product.description = "路灯";
  product.status = ProductStatus::Released;
  product.dynamic_registration = DynamicRegistration::Anyone;
  ChangeSet changes;
  changes.new_products.push_back({product});
  commit(changes);

  const std::vector<std::string> keys{"a1B2c3D4e5F"};
  const auto rows = store().products_by_key(keys);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  const Product& stored = rows->front();
  EXPECT_EQ(stored.id, product.id);
  EXPECT_EQ(stored.instance, product.instance);
  EXPECT_EQ(stored.key, product.key);
  EXPECT_EQ(stored.name, product.name);
  EXPECT_EQ(stored.secret, product.secret);
  EXPECT_EQ(stored.node_type, 1);
  EXPECT_EQ(stored.data_format, 0);
  EXPECT_TRUE(stored.has_thing_model);
  EXPECT_EQ(stored.auth_type, "id2");
  EXPECT_EQ(stored.net_type, 7);
  EXPECT_EQ(stored.protocol_type, "modbus");
  EXPECT_EQ(stored.category_key, "Lighting");
  EXPECT_TRUE(stored.id2);
  EXPECT_EQ(stored.validate_type, 2);
  EXPECT_EQ(stored.description, "路灯");
  EXPECT_EQ(stored.status, ProductStatus::Released);
  EXPECT_EQ(stored.dynamic_registration, DynamicRegistration::Anyone);
  EXPECT_EQ(stored.device_count, 0);
  EXPECT_EQ(stored.created_at, now);
}

TEST_P(StoreContract, FindsProductsInTheOrderAskedAndLeavesOutTheAbsent) {
  const ProductId a = add_product("a");
  const ProductId b = add_product("b");
  const std::vector<std::string> keys{"b", "none", "a"};
  EXPECT_THAT(ids_of(*store().products_by_key(keys)), ElementsAre(b.value, a.value));
  const std::vector<ProductId> ids{a, ProductId{999}, b};
  EXPECT_THAT(ids_of(*store().products(ids)), ElementsAre(a.value, b.value));
  EXPECT_EQ((*store().product_by_name(InstanceId{1}, "name_b"))->id, b);
  EXPECT_FALSE(store().product_by_name(InstanceId{2}, "name_b")->has_value());
}

TEST_P(StoreContract, ListsProductsNewestFirstWithTotals) {
  std::vector<int64_t> ids;
  for (int i = 0; i < 5; ++i) {
    Product product = product_value("p" + std::to_string(i));
    product.has_thing_model = i % 2 == 0;
    ChangeSet changes;
    changes.new_products.push_back({product});
    commit(changes);
    ids.push_back(product.id.value);
  }
  const auto page = store().list_products(InstanceId{1}, std::nullopt, 1, 2);
  EXPECT_THAT(ids_of(page->products), ElementsAre(ids[3], ids[2]));
  EXPECT_EQ(page->total, 5);
  const auto senior = store().list_products(InstanceId{1}, true, 0, 10);
  EXPECT_THAT(ids_of(senior->products), ElementsAre(ids[4], ids[2], ids[0]));
  EXPECT_EQ(senior->total, 3);
  EXPECT_EQ(store().list_products(InstanceId{1}, false, 0, 10)->total, 2);
  EXPECT_THAT(store().list_products(InstanceId{7}, std::nullopt, 0, 10)->products, IsEmpty());
  EXPECT_EQ(*store().product_count(InstanceId{1}), 5);
}

TEST_P(StoreContract, PutProductReplacesWhatAnImportMayFillIn) {
  const ProductId id = add_product("key");
  const std::vector<ProductId> ids{id};
  Product product = store().products(ids)->front();
  product.secret = Secret("new");
  product.description = "later";
  product.has_thing_model = true;
  ChangeSet changes;
  changes.put_products.push_back({product});
  Product absent = product_value("absent");
  changes.put_products.push_back({absent});
  commit(changes);
  EXPECT_EQ(store().products(ids)->front().secret.reveal(), "new");
  EXPECT_EQ(store().products(ids)->front().description, "later");
  EXPECT_TRUE(store().products(ids)->front().has_thing_model);
  EXPECT_EQ(*store().product_count(InstanceId{1}), 1);
}

TEST_P(StoreContract, ReturnsDevicesWithEveryField) {
  const ProductId product = add_product("key");
  Device device = device_value(product, "lamp_0001");
  device.foreign_iot_id = "Q7uOhVRdZRRlDnTLv00100";
  device.nickname = "灯";
  device.enabled = false;
  ChangeSet changes;
  changes.new_devices.push_back({device, "key"});
  changes.new_devices.push_back({device_value(product, "lamp_0002"), "key"});
  commit(changes);

  const std::vector<DeviceName> names{{product, "lamp_0002"}, {product, "none"}, {product, "lamp_0001"}};
  const auto rows = store().devices_by_name(names);
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].foreign_iot_id, "");
  EXPECT_EQ((*rows)[0].nickname, "");
  EXPECT_TRUE((*rows)[0].enabled);
  const Device& stored = (*rows)[1];
  EXPECT_EQ(stored.id, device.id);
  EXPECT_EQ(stored.product, product);
  EXPECT_EQ(stored.name, "lamp_0001");
  EXPECT_EQ(stored.foreign_iot_id, device.foreign_iot_id);
  EXPECT_EQ(stored.secret, device.secret);
  EXPECT_EQ(stored.nickname, "灯");
  EXPECT_FALSE(stored.enabled);
  EXPECT_EQ(stored.created_at, now);
  const std::vector<std::string> iot_ids{"unknown", "Q7uOhVRdZRRlDnTLv00100", ""};
  EXPECT_THAT(ids_of(*store().devices_by_foreign_iot_id(iot_ids)), ElementsAre(device.id.value));
}

TEST_P(StoreContract, ListsDevicesOfAProductByName) {
  const ProductId product = add_product("key");
  const ProductId other = add_product("other");
  ChangeSet changes;
  for (const char* name : {"cccc", "aaaa", "bbbb"})
    changes.new_devices.push_back({device_value(product, name), ""});
  changes.new_devices.push_back({device_value(other, "aaab"), ""});
  commit(changes);
  const auto first = store().list_devices(product, "", 2);
  ASSERT_EQ(first->size(), 2u);
  EXPECT_EQ((*first)[1].name, "bbbb");
  const auto rest = store().list_devices(product, "bbbb", 2);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ((*rest)[0].name, "cccc");
}

TEST_P(StoreContract, CountsTheDevicesOfEachProduct) {
  const ProductId a = add_product("a");
  const ProductId b = add_product("b");
  ChangeSet changes;
  for (int i = 0; i < 7; ++i) {
    changes.new_devices.push_back({device_value(i < 3 ? a : b, "dev_" + std::to_string(i)), ""});
  }
  commit(changes);
  const std::vector<ProductId> ids{a, b};
  EXPECT_EQ((*store().products(ids))[0].device_count, 3);
  EXPECT_EQ((*store().products(ids))[1].device_count, 4);
}

TEST_P(StoreContract, PutDeviceFillsInLater) {
  const ProductId product = add_product("key");
  const std::vector<DeviceId> ids = add_devices(product, 1);
  Device device = store().devices(ids)->front();
  device.foreign_iot_id = "imported";
  device.secret = Secret("imported secret");
  device.nickname = "nick";
  device.enabled = false;
  ChangeSet changes;
  changes.put_devices.push_back({device});
  commit(changes);
  const Device stored = store().devices(ids)->front();
  EXPECT_EQ(stored.foreign_iot_id, "imported");
  EXPECT_EQ(stored.secret.reveal(), "imported secret");
  EXPECT_EQ(stored.nickname, "nick");
  EXPECT_FALSE(stored.enabled);
}

TEST_P(StoreContract, RefusesADeviceNameTwiceAndChangesNothing) {
  const ProductId product = add_product("key");
  ChangeSet changes;
  changes.new_products.push_back({product_value("other")});
  changes.new_devices.push_back({device_value(product, "same"), ""});
  changes.new_devices.push_back({device_value(product, "same"), ""});
  EXPECT_THAT(commit_refused(changes).detail, StartsWith("constraint:"));
  EXPECT_EQ(*store().product_count(InstanceId{1}), 1);
  EXPECT_THAT(*store().list_devices(product, "", 10), IsEmpty());

  changes.new_devices.pop_back();
  commit(changes);
  EXPECT_EQ(*store().product_count(InstanceId{1}), 2);
  EXPECT_EQ(store().list_devices(product, "", 10)->size(), 1u);
}

TEST_P(StoreContract, RefusesWhatMustBeUnique) {
  const ProductId product = add_product("key");
  const auto devices = add_devices(product, 2);
  const GroupId group = add_group("group", {devices[0]}, product);
  const auto refused = [&](ChangeSet changes) {
    EXPECT_THAT(commit_refused(changes).detail, StartsWith("constraint:"));
  };
  ChangeSet same_key;
  same_key.new_products.push_back({product_value("key")});
  same_key.new_products[0].product.name = "another";
  refused(same_key);
  ChangeSet same_name;
  same_name.new_products.push_back({product_value("another")});
  same_name.new_products[0].product.name = "name_key";
  refused(same_name);
  ChangeSet same_group;
  same_group.new_groups.push_back({Group{GroupId{next_id++}, InstanceId{1}, "new", "group", "", {}, 0, now}});
  refused(same_group);
  ChangeSet joined_twice;
  joined_twice.new_members.push_back({group, devices[0], next_join++, product});
  refused(joined_twice);
  ChangeSet same_iot_id;
  for (int i = 0; i < 2; ++i) {
    Device device = device_value(product, "foreign_" + std::to_string(i));
    device.foreign_iot_id = "one";
    same_iot_id.new_devices.push_back({device, ""});
  }
  refused(same_iot_id);
  ChangeSet same_access_key;
  for (int i = 0; i < 2; ++i)
    same_access_key.new_access_keys.push_back({"id", Secret("s"), InstanceId{1}, true, now});
  refused(same_access_key);
}

TEST_P(StoreContract, RefusesDevicesAndMembersOfNothing) {
  ChangeSet orphan;
  orphan.new_devices.push_back({device_value(ProductId{77}, "orphan"), ""});
  EXPECT_THAT(commit_refused(orphan).detail, StartsWith("constraint:"));
  const std::vector<DeviceId> ids{orphan.new_devices[0].device.id};
  EXPECT_THAT(*store().devices(ids), IsEmpty());
  ChangeSet member;
  member.new_members.push_back({GroupId{77}, DeviceId{1}, 1, ProductId{1}});
  EXPECT_THAT(commit_refused(member).detail, StartsWith("constraint:"));
}

}  // namespace
}  // namespace rollcall::store
