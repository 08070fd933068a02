// The properties of a device with what it last said of them (cloud-api C.7, QueryDevicePropertyStatus).

#include "base/json.hpp"
#include "engine/queries.hpp"
#include "store/store.hpp"

namespace rollcall::engine {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

const json::object* object_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value ? value->if_object() : nullptr;
}

const json::array* list_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value ? value->if_array() : nullptr;
}

std::string module_of(const json::object& block) {
  std::string module = text_of(block, "functionBlockId");
  return module == "default" ? std::string() : module;
}

// The block of a TSL that is this module; nullptr when there is none.
const json::object* block_of(const json::object& tsl, std::string_view module) {
  if (module_of(tsl) == module) return &tsl;
  const json::array* blocks = list_of(tsl, "functionBlocks");
  if (!blocks) return nullptr;
  for (const json::value& value : *blocks) {
    const json::object* block = value.if_object();
    if (block && module_of(*block) == module) return block;
  }
  return nullptr;
}

}  // namespace

Result<std::vector<PropertyStatus>> Queries::property_status(const Device& device, std::string_view module) {
  const ProductId products[] = {device.product};
  ROLLCALL_TRY(auto product, reader_.products(products));
  if (product.empty()) return fail(ErrorCode::NotExistedProduct);
  if (!product.front().has_thing_model) return fail(ErrorCode::NotSeniorProduct);
  std::vector<PropertyStatus> result;
  ROLLCALL_TRY(auto model, reader_.latest_thing_model(device.product));
  if (!model) return result;
  ROLLCALL_TRY(const json::value tsl, parse_json(model->tsl));
  const json::object* block = tsl.is_object() ? block_of(tsl.get_object(), module) : nullptr;
  const json::array* properties = block ? list_of(*block, "properties") : nullptr;
  if (!properties) return result;
  const DeviceId ids[] = {device.id};
  ROLLCALL_TRY(auto rows, reader_.last_values(ids));
  const LastValueMap values = rows.empty() ? LastValueMap() : read_last_values(rows.front().reported);
  for (const json::value& value : *properties) {
    const json::object* property = value.if_object();
    if (!property) continue;
    PropertyStatus& status = result.emplace_back();
    status.identifier = text_of(*property, "identifier");
    status.name = text_of(*property, "name");
    if (const json::object* type = object_of(*property, "dataType")) {
      status.data_type = text_of(*type, "type");
      if (const json::object* specs = object_of(*type, "specs")) status.unit = text_of(*specs, "unit");
    }
    const std::string key =
        module.empty() ? status.identifier : std::string(module) + ":" + status.identifier;
    if (const auto last = values.find(key); last != values.end()) status.last = last->second;
  }
  return result;
}

}  // namespace rollcall::engine
