// SaveDeviceProp, QueryDeviceProp, DeleteDeviceProp, QueryDeviceByTags: the tags of devices. Several tags in
// one question mean all of them (the vendor's page does not say).
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/reading.hpp"
#include "api/render_listing.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

constexpr int64_t kTaggedPageMax = 50;

// Props: {"color":"red"}. A number or a truth value is taken as its text.
Result<std::vector<DeviceTag>> read_props(std::string_view text) {
  if (text.size() > limits::kTagBytesPerCallMax)
    return fail(ErrorCode::InvalidFormattedParameter,
                fmt::format("Props has at most {} bytes.", limits::kTagBytesPerCallMax));
  ROLLCALL_TRY(const auto tree, parse_json(text));
  if (!tree.is_object()) return refuse("Props", "a JSON object", text);
  std::vector<DeviceTag> tags;
  for (const auto& [name, raw] : json_members(text)) {
    const bool nested = raw.empty() || raw.front() == '{' || raw.front() == '[' || raw == "null";
    if (nested) return refuse("Props." + name, "a text", raw);
    const auto unquoted = json_unquote(raw);
    DeviceTag tag{name, unquoted ? *unquoted : std::string(raw)};
    ROLLCALL_TRY_STATUS(named("Props", check_tag(tag)));
    tags.push_back(std::move(tag));
  }
  if (tags.empty()) return refuse("Props", "an object with at least one tag", text);
  if (tags.size() > limits::kTagsPerDeviceMax)
    return fail(ErrorCode::TooManyTags, fmt::format("Props has at most {} tags.", limits::kTagsPerDeviceMax));
  return tags;
}

void save_device_prop(const ActionContext& context, Call& call, Answer answer) {
  auto device = read_device_ref(call.parameters);
  if (!device) return refuse_call(answer, std::move(device.error()));
  auto tags = read_props(text_of(call.parameters, "Props"));
  if (!tags) return refuse_call(answer, std::move(tags.error()));
  send_plain_command(context, call, engine::SaveTags{std::move(*device), std::move(*tags)}, answer);
}

void delete_device_prop(const ActionContext& context, Call& call, Answer answer) {
  auto device = read_device_ref(call.parameters);
  if (!device) return refuse_call(answer, std::move(device.error()));
  send_plain_command(context, call,
                     engine::DeleteTag{std::move(*device), std::string(text_of(call.parameters, "PropKey"))},
                     answer);
}

Result<Device> find_device(engine::Queries& queries, InstanceId instance, const engine::DeviceRef& device,
                           const IdCodec& codec) {
  if (device.iot_id.empty()) return queries.device(instance, device.product_key, device.device_name);
  if (const auto id = codec.device_id(device.iot_id)) return queries.device_by_id(instance, *id);
  return queries.device_by_foreign_iot_id(instance, device.iot_id);
}

void query_device_prop(const ActionContext& context, Call& call, Answer answer) {
  auto device = read_device_ref(call.parameters);
  if (!device) return refuse_call(answer, std::move(device.error()));
  run_query(context, call, answer,
            [instance = call.actor.instance, device = std::move(*device),
             key = context.codec_key](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const Device found, find_device(queries, instance, device, IdCodec(key)));
              ROLLCALL_TRY(const auto tags, queries.device_tags(found));
              return render_tags(tags);
            });
}

Result<std::vector<DeviceTag>> read_tags(const Parameters& parameters) {
  std::vector<DeviceTag> tags;
  for (const auto& object : parameters.objects("Tag")) {
    DeviceTag tag{std::string(field_of(object, "TagKey")), std::string(field_of(object, "TagValue"))};
    if (tag.name.empty())
      return fail(ErrorCode::InvalidFormattedParameter,
                  fmt::format("Tag.{} must have a TagKey.", tags.size() + 1));
    tags.push_back(std::move(tag));
  }
  if (tags.empty() || tags.size() > limits::kTagsPerQueryMax)
    return fail(ErrorCode::InvalidFormattedParameter,
                fmt::format("Tag.N must be given 1 to {} times.", limits::kTagsPerQueryMax));
  return tags;
}

void query_device_by_tags(const ActionContext& context, Call& call, Answer answer) {
  auto tags = read_tags(call.parameters);
  if (!tags) return refuse_call(answer, std::move(tags.error()));
  const auto page = read_page(call.parameters, kTaggedPageMax);
  if (!page) return refuse_call(answer, page.error());
  run_query(context, call, answer,
            [instance = call.actor.instance, tags = std::move(*tags), page = *page,
             key = context.codec_key](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto list,
                           queries.devices_by_tags(instance, tags, page.page, page.page_size));
              return render_simple_devices(list, page, IdCodec(key));
            });
}

// --- the rows

constexpr ParameterSpec kSaveDeviceProp[] = {
    {.name = "IotId", .rule = "instead of ProductKey and DeviceName; wins over them"},
    {.name = "ProductKey", .rule = "with DeviceName, unless IotId is given"},
    {.name = "DeviceName", .rule = "with ProductKey, unless IotId is given"},
    {.name = "Props",
     .required = true,
     .kind = Json,
     .rule = "a JSON object of at most 5120 bytes with 1 to 100 tags: keys of 1 to 32 letters, digits and . "
             "_ - # @ % & *, values of 1 to 128 characters (a Chinese one counts two)"},
};
constexpr ParameterSpec kQueryDeviceProp[] = {
    {.name = "IotId", .rule = "instead of ProductKey and DeviceName; wins over them"},
    {.name = "ProductKey", .rule = "with DeviceName, unless IotId is given"},
    {.name = "DeviceName", .rule = "with ProductKey, unless IotId is given"},
};
constexpr ParameterSpec kDeleteDeviceProp[] = {
    {.name = "IotId", .rule = "instead of ProductKey and DeviceName; wins over them"},
    {.name = "ProductKey", .rule = "with DeviceName, unless IotId is given"},
    {.name = "DeviceName", .rule = "with ProductKey, unless IotId is given"},
    {.name = "PropKey",
     .required = true,
     .rule = "the key of a tag; one that the device does not have is no error"},
};
constexpr ParameterSpec kQueryDeviceByTags[] = {
    {.name = "Tag",
     .kind = Objects,
     .rule = "1 to 10 of Tag.N.TagKey and Tag.N.TagValue; a device must have all of them"},
    {.name = "PageSize", .kind = Integer, .ill_formed = kPageError, .rule = "1 to 50; default 10"},
    {.name = "CurrentPage", .kind = Integer, .ill_formed = kPageError, .rule = "from 1; default 1"},
};

constexpr ActionRow kRows[] = {
    {"DeleteDeviceProp", 50, kVendor, delete_device_prop, kDeleteDeviceProp},
    {"QueryDeviceByTags", 5, kVendor, query_device_by_tags, kQueryDeviceByTags},
    {"QueryDeviceProp", 50, kVendor, query_device_prop, kQueryDeviceProp},
    {"SaveDeviceProp", 50, kVendor, save_device_prop, kSaveDeviceProp},
};

}  // namespace

std::span<const ActionRow> tag_actions() noexcept { return kRows; }

}  // namespace rollcall::api
