// The fields of QueryDevicePropertyStatus (cloud-api C.7).
#include "api/render_fleet.hpp"
#include "base/json.hpp"

namespace rollcall::api {

// Value and Time are texts, and absent for a property that was never reported.
Node render_property_status(const std::vector<engine::PropertyStatus>& properties) {
  std::vector<Node> items;
  for (const engine::PropertyStatus& property : properties) {
    Node& item = items.emplace_back();
    item.add("Identifier", property.identifier);
    item.add("Name", property.name);
    item.add("DataType", property.data_type);
    item.add("Unit", property.unit);
    if (!property.last) continue;
    item.add("Value", json_unquote(property.last->json).value_or(property.last->json));
    item.add("Time", std::to_string(property.last->at.value));
  }
  Node data;
  data.add_list("List", "PropertyStatusInfo", std::move(items));
  Node fields;
  fields.add("Data", std::move(data));
  return fields;
}

}  // namespace rollcall::api
