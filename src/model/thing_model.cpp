#include "model/thing_model.hpp"

#include <boost/json/serialize.hpp>
#include <map>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/tsl_types.hpp"

namespace rollcall {
namespace {

constexpr size_t kFeaturesMax = 300;    // per module (cloud-api C.4)
constexpr size_t kParametersMax = 100;  // inputs, and outputs, of a service or event

struct Property {
  bool writable = false;
  std::shared_ptr<const tsl::Type> type;
};
struct Service {
  CallType call_type = CallType::Async;
  std::map<std::string, std::shared_ptr<const tsl::Type>, std::less<>> inputs;
};

const boost::json::object* object_at(const boost::json::value& value) { return value.if_object(); }

Result<std::string> text_at(const boost::json::object& object, std::string_view key,
                            const std::string& path) {
  const boost::json::value* value = object.if_contains(key);
  const boost::json::string* text = value != nullptr ? value->if_string() : nullptr;
  if (text == nullptr) return fail(tsl::bad_model(path + "." + std::string(key), "is missing or no text"));
  return std::string(text->data(), text->size());
}

// The list under `key`; absent counts as empty.
Result<const boost::json::array*> list_at(const boost::json::object& object, std::string_view key,
                                          const std::string& path) {
  static const boost::json::array kEmpty;
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return &kEmpty;
  const boost::json::array* list = value->if_array();
  if (list == nullptr) return fail(tsl::bad_model(path + std::string(key), "is no list"));
  if (list->size() > kFeaturesMax)
    return fail(tsl::bad_model(path + std::string(key), "has at most 300 entries"));
  return list;
}

std::string indexed(std::string_view list, size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

}  // namespace

struct ThingModel::Impl {
  std::map<std::string, Property, std::less<>> properties;
  std::map<std::string, Service, std::less<>> services;
  std::string module;  // "x:" when the document is that of a custom module

  Status read_properties(const boost::json::object& document);
  Status read_services(const boost::json::object& document);
  Status read_service(const boost::json::object& object, const std::string& path);
  Status read_events(const boost::json::object& document);
};

Status ThingModel::Impl::read_properties(const boost::json::object& document) {
  ROLLCALL_TRY(const boost::json::array* list, list_at(document, "properties", ""));
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string path = indexed("properties", i);
    const boost::json::object* object = object_at((*list)[i]);
    if (object == nullptr) return fail(tsl::bad_model(path, "is no object"));
    ROLLCALL_TRY(std::string identifier, text_at(*object, "identifier", path));
    ROLLCALL_TRY_STATUS(tsl::check_identifier(identifier, path + ".identifier"));
    ROLLCALL_TRY(std::string access, text_at(*object, "accessMode", path));
    if (access != "r" && access != "rw" && access != "w")
      return fail(tsl::bad_model(path + ".accessMode", "is r, rw or w"));
    const boost::json::value* data_type = object->if_contains("dataType");
    if (data_type == nullptr) return fail(tsl::bad_model(path + ".dataType", "is missing"));
    Property property;
    property.writable = access != "r";
    ROLLCALL_TRY(property.type, tsl::read_type(*data_type, path + ".dataType", 0));
    if (!properties.emplace(module + identifier, std::move(property)).second)
      return fail(tsl::bad_model(path + ".identifier", "is used twice"));
  }
  return {};
}

Status ThingModel::Impl::read_service(const boost::json::object& object, const std::string& path) {
  ROLLCALL_TRY(std::string identifier, text_at(object, "identifier", path));
  ROLLCALL_TRY_STATUS(tsl::check_identifier(identifier, path + ".identifier"));
  Service service;
  if (const boost::json::value* call_type = object.if_contains("callType")) {
    if (*call_type == "sync")
      service.call_type = CallType::Sync;
    else if (*call_type != "async")
      return fail(tsl::bad_model(path + ".callType", "is sync or async"));
  }
  ROLLCALL_TRY(const boost::json::array* inputs, list_at(object, "inputData", path + "."));
  if (identifier != "set" && identifier != "get" && inputs->size() > kParametersMax)
    return fail(tsl::bad_model(path + ".inputData", "has at most 100 entries"));
  for (size_t i = 0; i < inputs->size(); ++i) {
    const std::string at = path + "." + indexed("inputData", i);
    if ((*inputs)[i].is_string()) continue;  // `get` lists identifiers (cloud-api C.5)
    const boost::json::object* input = object_at((*inputs)[i]);
    if (input == nullptr) return fail(tsl::bad_model(at, "is no object"));
    ROLLCALL_TRY(std::string name, text_at(*input, "identifier", at));
    ROLLCALL_TRY_STATUS(tsl::check_identifier(name, at + ".identifier"));
    const boost::json::value* data_type = input->if_contains("dataType");
    if (data_type == nullptr) return fail(tsl::bad_model(at + ".dataType", "is missing"));
    ROLLCALL_TRY(auto type, tsl::read_type(*data_type, at + ".dataType", 0));
    if (!service.inputs.emplace(std::move(name), std::move(type)).second)
      return fail(tsl::bad_model(at + ".identifier", "is used twice"));
  }
  if (!services.emplace(module + identifier, std::move(service)).second)
    return fail(tsl::bad_model(path + ".identifier", "is used twice"));
  return {};
}

Status ThingModel::Impl::read_services(const boost::json::object& document) {
  ROLLCALL_TRY(const boost::json::array* list, list_at(document, "services", ""));
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string path = indexed("services", i);
    const boost::json::object* object = object_at((*list)[i]);
    if (object == nullptr) return fail(tsl::bad_model(path, "is no object"));
    ROLLCALL_TRY_STATUS(read_service(*object, path));
  }
  return {};
}

