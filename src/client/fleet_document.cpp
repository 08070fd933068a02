#include "client/fleet_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"

namespace rollcall::client {
namespace {

using Kind = FleetRow::Kind;

tl::unexpected<Error> bad(const std::string& place, const std::string& why) {
  return fail(ErrorCode::InvalidFormattedParameter, place + ": " + why);
}

class Document final : public FleetReader {
 public:
  explicit Document(std::string text) : text_(std::move(text)) {}

  Status open() {
    if (!utf8_length(text_)) return bad("the file", "is not valid UTF-8");
    if (auto parsed = check_json(text_); !parsed)
      return bad("the file is not valid JSON", public_message(parsed.error()));
    for (const auto& [name, value] : json_members(text_)) {
      const std::optional<Kind> kind = name == "products"  ? std::optional(Kind::Product)
                                       : name == "groups"  ? std::optional(Kind::Group)
                                       : name == "devices" ? std::optional(Kind::Device)
                                                           : std::nullopt;
      if (!kind) return bad(excerpt(name), "is not known; known are products, groups and devices");
      if (!value.starts_with('[') && value != "null") return bad(name, "must be a JSON list");
      List& list = lists_[*kind == Kind::Product ? 0 : *kind == Kind::Group ? 1 : 2];
      list = {*kind, name, json_elements(value)};
      if (*kind == Kind::Group) lists_[3] = {Kind::Members, name, list.elements};
    }
    return {};
  }

  Result<bool> next(FleetRow& row) override {
    for (; list_ < lists_.size(); ++list_, at_ = 0) {
      const List& list = lists_[list_];
      for (; at_ < list.elements.size(); ++at_, member_ = 0) {
        const std::string_view raw = list.elements[at_];
        row = FleetRow();
        row.kind = list.kind;
        row.place = fmt::format("{}[{}]", list.name, at_);
        if (list.kind == Kind::Members) {
          if (!members(row, raw)) continue;
          return true;
        }
        if (!raw.starts_with('{'))
          row.refuse("must be a JSON object");
        else if (list.kind == Kind::Group)
          row.json = without_devices(raw);
        else
          row.json = raw;
        ++at_;
        return true;
      }
    }
    return false;
  }

 private:
  struct List {
    Kind kind{};
    std::string name;
    std::vector<std::string_view> elements;
  };

  static std::string without_devices(std::string_view raw) {
    std::string out = "{";
    for (const auto& [name, value] : json_members(raw)) {
      if (name == "Devices") continue;
      if (out.size() > 1) out += ',';
      append_json_string(out, name);
      out.append(":").append(value);
    }
    return out + "}";
  }

  // The next part of a group's Devices; false when there is none.
  bool members(FleetRow& row, std::string_view raw) {
    if (!raw.starts_with('{')) return false;
    const auto id = json_member(raw, "GroupId");
    const auto devices = json_member(raw, "Devices");
    if (!id || !devices || *devices == "null") return false;
    const auto elements = json_elements(*devices);
    if (!devices->starts_with('[')) {
      ++at_;
      row.refuse("Devices must be a JSON list");
      return true;
    }
    if (member_ >= elements.size()) return false;
    row.json = R"({"GroupId":)" + std::string(*id) + R"(,"Devices":[)";
    const size_t end = std::min(elements.size(), member_ + kMembersOfARow);
    for (size_t i = member_; i < end; ++i) {
      if (i > member_) row.json += ',';
      row.json += elements[i];
    }
    row.json += "]}";
    member_ = end;
    return true;
  }

  const std::string text_;
  std::array<List, 4> lists_;  // products, groups, devices, members
  size_t list_ = 0;
  size_t at_ = 0;
  size_t member_ = 0;
};

}  // namespace

Result<std::unique_ptr<FleetReader>> read_fleet_document(std::string text) {
  auto document = std::make_unique<Document>(std::move(text));
  ROLLCALL_TRY_STATUS(document->open());
  return std::unique_ptr<FleetReader>(std::move(document));
}

}  // namespace rollcall::client
