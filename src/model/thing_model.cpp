#include "model/thing_model.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <unordered_map>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/data_type.hpp"

namespace rollcall {
namespace {

namespace json = boost::json;

struct Property {
  DataType type;
  bool writable = false;
};

struct Service {
  std::vector<Field> input;
  CallType call_type = CallType::Async;
};

Error bad_model(const std::string& path, std::string_view rule) {
  return Error(ErrorCode::InvalidThingModel, path + ": " + std::string(rule));
}

Error bad_value(const std::string& path, std::string_view rule) {
  return Error(ErrorCode::InvalidFormattedParameter, path + ": " + std::string(rule));
}

// The text of a member; "" when absent. Another type than text is an error.
Result<std::string> read_text(const json::object& object, std::string_view key, const std::string& path) {
  const json::value* value = object.if_contains(key);
  if (!value || value->is_null()) return std::string();
  if (!value->is_string()) return fail(bad_model(path + "." + std::string(key), "must be a text"));
  return std::string(value->get_string());
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> choices) {
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

// The platform's own features: generated, and known by their names (cloud-api C.5). Their lists may be longer
// than the limits.
bool is_own_service(std::string_view identifier) { return identifier == "set" || identifier == "get"; }
bool is_own_event(std::string_view identifier) { return identifier == "post"; }

constexpr const char* kFeatures[] = {"properties", "services", "events"};

}  // namespace

struct ThingModel::Impl {
  std::unordered_map<std::string, Property> properties;  // by "identifier" or "module:identifier"
  std::unordered_map<std::string, Service> services;

  Status read_block(const json::object& block, const std::string& path, const std::string& module);
  Status read_feature(size_t kind, const json::object& feature, const std::string& path,
                      const std::string& key);
  Status read_property(const json::object& feature, const std::string& path, const std::string& key);
  Status read_service(const json::object& feature, const std::string& path, const std::string& key);
  Status read_event(const json::object& feature, const std::string& path, const std::string& key);
  Status count(const std::vector<Field>& parameters, const std::string& path);