Status ThingModel::Impl::read_events(const boost::json::object& document) {
  ROLLCALL_TRY(const boost::json::array* list, list_at(document, "events", ""));
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string path = indexed("events", i);
    const boost::json::object* object = object_at((*list)[i]);
    if (object == nullptr) return fail(tsl::bad_model(path, "is no object"));
    ROLLCALL_TRY(std::string identifier, text_at(*object, "identifier", path));
    ROLLCALL_TRY_STATUS(tsl::check_identifier(identifier, path + ".identifier"));
  }
  return {};
}

ThingModel::ThingModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ThingModel::~ThingModel() = default;

Result<std::shared_ptr<const ThingModel>> ThingModel::parse(std::string_view tsl_text) {
  if (tsl_text.size() > limits::kTslBytesMax)
    return fail(ErrorCode::InvalidThingModel, "the thing model has more than 512 KB");
  auto document = parse_json(tsl_text);
  if (!document) return fail(ErrorCode::InvalidThingModel, document.error().message);
  const boost::json::object* object = document->if_object();
  if (object == nullptr) return fail(ErrorCode::InvalidThingModel, "the thing model is no JSON object");
  auto impl = std::make_unique<Impl>();
  if (const boost::json::value* module = object->if_contains("functionBlockId");
      module != nullptr && module->is_string()) {
    const std::string id(module->get_string().data(), module->get_string().size());
    if (!id.empty() && id != "default") impl->module = id + ":";
  }
  ROLLCALL_TRY_STATUS(impl->read_properties(*object));
  ROLLCALL_TRY_STATUS(impl->read_services(*object));
  ROLLCALL_TRY_STATUS(impl->read_events(*object));
  return std::shared_ptr<const ThingModel>(new ThingModel(std::move(impl)));
}

Result<std::string> ThingModel::check_properties(std::string_view params) const {
  std::string out = "{";
  for (const auto& [key, raw] : json_members(params)) {
    const std::string path = "params." + excerpt(key);
    auto it = impl_->properties.find(key);
    if (it == impl_->properties.end())
      return fail(tsl::bad_value(path, "is no property of the thing model", raw));
    if (!it->second.writable) return fail(tsl::bad_value(path, "is read-only and cannot be set", raw));
    if (out.size() > 1) out.push_back(',');
    append_json_string(out, key);
    out.push_back(':');
    ROLLCALL_TRY_STATUS(tsl::check_value(*it->second.type, raw, path, out));
  }
  out.push_back('}');
  return out;
}

Result<ThingModel::ServiceCall> ThingModel::check_service(std::string_view identifier,
                                                          std::string_view params) const {
  auto it = impl_->services.find(identifier);
  if (it == impl_->services.end())
    return fail(ErrorCode::InvalidFormattedParameter,
                "serviceIdentifier: " + excerpt(identifier) + " is no service of the thing model");
  ServiceCall call{"{", it->second.call_type};
  for (const auto& [key, raw] : json_members(params)) {
    const std::string path = "params." + excerpt(key);
    auto input = it->second.inputs.find(key);
    if (input == it->second.inputs.end())
      return fail(tsl::bad_value(path, "is no input of the service", raw));
    if (call.params.size() > 1) call.params.push_back(',');
    append_json_string(call.params, key);
    call.params.push_back(':');
    ROLLCALL_TRY_STATUS(tsl::check_value(*input->second, raw, path, call.params));
  }
  call.params.push_back('}');
  return call;
}

