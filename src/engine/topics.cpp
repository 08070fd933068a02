// Decisions about the topic classes of products (CreateProductTopic, UpdateProductTopic, DeleteProductTopic).
#include <algorithm>

#include "engine/fleet.hpp"

namespace rollcall::engine {
namespace {

// The topic class if it is one of the actor's products; NotExistedTopic otherwise.
Result<ProductTopic*> own_topic(WorkingSet& ws, InstanceId instance, TopicId id) {
  ProductTopic* topic = ws.topics.find(id);
  const Product* product = topic ? ws.products.find(topic->product) : nullptr;
  if (!product || product->instance != instance)
    return fail(ErrorCode::NotExistedTopic,
                "the topic class " + std::to_string(id.value) + " does not exist");
  return topic;
}

Status check_free(const std::vector<ProductTopic>& topics, const ProductTopic& wanted) {
  for (const ProductTopic& topic : topics)
    if (topic.name == wanted.name && topic.id != wanted.id)
      return fail(ErrorCode::AlreadyExistedTopic,
                  "the product has the topic class " + wanted.name + " already");
  return {};
}

std::vector<ProductTopic>& topics_of(WorkingSet& ws, ProductId product) {
  if (!ws.product_topics.find(product)) ws.product_topics.put(product, {});
  return *ws.product_topics.find(product);
}

}  // namespace

// As the vendor's console shows them for a new product.
Status add_default_topics(State& state, Decision& decision, ProductId product) {
  constexpr std::pair<const char*, TopicOperation> kDefaults[] = {
      {"user/get", TopicOperation::Subscribe},
      {"user/update", TopicOperation::Publish},
      {"user/update/error", TopicOperation::Publish},
  };
  for (const auto& [name, operation] : kDefaults) {
    ProductTopic topic;
    ROLLCALL_TRY(topic.id.value, state.ids.next("topic"));
    topic.product = product;
    topic.name = name;
    topic.operation = operation;
    decision.changes.new_topics.push_back(std::move(topic));
  }
  return {};
}

Result<Outcome> create_topic(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const CreateTopic& command) {
  ROLLCALL_TRY(const Product* product, own_product(ws, actor.instance, command.product_key));
  std::vector<ProductTopic>& topics = topics_of(ws, product->id);
  ProductTopic topic = command.topic;
  topic.id = {};
  topic.product = product->id;
  ROLLCALL_TRY_STATUS(check_free(topics, topic));
  if (topics.size() >= limits::kTopicsPerProductMax)
    return fail(ErrorCode::TopicCountExceedMax,
                "a product has at most " + std::to_string(limits::kTopicsPerProductMax) + " topic classes");
  ROLLCALL_TRY(topic.id.value, state.ids.next("topic"));
  topics.push_back(topic);
  ws.topics.put(topic.id, topic);
  decision.changes.new_topics.push_back(topic);
  return Outcome(TopicMade{topic.id});
}

bool gather_topic(WorkingSet& ws, TopicId id) {
  if (!ws.topics.need(id)) return false;
  const ProductTopic* topic = ws.topics.find(id);
  return !topic || both(ws.products.need(topic->product), ws.product_topics.need(topic->product));
}

Result<Outcome> update_topic(State&, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const UpdateTopic& command) {
  ROLLCALL_TRY(ProductTopic * topic, own_topic(ws, actor.instance, command.topic.id));
  ProductTopic changed = command.topic;
  changed.product = topic->product;
  std::vector<ProductTopic>& topics = topics_of(ws, topic->product);
  ROLLCALL_TRY_STATUS(check_free(topics, changed));
  for (ProductTopic& one : topics)
    if (one.id == changed.id) one = changed;
  *topic = changed;
  decision.changes.topics.push_back({std::move(changed), false});
  return Outcome(Done{});
}

Result<Outcome> delete_topic(State&, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const DeleteTopic& command) {
  ROLLCALL_TRY(const ProductTopic* topic, own_topic(ws, actor.instance, command.topic));
  const ProductTopic gone = *topic;
  std::erase_if(topics_of(ws, gone.product), [&](const ProductTopic& one) { return one.id == gone.id; });
  ws.topics.remove(gone.id);
  decision.changes.topics.push_back({gone, true});
  return Outcome(Done{});
}

}  // namespace rollcall::engine