  std::unordered_map<std::string, bool> events;  // reading only: names in use
  size_t parameters_seen = 0;                    // reading only: of the module being read
};

namespace {

// The module of a block, checked; "" for the default module, which may be called that as well.
Result<std::string> read_module(const json::object& block, const std::string& path, bool required) {
  const std::string here = path + "functionBlockId";
  const json::value* value = block.if_contains("functionBlockId");
  if (!value || value->is_null()) {
    if (required) return fail(bad_model(here, "is missing"));
    return std::string();
  }
  const json::string* text = value->if_string();
  if (!text || text->empty() || text->size() > limits::kModuleIdCharactersMax ||
      !is_letters_digits(*text, "_"))
    return fail(bad_model(here, "is 1 to " + std::to_string(limits::kModuleIdCharactersMax) +
                                    " letters, digits and _, not " + excerpt(json::serialize(*value))));
  return *text == "default" ? std::string() : std::string(*text);
}

// The list of a feature's parameters; absent is empty.
Result<std::vector<Field>> read_parameters(const json::object& feature, std::string_view key,
                                           const std::string& path) {
  const json::value* list = feature.if_contains(key);
  if (!list || list->is_null()) return std::vector<Field>();
  return read_fields(*list, path + "." + std::string(key), limits::kFeatureParametersMax);
}

}  // namespace

Status ThingModel::Impl::count(const std::vector<Field>& parameters, const std::string& path) {
  parameters_seen += parameters.size();
  if (parameters_seen > limits::kModelParametersMax)
    return fail(bad_model(path, "services and events have at most " +
                                    std::to_string(limits::kModelParametersMax) + " parameters together"));
  return {};
}

Status ThingModel::Impl::read_property(const json::object& feature, const std::string& path,
                                       const std::string& key) {
  ROLLCALL_TRY(const std::string access, read_text(feature, "accessMode", path));
  if (!is_one_of(access, {"r", "rw", "w"}))
    return fail(bad_model(path + ".accessMode", "must be r, rw or w, not \"" + excerpt(access) + "\""));
  const json::value* type = feature.if_contains("dataType");
  if (!type) return fail(bad_model(path + ".dataType", "is missing"));
  Property property;
  property.writable = access != "r";
  ROLLCALL_TRY(property.type, read_data_type(*type, path + ".dataType"));
  if (!properties.emplace(key, std::move(property)).second)
    return fail(bad_model(path + ".identifier", "\"" + key + "\" is used already"));
  return {};
}

Status ThingModel::Impl::read_service(const json::object& feature, const std::string& path,
                                      const std::string& key) {
  ROLLCALL_TRY(const std::string call, read_text(feature, "callType", path));
  if (!is_one_of(call, {"", "async", "sync"}))
    return fail(bad_model(path + ".callType", "must be async or sync, not \"" + excerpt(call) + "\""));
  Service service;
  service.call_type = call == "sync" ? CallType::Sync : CallType::Async;
  const std::string_view name = std::string_view(key).substr(key.find(':') + 1);
  if (!is_own_service(name)) {
    ROLLCALL_TRY(service.input, read_parameters(feature, "inputData", path));
    ROLLCALL_TRY_STATUS(count(service.input, path + ".inputData"));
    ROLLCALL_TRY(const std::vector<Field> output, read_parameters(feature, "outputData", path));
    ROLLCALL_TRY_STATUS(count(output, path + ".outputData"));
  }
  if (!services.emplace(key, std::move(service)).second)
    return fail(bad_model(path + ".identifier", "\"" + key + "\" is used already"));
  return {};
}

Status ThingModel::Impl::read_event(const json::object& feature, const std::string& path,
                                    const std::string& key) {
  ROLLCALL_TRY(const std::string type, read_text(feature, "type", path));
  if (!is_one_of(type, {"info", "alert", "error"}))
    return fail(bad_model(path + ".type", "must be info, alert or error, not \"" + excerpt(type) + "\""));
  if (!is_own_event(std::string_view(key).substr(key.find(':') + 1))) {
    ROLLCALL_TRY(const std::vector<Field> output, read_parameters(feature, "outputData", path));
    ROLLCALL_TRY_STATUS(count(output, path + ".outputData"));
  }
  if (!events.emplace(key, true).second)
    return fail(bad_model(path + ".identifier", "\"" + key + "\" is used already"));
  return {};
}

Status ThingModel::Impl::read_feature(size_t kind, const json::object& feature, const std::string& path,
                                      const std::string& key) {
  if (kind == 0) return read_property(feature, path, key);
  return kind == 1 ? read_service(feature, path, key) : read_event(feature, path, key);
}

// One module: its properties, services and events.
Status ThingModel::Impl::read_block(const json::object& block, const std::string& path,
                                    const std::string& module) {
  parameters_seen = 0;
  size_t features = 0;
  for (size_t kind = 0; kind < std::size(kFeatures); ++kind) {
    const std::string list_path = path + kFeatures[kind];
    const json::value* value = block.if_contains(kFeatures[kind]);
    if (!value || value->is_null()) continue;
    const json::array* list = value->if_array();
    if (!list) return fail(bad_model(list_path, "must be a list"));
    for (size_t i = 0; i < list->size(); ++i) {
      const std::string here = list_path + "[" + std::to_string(i) + "]";
      const json::object* feature = (*list)[i].if_object();
      if (!feature) return fail(bad_model(here, "must be an object"));
      const json::value* given = feature->if_contains("identifier");
      if (!given) return fail(bad_model(here + ".identifier", "is missing"));
      ROLLCALL_TRY(const std::string identifier, read_identifier(*given, here + ".identifier"));
      const bool own = (kind == 1 && is_own_service(identifier)) || (kind == 2 && is_own_event(identifier));
      if (!own && ++features > limits::kModuleFeaturesMax)
        return fail(bad_model(
            here, "a module has at most " + std::to_string(limits::kModuleFeaturesMax) + " features"));
      ROLLCALL_TRY_STATUS(
          read_feature(kind, *feature, here, module.empty() ? identifier : module + ":" + identifier));
    }
  }
  return {};
}

ThingModel::ThingModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ThingModel::~ThingModel() = default;

Result<std::shared_ptr<const ThingModel>> ThingModel::parse(std::string_view tsl) {
  if (tsl.size() > limits::kTslCompletedBytesMax)
    return fail(
        bad_model("the document", "has at most " + std::to_string(limits::kTslCompletedBytesMax) + " bytes"));
  auto document = parse_json(tsl);
  if (!document) return fail(bad_model("the document", document.error().message));
  const json::object* root = document->if_object();
  if (!root) return fail(bad_model("the document", "must be an object"));
  if (const json::value* profile = root->if_contains("profile");
      profile && !profile->is_null() && !profile->is_object())
    return fail(bad_model("profile", "must be an object"));
  auto impl = std::make_unique<Impl>();
  ROLLCALL_TRY(const std::string module, read_module(*root, "", false));
  ROLLCALL_TRY_STATUS(impl->read_block(*root, "", module));
  if (const json::value* value = root->if_contains("functionBlocks"); value && !value->is_null()) {
    const json::array* blocks = value->if_array();
    if (!blocks || blocks->size() > limits::kModulesMax)
      return fail(bad_model("functionBlocks",
                            "must be a list of at most " + std::to_string(limits::kModulesMax) + " modules"));
    for (size_t i = 0; i < blocks->size(); ++i) {
      const std::string path = "functionBlocks[" + std::to_string(i) + "].";
      const json::object* block = (*blocks)[i].if_object();
      if (!block) return fail(bad_model("functionBlocks[" + std::to_string(i) + "]", "must be an object"));
      ROLLCALL_TRY(const std::string id, read_module(*block, path, true));
      ROLLCALL_TRY_STATUS(impl->read_block(*block, path, id));
    }
  }
  return std::shared_ptr<const ThingModel>(new ThingModel(std::move(impl)));
}

Result<std::string> ThingModel::check_properties(std::string_view params) const {
  auto document = parse_json(params);
  if (!document) return fail(bad_value("params", document.error().message));
  if (!document->is_object()) return fail(bad_value("params", "must be an object"));
  const auto members = json_members(params);
  if (members.empty()) return fail(bad_value("params", "must set at least one property"));
  std::string out = "{";
  for (const auto& [key, raw] : members) {
    const std::string path = "params." + excerpt(key);
    const auto property = impl_->properties.find(key);
    if (property == impl_->properties.end())
      return fail(bad_value(path, "is not a property of the thing model"));
    if (!property->second.writable) return fail(bad_value(path, "is read-only"));
    if (out.size() > 1) out += ',';
    append_json_string(out, key);
    out += ':';
    ROLLCALL_TRY_STATUS(append_value(property->second.type, raw, path, out));
  }
  out += '}';
  return out;
}

Result<ThingModel::ServiceCall> ThingModel::check_service(std::string_view identifier,
                                                          std::string_view params) const {
  const std::string key(identifier);
  const auto service = impl_->services.find(key);
  if (service == impl_->services.end())
    return fail(
        bad_value("serviceIdentifier", "the thing model has no service \"" + excerpt(identifier) + "\""));
  if (is_own_service(identifier.substr(identifier.find(':') + 1)))
    return fail(bad_value("serviceIdentifier",
                          "\"" + key + "\" is the platform's own: set properties with SET_PROPERTY"));
  auto document = parse_json(params);
  if (!document) return fail(bad_value("params", document.error().message));
  ServiceCall call;
  call.call_type = service->second.call_type;
  ROLLCALL_TRY_STATUS(append_fields(service->second.input, trim(params), "params", call.params));
  return call;
}

}  // namespace rollcall