// --- documents

namespace {

bool has_identifier(const boost::json::array& list, std::string_view identifier) {
  for (const boost::json::value& entry : list)
    if (const auto* object = entry.if_object())
      if (const auto* value = object->if_contains("identifier");
          value != nullptr && value->is_string() && value->get_string() == identifier)
        return true;
  return false;
}

boost::json::array& list_of(boost::json::object& document, std::string_view key) {
  boost::json::value& value = document[key];
  if (!value.is_array()) value = boost::json::array();
  return value.get_array();
}

// A property as the parameter of a service or event.
boost::json::object as_parameter(const boost::json::object& property) {
  boost::json::object out;
  for (const char* key : {"identifier", "name", "dataType"})
    if (const auto* value = property.if_contains(key)) out[key] = *value;
  return out;
}

boost::json::object feature(std::string_view identifier, std::string_view method) {
  return {{"identifier", identifier}, {"name", identifier}, {"required", true}, {"method", method}};
}

// The platform's own services `set` and `get` and event `post` (cloud-api C.5).
void add_platform_features(boost::json::object& document) {
  boost::json::array writable, all, names;
  for (const boost::json::value& entry : list_of(document, "properties")) {
    const auto* property = entry.if_object();
    if (property == nullptr) continue;
    all.push_back(as_parameter(*property));
    if (const auto* identifier = property->if_contains("identifier")) names.push_back(*identifier);
    if (const auto* access = property->if_contains("accessMode"); access != nullptr && *access != "r")
      writable.push_back(as_parameter(*property));
  }
  boost::json::array& services = list_of(document, "services");
  if (!has_identifier(services, "set")) {
    boost::json::object set = feature("set", "thing.service.property.set");
    set["callType"] = "async";
    set["inputData"] = writable;
    set["outputData"] = boost::json::array();
    services.push_back(std::move(set));
  }
  if (!has_identifier(services, "get")) {
    boost::json::object get = feature("get", "thing.service.property.get");
    get["callType"] = "async";
    get["inputData"] = names;
    get["outputData"] = all;
    services.push_back(std::move(get));
  }
  boost::json::array& events = list_of(document, "events");
  if (!has_identifier(events, "post")) {
    boost::json::object post = feature("post", "thing.event.property.post");
    post["type"] = "info";
    post["outputData"] = all;
    events.push_back(std::move(post));
  }
}

void drop_descriptions(boost::json::value& value) {
  if (auto* array = value.if_array()) {
    for (boost::json::value& entry : *array) drop_descriptions(entry);
  } else if (auto* object = value.if_object()) {
    object->erase("name");
    object->erase("desc");
    object->erase("description");
    for (auto& entry : *object) drop_descriptions(entry.value());
  }
}

Result<boost::json::value> read_document(std::string_view tsl_text) {
  if (tsl_text.size() > limits::kTslBytesMax)
    return fail(ErrorCode::InvalidThingModel, "the thing model has more than 512 KB");
  auto document = parse_json(tsl_text);
  if (!document) return fail(ErrorCode::InvalidThingModel, document.error().message);
  if (!document->is_object()) return fail(ErrorCode::InvalidThingModel, "the thing model is no JSON object");
  return document;
}

}  // namespace

std::string empty_tsl(std::string_view product_key) {
  boost::json::object document;
  document["profile"] = {{"productKey", product_key}};
  document["properties"] = boost::json::array();
  document["events"] = boost::json::array();
  document["services"] = boost::json::array();
  return boost::json::serialize(document);
}

Result<std::string> complete_tsl(std::string_view tsl_text, std::string_view product_key) {
  ROLLCALL_TRY_STATUS(ThingModel::parse(tsl_text).map([](auto&&) {}));
  ROLLCALL_TRY(boost::json::value document, read_document(tsl_text));
  boost::json::object& object = document.get_object();
  boost::json::value& profile = object["profile"];
  if (!profile.is_object()) profile = boost::json::object();
  profile.get_object()["productKey"] = product_key;
  list_of(object, "properties");
  add_platform_features(object);
  return boost::json::serialize(document);
}

Result<std::string> simple_tsl(std::string_view tsl_text) {
  ROLLCALL_TRY(boost::json::value document, read_document(tsl_text));
  for (const char* key : {"properties", "events", "services"})
    if (auto* list = document.get_object().if_contains(key)) drop_descriptions(*list);
  return boost::json::serialize(document);
}

}  // namespace rollcall
