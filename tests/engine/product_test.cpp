// Products that are changed, released and deleted, and the editing of their thing models.
#include "engine/world.hpp"
#include "model/thing_model.hpp"

namespace rollcall::testing {
namespace {

constexpr char kTsl[] =
    R"({"properties":[{"identifier":"power","accessMode":"rw","dataType":{"type":"bool"}}]})";
constexpr char kFlag[] =
    R"({"properties":[{"identifier":"flag","name":"Flag","rwFlag":"READ_WRITE","dataType":"BOOL",)"
    R"("dataSpecsList":[{"name":"off","value":0}]}]})";

ErrorCode code_of(const Result<engine::Outcome>& outcome) {
  return outcome ? ErrorCode::InternalError : outcome.error().code;
}
Product product_of(World& world, const std::string& key) {
  return world.store->products_by_key(std::array{key})->at(0);
}
engine::ChangeThingModel add_flag(const std::string& key) {
  return {key, {}, {ModelEdit::Kind::Add, kFlag, "", {}, {}, {}}};
}

TEST(UpdateProduct, ChangesNameAndWhatIsGiven) {
  World world;
  const std::string key = world.make_product("lamps");
  ASSERT_TRUE(world.call(engine::UpdateProduct{key, "lights", "bright"}));
  ASSERT_TRUE(world.call(engine::UpdateProduct{key, "lights_2", std::nullopt}));
  EXPECT_EQ(product_of(world, key).name, "lights_2");
  EXPECT_EQ(product_of(world, key).description, "bright");
  world.make_product("lamps");  // the name is free again
  EXPECT_EQ(code_of(world.call(engine::UpdateProduct{key, "lamps", "x"})),
            ErrorCode::AlreadyExistedProductName);
  EXPECT_EQ(product_of(world, key).description, "bright");
  EXPECT_TRUE(world.call(engine::UpdateProduct{key, "lights_2", ""}));
  EXPECT_EQ(product_of(world, key).description, "");
}

TEST(ReleaseProduct, ShutsTheThingModelUntilItIsCancelled) {
  World world;
  const std::string key = world.make_product("lamps", kTsl);
  ASSERT_TRUE(world.call(engine::SetProductReleased{key, true}));
  ASSERT_TRUE(world.call(engine::SetProductReleased{key, true}));
  EXPECT_EQ(product_of(world, key).status, ProductStatus::Released);
  EXPECT_EQ(code_of(world.call(engine::ImportThingModel{key, kTsl})), ErrorCode::InvalidProductStatus);
  EXPECT_EQ(code_of(world.call(engine::PublishThingModel{key, "2.0", ""})), ErrorCode::InvalidProductStatus);
  EXPECT_EQ(code_of(world.call(add_flag(key))), ErrorCode::InvalidProductStatus);
  EXPECT_EQ(code_of(world.call(engine::DeleteProduct{key})), ErrorCode::InvalidProductStatus);
  world.make_device(key, "lamp-1");  // devices may come
  ASSERT_TRUE(world.call(engine::SetProductReleased{key, false}));
  EXPECT_TRUE(world.call(add_flag(key)));
}

TEST(DeleteProduct, WaitsForItsDevicesAndFreesTheName) {
  World world;
  const std::string key = world.make_product("lamps", kTsl);
  world.make_device(key, "lamp-1");
  EXPECT_EQ(code_of(world.call(engine::DeleteProduct{key})), ErrorCode::ProductHasDevices);
  const JobId job = world.make_job(World::custom_job(key));
  ASSERT_TRUE(world.call(engine::DeleteDevice{{{}, key, "lamp-1"}}));
  ASSERT_TRUE(world.call(engine::DeleteProduct{key}));
  EXPECT_EQ(code_of(world.call(engine::DeleteProduct{key})), ErrorCode::NotExistedProduct);
  EXPECT_EQ(code_of(world.call(engine::RegisterDevice{key, "lamp-2", ""})), ErrorCode::NotExistedProduct);
  EXPECT_EQ(code_of(world.call(World::custom_job(key))), ErrorCode::NotExistedProduct);
  world.pass_ms(1'000);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);  // its job ends as its devices did
  EXPECT_NE(world.make_product("lamps"), key);
  world.restart();
  EXPECT_EQ(code_of(world.call(engine::DeleteProduct{key})), ErrorCode::NotExistedProduct);
}

TEST(DeleteProduct, LeavesARunningBatchRegistrationWithNothingToDo) {
  World world;
  const std::string key = world.make_product("lamps");
  engine::CheckDeviceNames check{key, {{"lamp-1", ""}}};
  const auto apply = std::get<engine::ApplyMade>(*world.call(check));
  ASSERT_TRUE(world.call(engine::DeleteProduct{key}));
  EXPECT_EQ(code_of(world.call(engine::RegisterApplied{key, apply.apply})), ErrorCode::NotExistedProduct);
}

TEST(ProductActions, SeeNothingOfAnotherInstance) {
  World world;
  const std::string key = world.make_product("lamps", kTsl);
  const InstanceId other{2};
  EXPECT_EQ(code_of(world.call(engine::UpdateProduct{key, "mine", {}}, other)), ErrorCode::NotExistedProduct);
  EXPECT_EQ(code_of(world.call(engine::DeleteProduct{key}, other)), ErrorCode::NotExistedProduct);
  EXPECT_EQ(code_of(world.call(engine::SetProductReleased{key, true}, other)), ErrorCode::NotExistedProduct);
  EXPECT_EQ(code_of(world.call(add_flag(key), other)), ErrorCode::NotExistedProduct);
  EXPECT_EQ(product_of(world, key).name, "lamps");
}

TEST(ChangeThingModel, EditsTheDraftAndLeavesThePublishedOne) {
  World world;
  const std::string key = world.make_product("lamps", kTsl);
  const ProductId id = product_of(world, key).id;
  const std::string published = (*world.store->latest_thing_model(id))->tsl;
  ASSERT_TRUE(world.call(add_flag(key)));
  EXPECT_NE((*world.store->thing_model(id, ""))->tsl.find("\"flag\""), std::string::npos);
  EXPECT_EQ((*world.store->latest_thing_model(id))->tsl, published);
  EXPECT_EQ(code_of(world.call(add_flag(key))), ErrorCode::InvalidThingModel);
  ASSERT_TRUE(world.call(engine::PublishThingModel{key, "2.0", "second"}));
  EXPECT_EQ((*world.store->latest_thing_model(id))->description, "second");
  const std::string plain = world.make_product("plain");
  EXPECT_EQ(code_of(world.call(add_flag(plain))), ErrorCode::NotSeniorProduct);
}

}  // namespace
}  // namespace rollcall::testing
