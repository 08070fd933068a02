// CreateProduct, UpdateProduct, DeleteProduct, ReleaseProduct, CancelReleaseProduct, QueryProduct,
// QueryProductList (cloud-api C.1). PublishAuto is taken and changes nothing: a new thing model is empty, and
// an empty one is not published.
#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/fleet_entries.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"
#include "base/text.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

constexpr int64_t kProductPageMax = 200;  // cloud-api C.1

Result<int32_t> read_choice(const Parameters& parameters, std::string_view name, int32_t fallback,
                            int32_t first, int32_t last) {
  const int64_t value = integer_of(parameters, name).value_or(fallback);
  if (value >= first && value <= last) return static_cast<int32_t>(value);
  return refuse(name, std::to_string(first) + " or " + std::to_string(last), text_of(parameters, name));
}

// "" = absent. Error InvalidAliyunCommodityCode.
Result<std::string_view> read_commodity(const Parameters& parameters) {
  const std::string_view code = text_of(parameters, "AliyunCommodityCode");
  if (code.empty() || code == "iothub_senior" || code == "iothub") return code;
  return fail(ErrorCode::InvalidAliyunCommodityCode);
}

// Devices log in with their secrets only; a product that asks for more would never see one of its devices.
Status check_auth(const Parameters& parameters) {
  const std::string_view type = text_of(parameters, "AuthType");
  if (!type.empty() && type != "secret") return refuse("AuthType", "secret", type);
  if (boolean_of(parameters, "Id2", false)) return refuse("Id2", "false", text_of(parameters, "Id2"));
  return {};
}

Result<std::optional<DynamicRegistration>> read_registration(const Parameters& parameters) {
  const std::string_view text = text_of(parameters, "DynamicRegistration");
  if (text.empty()) return std::nullopt;
  const auto registration = parse_dynamic_registration(text);
  if (!registration) return refuse("DynamicRegistration", "OFF, PREREGISTERED or ANYONE", text);
  return registration;
}

Result<engine::CreateProduct> read_product(const Parameters& parameters) {
  engine::CreateProduct command;
  Product& product = command.product;
  product.name = std::string(text_of(parameters, "ProductName"));
  ROLLCALL_TRY_STATUS(check_product_name(product.name));
  const int64_t node_type = integer_of(parameters, "NodeType").value_or(-1);
  if (node_type != 0 && node_type != 1) return fail(ErrorCode::InvalidNodeType);
  product.node_type = static_cast<int32_t>(node_type);
  ROLLCALL_TRY(product.data_format, read_choice(parameters, "DataFormat", 1, 0, 1));
  ROLLCALL_TRY(product.validate_type, read_choice(parameters, "ValidateType", 1, 1, 2));
  ROLLCALL_TRY(const std::string_view commodity, read_commodity(parameters));
  product.has_thing_model = commodity == "iothub_senior";
  ROLLCALL_TRY_STATUS(check_auth(parameters));
  const std::string_view net_type = text_of(parameters, "NetType");
  if (!net_type.empty()) {
    const auto number = parse_net_type(net_type);
    if (!number) return refuse("NetType", "WIFI, CELLULAR, ETHERNET, LORA or OTHER", net_type);
    product.net_type = *number;
  }
  ROLLCALL_TRY(const auto registration, read_registration(parameters));
  product.dynamic_registration = registration.value_or(DynamicRegistration::Off);
  product.description = std::string(text_of(parameters, "Description"));
  if (!check_description(product.description)) return fail(ErrorCode::LongProductDesc);
  product.protocol_type = std::string(text_of(parameters, "ProtocolType"));
  product.category_key = std::string(text_of(parameters, "CategoryKey"));
  for (const std::string* text : {&product.protocol_type, &product.category_key})
    if (text->size() > 64) return refuse("ProtocolType and CategoryKey", "at most 64 bytes long", *text);
  return command;
}

void create_product(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_product(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_command<engine::ProductMade>(
      context, call, std::move(*command), answer,
      [](const engine::ProductMade& made) { return render_product_made(made.product); });
}

void query_product(const ActionContext& context, Call& call, Answer answer) {
  std::string key(text_of(call.parameters, "ProductKey"));
  if (auto status = check_product_key(key); !status) return refuse_call(answer, std::move(status.error()));
  run_query(context, call, answer,
            [instance = call.actor.instance, key = std::move(key)](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const Product product, queries.product(instance, key));
              return render_product(product);
            });
}

void query_product_list(const ActionContext& context, Call& call, Answer answer) {
  const auto page = read_page(call.parameters, kProductPageMax);
  if (!page) return refuse_call(answer, page.error());
  const auto commodity = read_commodity(call.parameters);
  if (!commodity) return refuse_call(answer, commodity.error());
  std::optional<bool> has_thing_model;
  if (!commodity->empty()) has_thing_model = *commodity == "iothub_senior";
  run_query(context, call, answer,
            [instance = call.actor.instance, has_thing_model,
             page = *page](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto list,
                           queries.list_products(instance, has_thing_model, page.page, page.page_size));
              return render_product_list(list, page.page, page.page_size);
            });
}

