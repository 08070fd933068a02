// Products that come in with their identities, thing models and topic classes (DESIGN 5.22).
#include <algorithm>

#include "engine/fleet.hpp"

namespace rollcall::engine {
namespace {

using ProductEntry = ImportFleet::ProductEntry;

// Takes what is given; true when something is another than before.
class Taking {
 public:
  template <class T>
  void operator()(T& field, const std::optional<T>& given) {
    if (!given || field == *given) return;
    field = *given;
    any_ = true;
  }
  bool any() const { return any_; }

 private:
  bool any_ = false;
};

bool take_fields(Product& product, const ProductEntry& entry) {
  Taking take;
  take(product.name, entry.name);
  take(product.secret, entry.secret);
  take(product.node_type, entry.node_type);
  take(product.data_format, entry.data_format);
  take(product.net_type, entry.net_type);
  take(product.validate_type, entry.validate_type);
  take(product.id2, entry.id2);
  take(product.dynamic_registration, entry.dynamic_registration);
  take(product.auth_type, entry.auth_type);
  take(product.protocol_type, entry.protocol_type);
  take(product.category_key, entry.category_key);
  take(product.description, entry.description);
  std::optional<ProductStatus> status;
  if (entry.released) status = *entry.released ? ProductStatus::Released : ProductStatus::Development;
  take(product.status, status);
  std::optional<bool> has_thing_model = entry.has_thing_model;
  if (!entry.tsl.empty() || !entry.draft_tsl.empty()) has_thing_model = true;
  take(product.has_thing_model, has_thing_model);
  return take.any();
}

Result<std::string> complete_model(const std::string& tsl, const std::string& product_key) {
  if (tsl.empty()) return std::string();
  ROLLCALL_TRY(std::string completed, complete_tsl(tsl, product_key));
  ROLLCALL_TRY_STATUS(ThingModel::parse(completed).map([](const auto&) {}));
  return completed;
}

// True when something of the product's models changes.
Result<bool> import_models(State& state, WorkingSet& ws, Decision& decision, ProductId product,
                           const ProductEntry& entry) {
  ROLLCALL_TRY(const std::string tsl, complete_model(entry.tsl, entry.key));
  ROLLCALL_TRY(std::string draft, complete_model(entry.draft_tsl, entry.key));
  if (draft.empty()) draft = tsl;
  const auto* published = ws.published_models.find(product);
  const auto* drafted = ws.draft_models.find(product);
  const bool publish = !tsl.empty() && (!published || published->tsl != tsl);
  const bool write_draft =
      !draft.empty() && (publish || (!entry.draft_tsl.empty() && (!drafted || drafted->tsl != draft)));
  const WallMs now = state.clock.wall();
  if (publish) {
    decision.changes.thing_models.push_back({product, std::to_string(now.value), tsl, "imported", now});
    ws.published_models.put(product, {std::to_string(now.value), tsl, "imported"});
  }
  if (write_draft) {
    decision.changes.thing_models.push_back({product, "", draft, "", now});
    ws.draft_models.put(product, {"", draft, ""});
  }
  if (publish || write_draft) state.models.erase(product);
  return publish || write_draft;
}

// Adds and changes classes; none is taken away. True when there was something to do.
Result<bool> import_topics(State& state, WorkingSet& ws, Decision& decision, ProductId product,
                           const std::vector<ProductTopic>& given) {
  bool any = false;
  if (!ws.product_topics.find(product)) ws.product_topics.put(product, {});
  std::vector<ProductTopic>& topics = *ws.product_topics.find(product);
  for (ProductTopic topic : given) {
    auto old =
        std::find_if(topics.begin(), topics.end(), [&](const auto& one) { return one.name == topic.name; });
    topic.product = product;
    if (old != topics.end()) {
      topic.id = old->id;
      if (*old == topic) continue;
      *old = topic;
      decision.changes.topics.push_back({std::move(topic), false});
    } else {
      if (topics.size() >= limits::kTopicsPerProductMax) return fail(ErrorCode::TopicCountExceedMax);
      ROLLCALL_TRY(topic.id.value, state.ids.next("topic"));
      topics.push_back(topic);
      decision.changes.new_topics.push_back(std::move(topic));
    }
    any = true;
  }
  return any;
}

}  // namespace

bool gather_product_import(WorkingSet& ws, InstanceId instance, const ProductEntry& entry) {
  bool all = ws.product_names.need({instance, entry.name.value_or(entry.key)});
  all = ws.product_keys.need(entry.key) && all;
  const ProductId* id = ws.product_keys.find(entry.key);
  if (!id) return all;
  all = ws.products.need(*id) && all;
  if (entry.topics) all = ws.product_topics.need(*id) && all;
  if (entry.tsl.empty() && entry.draft_tsl.empty()) return all;
  all = ws.draft_models.need(*id) && all;
  return ws.published_models.need(*id) && all;
}

Result<Imported> import_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                const ProductEntry& entry) {
  const ProductId* id = ws.product_keys.find(entry.key);
  const Product* old = id ? ws.products.find(*id) : nullptr;
  if (old && old->instance != actor.instance)
    return fail(ErrorCode::InvalidFormattedParameter, "the ProductKey is taken");
  Product product = old ? *old : Product();
  if (!old) product.name = entry.key;
  const bool other = take_fields(product, entry);
  const ProductId* holder = ws.product_names.find({actor.instance, product.name});
  if (holder && (!old || *holder != old->id))
    return fail(ErrorCode::InvalidFormattedParameter, "another product is named " + product.name);
  if (!old) {
    product.key = entry.key;
    product.instance = actor.instance;
    ROLLCALL_TRY(product.id.value, state.ids.next("product"));
    if (product.secret.empty()) product.secret = Secret(state.random.alphanumeric(16));
    product.created_at = state.clock.wall();
    product.revision = fresh_revision(state);
    decision.changes.new_products.push_back({product});
    if (!entry.topics) ROLLCALL_TRY_STATUS(add_default_topics(state, decision, product.id));
  }
  ROLLCALL_TRY(bool more, import_models(state, ws, decision, product.id, entry));
  if (entry.topics) {
    ROLLCALL_TRY(const bool topics, import_topics(state, ws, decision, product.id, *entry.topics));
    more = more || topics;
  }
  if (old && (other || more)) {
    product.revision = fresh_revision(state);
    decision.changes.put_products.push_back({product});
  }
  const Imported result = !old ? Imported::New : other || more ? Imported::Changed : Imported::Same;
  if (old && old->name != product.name) ws.product_names.remove({actor.instance, old->name});
  ws.product_keys.put(product.key, product.id);
  ws.product_names.put({actor.instance, product.name}, product.id);
  ws.products.put(product.id, product);
  return result;
}

}  // namespace rollcall::engine
