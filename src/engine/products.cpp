// Decisions about products and their thing models (cloud-api C.1, C.4).
#include "engine/fleet.hpp"
#include "model/model_edit.hpp"

namespace rollcall::engine {
namespace {

// Opens a change of the product, which is written only if nobody changes it meanwhile.
store::ProductChange& change_product(State& state, Decision& decision, const Product& product) {
  store::ProductChange change{product, product.revision, false, state.clock.wall(), std::nullopt};
  change.product.revision = fresh_revision(state);
  decision.changes.products.push_back(std::move(change));
  return decision.changes.products.back();
}

// A released product is un-released before its thing model changes or it goes (cloud-api C.4).
Status check_unreleased(const Product& product) {
  if (product.status != ProductStatus::Released) return {};
  return fail(ErrorCode::InvalidProductStatus,
              "the product " + product.key + " is released; call CancelReleaseProduct first");
}

// The product whose thing model is to be changed.
Result<Product*> product_of_model(WorkingSet& ws, const Actor& actor, const std::string& key) {
  ROLLCALL_TRY(Product * product, own_product(ws, actor.instance, key));
  if (!product->has_thing_model)
    return fail(ErrorCode::NotSeniorProduct, "the product " + product->key + " has no thing model");
  ROLLCALL_TRY_STATUS(check_unreleased(*product));
  return product;
}

Result<Outcome> put_draft(State& state, WorkingSet& ws, Decision& decision, Product& product,
                          std::string edited) {
  ROLLCALL_TRY(std::string tsl, complete_tsl(edited, product.key, limits::kTslCompletedBytesMax));
  ROLLCALL_TRY_STATUS(ThingModel::parse(tsl).map([](auto&&) {}));
  store::ProductChange& change = change_product(state, decision, product);
  ws.draft_models.put(product.id, {"", tsl, ""});
  change.model = store::PutThingModel{product.id, "", std::move(tsl), "", change.now};
  product = change.product;
  return Outcome(Done{});
}

}  // namespace

int64_t fresh_revision(State& state) { return static_cast<int64_t>(state.random.below(INT64_MAX)); }

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
  product.revision = fresh_revision(state);
  ws.product_names.put({actor.instance, product.name}, product.id);
  ws.product_keys.put(product.key, product.id);
  ws.products.put(product.id, product);
  if (count) ws.product_counts.put(actor.instance, *count + 1);
  decision.changes.new_products.push_back({product});
  ROLLCALL_TRY_STATUS(add_default_topics(state, decision, product.id));
  return Outcome(ProductMade{product});
}

Result<Outcome> update_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                               const UpdateProduct& command) {
  ROLLCALL_TRY(Product * product, own_product(ws, actor.instance, command.product_key));
  const ProductId* holder = ws.product_names.find({actor.instance, command.name});
  if (holder && *holder != product->id)
    return fail(ErrorCode::AlreadyExistedProductName, "a product named " + command.name + " exists already");
  store::ProductChange& change = change_product(state, decision, *product);
  if (command.name != product->name) {
    ws.product_names.remove({actor.instance, product->name});
    ws.product_names.put({actor.instance, command.name}, product->id);
  }
  change.product.name = command.name;
  if (command.description) change.product.description = *command.description;
  if (command.dynamic_registration) change.product.dynamic_registration = *command.dynamic_registration;
  *product = change.product;
  return Outcome(Done{});
}

// Devices are deleted one by one before: a fleet does not vanish by one call with a wrong key.
Result<Outcome> delete_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                               const DeleteProduct& command) {
  ROLLCALL_TRY(Product * product, own_product(ws, actor.instance, command.product_key));
  ROLLCALL_TRY_STATUS(check_unreleased(*product));
  if (product->device_count > 0)
    return fail(ErrorCode::ProductHasDevices, "the product " + product->key + " still has " +
                                                  std::to_string(product->device_count) + " device(s)");
  change_product(state, decision, *product).deleted = true;
  const Product gone = *product;
  if (const int64_t* count = ws.product_counts.find(actor.instance))
    ws.product_counts.put(actor.instance, *count - 1);
  ws.product_names.remove({actor.instance, gone.name});
  ws.product_keys.remove(gone.key);
  ws.draft_models.remove(gone.id);
  ws.published_models.remove(gone.id);
  ws.products.remove(gone.id);
  state.models.erase(gone.id);
  return Outcome(Done{});
}

Result<Outcome> release_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                const SetProductReleased& command) {
  ROLLCALL_TRY(Product * product, own_product(ws, actor.instance, command.product_key));
  const ProductStatus to = command.released ? ProductStatus::Released : ProductStatus::Development;
  if (product->status == to) return Outcome(Done{});
  store::ProductChange& change = change_product(state, decision, *product);
  change.product.status = to;
  *product = change.product;
  return Outcome(Done{});
}

Result<Outcome> import_model(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const ImportThingModel& command) {
  ROLLCALL_TRY(Product * product, product_of_model(ws, actor, command.product_key));
  const auto* draft = ws.draft_models.find(product->id);
  ROLLCALL_TRY(std::string tsl, import_module(draft ? draft->tsl : empty_tsl(product->key), command.module.id,
                                              command.module.name, command.tsl));
  return put_draft(state, ws, decision, *product, std::move(tsl));
}

Result<Outcome> change_model(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const ChangeThingModel& command) {
  ROLLCALL_TRY(Product * product, product_of_model(ws, actor, command.product_key));
  const auto* draft = ws.draft_models.find(product->id);
  ROLLCALL_TRY(std::string tsl, edit_module(draft ? draft->tsl : empty_tsl(product->key), command.module.id,
                                            command.module.name, command.edit));
  return put_draft(state, ws, decision, *product, std::move(tsl));
}

Result<Outcome> publish_model(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const PublishThingModel& command) {
  ROLLCALL_TRY(Product * product, product_of_model(ws, actor, command.product_key));
  const auto* draft = ws.draft_models.find(product->id);
  if (!draft)
    return fail(ErrorCode::NotExistedThingModel, "the product " + product->key + " has no draft to publish");
  store::ProductChange& change = change_product(state, decision, *product);
  const std::string version = command.version.empty() ? std::to_string(change.now.value) : command.version;
  change.model = store::PutThingModel{product->id, version, "", command.description, change.now};
  *product = change.product;
  ws.published_models.put(product->id, {version, draft->tsl, command.description});
  state.models.erase(product->id);
  return Outcome(Done{});
}

}  // namespace rollcall::engine
