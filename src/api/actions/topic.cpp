// CreateProductTopic, QueryProductTopic, UpdateProductTopic, DeleteProductTopic: the topic classes of a
// product. A TopicShortName is what stands behind /{ProductKey}/{DeviceName}/user/; QueryProductTopic shows
// it whole.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/fleet_entries.hpp"
#include "api/reading.hpp"
#include "api/render_listing.hpp"
#include "base/text.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

Result<ProductTopic> read_topic(const Parameters& parameters) {
  ProductTopic topic;
  const std::string_view operation = text_of(parameters, "Operation");
  if (operation == "PUB")
    topic.operation = TopicOperation::Publish;
  else if (operation == "SUB")
    topic.operation = TopicOperation::Subscribe;
  else if (operation == "ALL")
    topic.operation = TopicOperation::Both;
  else
    return refuse("Operation", "PUB, SUB or ALL", operation);
  const std::string_view name = text_of(parameters, "TopicShortName");
  ROLLCALL_TRY_STATUS(check_topic_name(name, topic.operation));
  topic.name = "user/" + std::string(name);
  topic.description = std::string(text_of(parameters, "Desc"));
  ROLLCALL_TRY_STATUS(named("Desc", check_description(topic.description)));
  return topic;
}

// TopicId is a text in two of the actions; one that is no number names nothing.
Result<TopicId> read_topic_id(const Parameters& parameters) {
  const std::string_view text = text_of(parameters, "TopicId");
  if (const auto number = parse_int(text); number && *number > 0) return TopicId{*number};
  return fail(ErrorCode::NotExistedTopic, fmt::format("The topic class {} does not exist.", excerpt(text)));
}

void create_product_topic(const ActionContext& context, Call& call, Answer answer) {
  std::string key(text_of(call.parameters, "ProductKey"));
  if (auto status = check_product_key(key); !status) return refuse_call(answer, std::move(status.error()));
  auto topic = read_topic(call.parameters);
  if (!topic) return refuse_call(answer, std::move(topic.error()));
  send_command<engine::TopicMade>(context, call, engine::CreateTopic{std::move(key), std::move(*topic)},
                                  answer, [](const engine::TopicMade& made) {
                                    Node fields;
                                    fields.add("TopicId", made.topic.value);
                                    return fields;
                                  });
}

void query_product_topic(const ActionContext& context, Call& call, Answer answer) {
  std::string key(text_of(call.parameters, "ProductKey"));
  if (auto status = check_product_key(key); !status) return refuse_call(answer, std::move(status.error()));
  run_query(context, call, answer,
            [instance = call.actor.instance, key = std::move(key)](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto list, queries.product_topics(instance, key));
              return render_topics(list);
            });
}

void update_product_topic(const ActionContext& context, Call& call, Answer answer) {
  const auto id = read_topic_id(call.parameters);
  if (!id) return refuse_call(answer, id.error());
  auto topic = read_topic(call.parameters);
  if (!topic) return refuse_call(answer, std::move(topic.error()));
  topic->id = *id;
  send_plain_command(context, call, engine::UpdateTopic{std::move(*topic)}, answer);
}

void delete_product_topic(const ActionContext& context, Call& call, Answer answer) {
  const auto id = read_topic_id(call.parameters);
  if (!id) return refuse_call(answer, id.error());
  send_plain_command(context, call, engine::DeleteTopic{*id}, answer);
}

// --- the rows

constexpr ParameterSpec kCreateProductTopic[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "TopicShortName",
     .required = true,
     .rule = "what stands behind /user/: levels of letters, digits and _; at most 128 bytes; + and # only if "
             "Operation is SUB"},
    {.name = "Operation", .required = true, .rule = "PUB, SUB or ALL, as the device sees it"},
    {.name = "Desc", .rule = "at most 100 characters"},
};
constexpr ParameterSpec kQueryProductTopic[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
};
constexpr ParameterSpec kUpdateProductTopic[] = {
    {.name = "TopicId", .required = true, .rule = "of a topic class of the instance"},
    {.name = "TopicShortName",
     .required = true,
     .rule = "what stands behind /user/: levels of letters, digits and _; at most 128 bytes; + and # only if "
             "Operation is SUB"},
    {.name = "Operation", .required = true, .rule = "PUB, SUB or ALL, as the device sees it"},
    {.name = "Desc", .rule = "at most 100 characters"},
};
constexpr ParameterSpec kDeleteProductTopic[] = {
    {.name = "TopicId", .required = true, .rule = "of a topic class of the instance"},
};

constexpr ActionRow kRows[] = {
    {"CreateProductTopic", 1, kVendor, create_product_topic, kCreateProductTopic},
    {"DeleteProductTopic", 10, kVendor, delete_product_topic, kDeleteProductTopic},
    {"QueryProductTopic", 3, kVendor, query_product_topic, kQueryProductTopic},
    {"UpdateProductTopic", 50, kVendor, update_product_topic, kUpdateProductTopic},
};

}  // namespace

std::span<const ActionRow> topic_actions() noexcept { return kRows; }

}  // namespace rollcall::api