Result<engine::UpdateProduct> read_update(const Parameters& parameters) {
  engine::UpdateProduct command;
  command.product_key = std::string(text_of(parameters, "ProductKey"));
  ROLLCALL_TRY_STATUS(check_product_key(command.product_key));
  command.name = std::string(text_of(parameters, "ProductName"));
  ROLLCALL_TRY_STATUS(check_product_name(command.name));
  ROLLCALL_TRY(command.dynamic_registration, read_registration(parameters));
  if (const auto description = parameters.get("Description")) {
    command.description = std::string(*description);
    if (!check_description(*command.description)) return fail(ErrorCode::LongProductDesc);
  }
  return command;
}

void update_product(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_update(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_plain_command(context, call, std::move(*command), answer);
}

// For commands that begin with the ProductKey and go on with `more`.
template <class Command, class... More>
void send_keyed(const ActionContext& context, Call& call, const Answer& answer, More... more) {
  std::string key(text_of(call.parameters, "ProductKey"));
  if (auto status = check_product_key(key); !status) return refuse_call(answer, std::move(status.error()));
  send_plain_command(context, call, Command{std::move(key), more...}, answer);
}

void delete_product(const ActionContext& context, Call& call, Answer answer) {
  send_keyed<engine::DeleteProduct>(context, call, answer);
}

void release_product(const ActionContext& context, Call& call, Answer answer) {
  send_keyed<engine::SetProductReleased>(context, call, answer, true);
}

void cancel_release_product(const ActionContext& context, Call& call, Answer answer) {
  send_keyed<engine::SetProductReleased>(context, call, answer, false);
}

// --- the rows

constexpr ParameterSpec kCreateProduct[] = {
    {.name = "ProductName",
     .required = true,
     .rule = "4 to 30 characters (a Chinese one counts two): Chinese, letters, digits and _; no other of the "
             "instance"},
    {.name = "NodeType",
     .required = true,
     .kind = Integer,
     .ill_formed = ErrorCode::InvalidNodeType,
     .rule = "0 device, 1 gateway"},
    {.name = "DataFormat", .kind = Integer, .rule = "0 custom, 1 Alink JSON; default 1"},
    {.name = "AliyunCommodityCode", .rule = "iothub_senior (with a thing model) or iothub, also when absent"},
    {.name = "Description", .rule = "at most 100 characters"},
    {.name = "ProtocolType", .rule = "at most 64 bytes"},
    {.name = "NetType", .rule = "LORA, WIFI, CELLULAR, ETHERNET or OTHER; default WIFI"},
    {.name = "AuthType", .rule = "secret, also when absent"},
    {.name = "Id2", .kind = Boolean, .rule = "false, also when absent"},
    {.name = "CategoryKey", .rule = "at most 64 bytes"},
    {.name = "PublishAuto", .kind = Boolean, .rule = "has no effect: an empty model is not published"},
    {.name = "ValidateType", .kind = Integer, .rule = "1 weak, 2 none; default 1"},
    {.name = "JoinPermissionId", .rule = "any text; has no effect"},
    {.name = "ResourceGroupId", .rule = "any text; has no effect"},
    {.name = "DynamicRegistration",
     .rule =
         "extension: OFF, PREREGISTERED (its devices fetch their secret until they have been connected) or "
         "ANYONE (devices that are not registered, too); default OFF"},
};
constexpr ParameterSpec kProductKeyOnly[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
};
constexpr ParameterSpec kQueryProductList[] = {
    {.name = "PageSize", .required = true, .kind = Integer, .ill_formed = kPageError, .rule = "1 to 200"},
    {.name = "CurrentPage", .required = true, .kind = Integer, .ill_formed = kPageError, .rule = "from 1"},
    {.name = "AliyunCommodityCode", .rule = "iothub_senior or iothub; both when absent"},
};

constexpr ParameterSpec kUpdateProduct[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "ProductName",
     .required = true,
     .rule = "4 to 30 characters (a Chinese one counts two): Chinese, letters, digits and _; no other of the "
             "instance"},
    {.name = "Description", .rule = "at most 100 characters; kept when absent, taken away when empty"},
    {.name = "DynamicRegistration", .rule = "extension: OFF, PREREGISTERED or ANYONE; kept when absent"},
};

constexpr ActionRow kRows[] = {
    {"CancelReleaseProduct", 10, kVendor, cancel_release_product, kProductKeyOnly},
    {"CreateProduct", 50, kVendor, create_product, kCreateProduct},
    {"DeleteProduct", 500, kVendor, delete_product, kProductKeyOnly},
    {"QueryProduct", 50, kVendor, query_product, kProductKeyOnly},
    {"QueryProductList", 50, kVendor, query_product_list, kQueryProductList},
    {"ReleaseProduct", 10, kVendor, release_product, kProductKeyOnly},
    {"UpdateProduct", 10, kVendor, update_product, kUpdateProduct},
};

}  // namespace

std::span<const ActionRow> product_actions() noexcept { return kRows; }

}  // namespace rollcall::api
