// Products that are changed and deleted, and the thing models that go with a change.
#include "base/limits.hpp"
#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ProductChange change_of(const Product& product, int64_t revision, WallMs now) {
  ProductChange change{product, product.revision, false, now, std::nullopt};
  change.product.revision = revision;
  return change;
}

TEST_P(StoreContract, AProductChangesOnlyFromTheRevisionItHas) {
  const ProductId id = add_product("p");
  const Product old = store().products(std::array{id})->front();
  ProductChange change = change_of(old, 77, now);
  change.product.name = "renamed";
  change.product.description = "said";
  change.product.status = ProductStatus::Released;
  change.product.node_type = 9;  // not for this change to write
  ChangeSet changes;
  changes.products = {change, change};
  EXPECT_THAT(commit(changes).missed_products, ElementsAre(1u));
  const Product now_is = store().products(std::array{id})->front();
  EXPECT_EQ(now_is.name, "renamed");
  EXPECT_EQ(now_is.description, "said");
  EXPECT_EQ(now_is.status, ProductStatus::Released);
  EXPECT_EQ(now_is.revision, 77);
  EXPECT_EQ(now_is.node_type, old.node_type);
  EXPECT_EQ(now_is.device_count, old.device_count);
}

TEST_P(StoreContract, AProductWithDevicesIsNotDeletedAndOneWithoutIs) {
  const ProductId id = add_product("p");
  const DeviceId device = add_devices(id, 1)[0];
  ProductChange removal = change_of(store().products(std::array{id})->front(), 5, now);
  removal.deleted = true;
  ChangeSet model;
  model.thing_models = {{id, "", "draft", "", now}, {id, "1.0", "one", "", now}};
  model.new_topics = {{TopicId{500}, id, "user/get", TopicOperation::Subscribe, ""}};
  commit(model);
  ChangeSet changes;
  changes.products = {removal};
  EXPECT_THAT(commit(changes).missed_products, ElementsAre(0u));
  EXPECT_EQ(store().products(std::array{id})->size(), 1u);
  EXPECT_TRUE(store().thing_model(id, "")->has_value());
  EXPECT_EQ(store().product_topics(id)->size(), 1u);

  changes.devices = {{device, id, true, true, true, now}};  // the same transaction may take the last device
  const CommitResult result = commit(changes);
  EXPECT_THAT(result.missed_products, IsEmpty());
  EXPECT_THAT(*store().products(std::array{id}), IsEmpty());
  EXPECT_THAT(*store().products_by_key(std::array{removal.product.key}), IsEmpty());
  EXPECT_FALSE(store().thing_model(id, "")->has_value());
  EXPECT_FALSE(store().latest_thing_model(id)->has_value());
  ChangeSet late;
  late.new_topics = {{TopicId{501}, id, "user/late", TopicOperation::Publish, ""}};
  commit(late);
  EXPECT_THAT(*store().product_topics(id), IsEmpty());
}

TEST_P(StoreContract, TheKeyAndNameOfADeletedProductAreFree) {
  const ProductId id = add_product("p");
  const Product old = store().products(std::array{id})->front();
  ProductChange removal = change_of(old, 5, now);
  removal.deleted = true;
  ChangeSet changes;
  changes.products = {removal};
  commit(changes);
  ChangeSet again;
  Product fresh = old;
  fresh.id = ProductId{old.id.value + 1'000};
  again.new_products = {{fresh}};
  commit(again);
  EXPECT_EQ(store().products_by_key(std::array{old.key})->front().id, fresh.id);
}

TEST_P(StoreContract, AThingModelGoesWithTheChangeOfItsProductOrNotAtAll) {
  const ProductId id = add_product("p");
  const Product old = store().products(std::array{id})->front();
  ProductChange first = change_of(old, 11, now);
  first.model = PutThingModel{id, "", "draft one", "", now};
  ProductChange late = change_of(old, 12, now);  // decided on the same revision
  late.model = PutThingModel{id, "", "draft two", "", now};
  ProductChange publish = change_of(old, 13, now);
  publish.from_revision = 11;
  publish.model = PutThingModel{id, "1.0", "", "about", now};
  ChangeSet changes;
  changes.products = {first, late, publish};
  EXPECT_THAT(commit(changes).missed_products, ElementsAre(1u));
  EXPECT_EQ((*store().thing_model(id, ""))->tsl, "draft one");
  EXPECT_EQ((*store().latest_thing_model(id))->tsl, "draft one");
  EXPECT_EQ((*store().latest_thing_model(id))->description, "about");
}

TEST_P(StoreContract, KeepsTheLastVersionsOfAThingModel) {
  const ProductId id = add_product("p");
  Product product = store().products(std::array{id})->front();
  const int versions = static_cast<int>(limits::kModelVersionsMax) + 2;
  for (int i = 0; i <= versions; ++i) {
    ProductChange change = change_of(product, i + 1, now);
    change.model = PutThingModel{id, i == 0 ? "" : "v" + std::to_string(i), i == 0 ? "draft" : "", "", now};
    ChangeSet changes;
    changes.products = {change};
    EXPECT_THAT(commit(changes).missed_products, IsEmpty());
    product = change.product;
  }
  EXPECT_TRUE(store().thing_model(id, "")->has_value());
  EXPECT_FALSE(store().thing_model(id, "v2")->has_value());
  EXPECT_TRUE(store().thing_model(id, "v3")->has_value());
  EXPECT_EQ((*store().latest_thing_model(id))->version, "v" + std::to_string(versions));
}

}  // namespace
}  // namespace rollcall::store
