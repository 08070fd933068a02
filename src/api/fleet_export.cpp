#include "api/fleet_export.hpp"

#include "api/render_job.hpp"
#include "base/json.hpp"

namespace rollcall::api {
namespace {

// A line in the making: {"<kind>":{...
class Line {
 public:
  explicit Line(std::string_view kind) {
    text_ = "{";
    append_json_string(text_, kind);
    text_ += ":{";
  }
  Line& raw(std::string_view name, std::string_view value) {
    if (text_.back() != '{') text_ += ',';
    append_json_string(text_, name);
    text_ += ':';
    text_ += value;
    return *this;
  }
  Line& text(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    std::string quoted;
    append_json_string(quoted, value);
    return raw(name, quoted);
  }
  Line& number(std::string_view name, int64_t value) { return raw(name, std::to_string(value)); }
  Line& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  std::string end() && { return std::move(text_) + "}}"; }

 private:
  std::string text_;
};

std::string topics_text(const std::vector<ProductTopic>& topics) {
  std::string out = "[";
  for (const ProductTopic& topic : topics) {
    if (out.back() != '[') out += ',';
    out += R"({"Name":)";
    append_json_string(out, topic.name);
    out += R"(,"Operation":)" + std::to_string(static_cast<int>(topic.operation));
    if (!topic.description.empty()) {
      out += R"(,"Description":)";
      append_json_string(out, topic.description);
    }
    out += '}';
  }
  return out + "]";
}

}  // namespace

std::string product_line(const engine::ExportedProduct& exported) {
  const Product& product = exported.product;
  Line line("product");
  line.text("ProductKey", product.key)
      .text("ProductSecret", product.secret.reveal())
      .text("ProductName", product.name)
      .number("NodeType", product.node_type)
      .number("DataFormat", product.data_format)
      .text("AliyunCommodityCode", product.has_thing_model ? "iothub_senior" : "iothub")
      .number("NetType", product.net_type)
      .text("AuthType", product.auth_type)
      .text("ProtocolType", product.protocol_type)
      .text("CategoryKey", product.category_key)
      .number("ValidateType", product.validate_type);
  if (product.id2) line.flag("Id2", true);
  if (product.dynamic_registration != DynamicRegistration::Off)
    line.text("DynamicRegistration", dynamic_registration_text(product.dynamic_registration));
  line.flag("Released", product.status == ProductStatus::Released)
      .text("Description", product.description)
      .text("Tsl", exported.tsl)
      .text("DraftTsl", exported.draft_tsl)
      .raw("Topics", topics_text(exported.topics));
  return std::move(line).end();
}

std::string group_line(const engine::ExportedGroup& exported) {
  Line line("group");
  line.text("GroupId", exported.group.code)
      .text("GroupName", exported.group.name)
      .text("GroupDesc", exported.group.description)
      .text("SuperGroupId", exported.parent_code);
  return std::move(line).end();
}

std::string device_line(const engine::ExportedDevice& exported, std::string_view product_key,
                        const IdCodec& codec) {
  const Device& device = exported.device;
  Line line("device");
  line.text("ProductKey", product_key)
      .text("DeviceName", device.name)
      .text("DeviceSecret", device.secret.reveal())
      .text("IotId", iot_id_of(codec, device.id, device.foreign_iot_id))
      .text("Nickname", device.nickname)
      .text("Serial", device.serial);
  if (!device.enabled) line.flag("Enabled", false);
  if (!exported.tags.empty()) {
    std::string tags = "{";
    for (const DeviceTag& tag : exported.tags) {
      if (tags.back() != '{') tags += ',';
      append_json_string(tags, tag.name);
      tags += ':';
      append_json_string(tags, tag.value);
    }
    line.raw("Tags", tags + "}");
  }
  if (!exported.groups.empty()) {
    std::string groups = "[";
    for (const std::string& code : exported.groups) {
      if (groups.back() != '[') groups += ',';
      append_json_string(groups, code);
    }
    line.raw("Groups", groups + "]");
  }
  return std::move(line).end();
}

}  // namespace rollcall::api
