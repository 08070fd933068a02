// Decisions about products and their thing models (cloud-api C.1, C.4).
#include "engine/fleet.hpp"

namespace rollcall::engine {

// The product if it is the actor's; NotExistedProduct otherwise.
Result<Product*> own_product(WorkingSet& ws, InstanceId instance, const std::string& key) {
  const ProductId* id = ws.product_keys.find(key);
  Product* product = id ? ws.products.find(*id) : nullptr;
  if (!product || product->instance != instance)
    return fail(ErrorCode::NotExistedProduct, "the product " + key + " does not exist");
  return product;
}

Result<Outcome> create_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                               const CreateProduct& command) {
  Product product = command.product;
  product.instance = actor.instance;
  if (ws.product_names.find({actor.instance, product.name}))
    return fail(ErrorCode::AlreadyExistedProductName, "a product named " + product.name + " exists already");
  const int64_t* count = ws.product_counts.find(actor.instance);
  if (count && *count >= static_cast<int64_t>(limits::kProductsMax))
    return fail(ErrorCode::ProductCountExceedMax,
                "there are " + std::to_string(*count) + " products already");
  ROLLCALL_TRY(product.id.value, state.ids.next("product"));
  if (product.key.empty()) product.key = "a1" + state.random.alphanumeric(9);
  if (product.secret.empty()) product.secret = Secret(state.random.alphanumeric(16));
  product.created_at = state.clock.wall();
  product.device_count = 0;
  ws.product_names.put({actor.instance, product.name}, product.id);
  ws.product_keys.put(product.key, product.id);
  ws.products.put(product.id, product);
  if (count) ws.product_counts.put(actor.instance, *count + 1);
  decision.changes.new_products.push_back({product});
  ROLLCALL_TRY_STATUS(add_default_topics(state, decision, product.id));
  return Outcome(ProductMade{product});
}

Result<Outcome> import_model(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const ImportThingModel& command) {
  ROLLCALL_TRY(Product * product, own_product(ws, actor.instance, command.product_key));
  if (!product->has_thing_model)
    return fail(ErrorCode::NotSeniorProduct, "the product " + product->key + " has no thing model");
  ROLLCALL_TRY(std::string tsl, complete_tsl(command.tsl, product->key));
  ROLLCALL_TRY_STATUS(ThingModel::parse(tsl).map([](auto&&) {}));
  ws.draft_models.put(product->id, {"", tsl});
  decision.changes.thing_models.push_back({product->id, "", std::move(tsl), "", state.clock.wall()});
  return Outcome(Done{});
}

Result<Outcome> publish_model(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const PublishThingModel& command) {
  ROLLCALL_TRY(Product * product, own_product(ws, actor.instance, command.product_key));
  const auto* draft = ws.draft_models.find(product->id);
  if (!draft)
    return fail(ErrorCode::NotExistedThingModel, "the product " + product->key + " has no draft to publish");
  const WallMs now = state.clock.wall();
  const std::string version = command.version.empty() ? std::to_string(now.value) : command.version;
  decision.changes.thing_models.push_back({product->id, version, draft->tsl, command.description, now});
  ws.published_models.put(product->id, {version, draft->tsl});
  state.models.erase(product->id);
  return Outcome(Done{});
}

}  // namespace rollcall::engine
