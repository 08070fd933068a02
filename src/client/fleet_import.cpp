#include "client/fleet_import.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace rollcall::client {
namespace {

using Kind = FleetRow::Kind;

struct KindName {
  const char* list;   // in Entries
  const char* tally;  // in the answer
};
// By kind; Members are sent as groups.
constexpr KindName kNames[] = {
    {"accounts", "Accounts"}, {"instances", "Instances"}, {"aliases", "Aliases"}, {"users", "Users"},
    {"keys", "Keys"},         {"products", "Products"},   {"groups", "Groups"},   {"devices", "Devices"},
    {"tasks", "Tasks"},       {"groups", "Groups"},
};

constexpr size_t index_of(Kind kind) { return static_cast<size_t>(kind); }
constexpr bool is_access(Kind kind) { return kind <= Kind::Key; }

std::string text_at(std::string_view object, std::string_view name) {
  const auto raw = json_member(object, name);
  return raw ? json_unquote(*raw).value_or("") : std::string();
}

// In no name is a LF.
std::string device_identity(std::string_view product_key, std::string_view device_name) {
  return "device\n" + std::string(product_key) + "\n" + std::string(device_name);
}

std::string short_digest(const std::string& text) { return digest(HashKind::Sha256, text).substr(0, 16); }

// "devices[3].Nickname ..." as list, index and the rest.
struct Place {
  std::string_view list;
  size_t index = 0;
  std::string_view rest;
};

std::optional<Place> split_place(std::string_view text) {
  const size_t open = text.find('[');
  const size_t close = text.find(']');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  const auto index = parse_int(text.substr(open + 1, close - open - 1));
  if (!index || *index < 0) return std::nullopt;
  return Place{text.substr(0, open), static_cast<size_t>(*index), text.substr(close + 1)};
}

}  // namespace

int64_t ImportReport::refused() const {
  return std::accumulate(tallies.begin(), tallies.end(), int64_t{0},
                         [](int64_t sum, const Tally& tally) { return sum + tally.refused; });
}

int64_t ImportReport::rows() const {
  return std::accumulate(tallies.begin(), tallies.end(), int64_t{0}, [](int64_t sum, const Tally& tally) {
    return sum + tally.added + tally.same + tally.changed + tally.refused;
  });
}

Status FleetImport::run(FleetReader& reader) {
  FleetRow row;
  for (;;) {
    ROLLCALL_TRY(const bool any, reader.next(row));
    if (!any) break;
    if (++rows_ > kFleetRowsMax)
      return fail(ErrorCode::InvalidFormattedParameter,
                  row.place + ": a file has at most " + std::to_string(kFleetRowsMax) + " rows; split it");
    ROLLCALL_TRY_STATUS(take(row));
  }
  ROLLCALL_TRY_STATUS(send_access());
  return send_fleet();
}

Status FleetImport::take(FleetRow& row) {
  if (row.fault.empty() && mode_ == Mode::Check) ROLLCALL_TRY_STATUS(check(row));
  if (!row.fault.empty()) {
    if (mode_ == Mode::Write) return fail(ErrorCode::InvalidFormattedParameter, row.place + ": " + row.fault);
    refuse(row.kind, row.place, row.fault);
    return {};
  }
  if (row.json.empty()) return {};
  const bool members = row.kind == Kind::Members;
  if (is_access(row.kind) || members) ROLLCALL_TRY_STATUS(send_fleet());  // it names what is there by then
  if (!is_access(row.kind)) ROLLCALL_TRY_STATUS(send_access());
  List& list = lists_[index_of(row.kind)];
  if (!list.entries.empty()) list.entries += ',';
  list.entries += row.json;
  bytes_ += row.json.size();
  list.places.push_back(std::move(row.place));
  if (list.places.size() < kChunkDevices && bytes_ < kChunkBytes && !members) return {};
  return is_access(row.kind) ? send_access() : send_fleet();
}

// What can be said of a row by itself, and beside those before it: the server sees one chunk at a time.
Status FleetImport::check(FleetRow& row) {
  const std::string_view json = row.json;
  if (row.kind == Kind::Product) {
    const std::string key = text_at(json, "ProductKey");
    check_identity(row, "product\n" + key, "ProductKey " + excerpt(key));
    products_.insert(key);
  } else if (row.kind == Kind::Group) {
    const std::string id = text_at(json, "GroupId");
    check_identity(row, "group\n" + id, "GroupId " + excerpt(id));
    note_known(text_at(json, "SuperGroupId"), groups_, known_groups_);
    groups_.insert(id);
  } else if (row.kind == Kind::Device) {
    const std::string key = text_at(json, "ProductKey");
    const std::string name = text_at(json, "DeviceName");
    const std::string iot_id = text_at(json, "IotId");
    check_identity(row, device_identity(key, name), "device " + excerpt(key) + "/" + excerpt(name));
    if (!iot_id.empty()) check_identity(row, "iot\n" + iot_id, "IotId " + excerpt(iot_id));
    note_known(key, products_, known_products_);
    if (const auto groups = json_member(json, "Groups"))
      for (const std::string_view group : json_elements(*groups))
        note_known(json_unquote(group).value_or(""), groups_, known_groups_);
  } else if (row.kind == Kind::Task) {
    const std::string id = text_at(json, "ForeignTaskId");
    check_identity(row, "task\n" + id, "ForeignTaskId " + excerpt(id));
  } else if (row.kind == Kind::Members) {
    keep_unknown_members(row);
    note_known(text_at(json, "GroupId"), groups_, known_groups_);
  }
  return {};
}

void FleetImport::check_identity(FleetRow& row, const std::string& what, const std::string& text) {
  if (!row.fault.empty() || seen_.insert(short_digest(what)).second) return;
  row.refuse(text + " is in the file twice");
}

// Of devices that come with the file the server knows nothing yet.
void FleetImport::keep_unknown_members(FleetRow& row) {
  std::string kept;
  const auto devices = json_member(row.json, "Devices");
  for (const std::string_view device : json_elements(devices.value_or(""))) {
    const auto name = device_identity(text_at(device, "ProductKey"), text_at(device, "DeviceName"));
    if (device.starts_with('{') && seen_.count(short_digest(name)) != 0) continue;
    if (!kept.empty()) kept += ',';
    kept += device;
  }
  const auto id = json_member(row.json, "GroupId");
  row.json = kept.empty() || !id ? std::string()
                                 : R"({"GroupId":)" + std::string(*id) + R"(,"Devices":[)" + kept + "]}";
}

void FleetImport::note_known(std::string_view key, std::unordered_set<std::string>& all, std::string& out) {
  const std::string text(key);
  if (all.count(text) == 0 || !named_.insert((&all == &products_ ? "p" : "g") + text).second) return;
  if (!out.empty()) out += ',';
  append_json_string(out, text);
}

void FleetImport::refuse(Kind kind, const std::string& place, const std::string& why) {
  ++report_.tallies[index_of(kind == Kind::Members ? Kind::Group : kind)].refused;
  if (report_.refusals.size() < kRefusalsShown)
    report_.refusals.push_back(place + (why.starts_with(", ") ? why : ": " + why));
}

Status FleetImport::send_access() {
  std::string entries = "{";
  for (size_t kind = 0; kind <= index_of(Kind::Key); ++kind) {
    if (lists_[kind].entries.empty()) continue;
    if (entries.size() > 1) entries += ',';
    entries += '"' + std::string(kNames[kind].list) + "\":[" + lists_[kind].entries + "]";
  }
  if (entries.size() == 1) return {};
  return send("ImportAccess", entries + "}",
              {Kind::Account, Kind::Instance, Kind::Alias, Kind::User, Kind::Key});
}

Status FleetImport::send_fleet() {
  const List& members = lists_[index_of(Kind::Members)];
  std::string entries = "{";
  for (const Kind kind : {Kind::Product, Kind::Group, Kind::Device, Kind::Task, Kind::Members}) {
    const List& list = lists_[index_of(kind)];
    if (list.entries.empty()) continue;
    if (entries.size() > 1) entries += ',';
    entries += '"' + std::string(kNames[index_of(kind)].list) + "\":[" + list.entries + "]";
  }
  if (entries.size() == 1) return {};
  if (mode_ == Mode::Check)
    entries += R"(,"knownProducts":[)" + known_products_ + R"(],"knownGroups":[)" + known_groups_ + "]";
  known_products_.clear();
  known_groups_.clear();
  named_.clear();
  if (!members.entries.empty()) return send("ImportFleet", entries + "}", {Kind::Members});
  return send("ImportFleet", entries + "}", {Kind::Product, Kind::Group, Kind::Device, Kind::Task});
}

Status FleetImport::send(const char* action, std::string entries, std::initializer_list<Kind> kinds) {
  NameValues parameters{{"Entries", std::move(entries)}};
  if (mode_ == Mode::Check) parameters.emplace_back("DryRun", "true");
  if (!instance_.empty()) parameters.emplace_back("IotInstanceId", instance_);
  const auto answer = api_.require(action, parameters);
  // Of the row that a text begins with, its place in the file; and what follows.
  const auto translate = [&](std::string_view text) -> std::optional<std::pair<Kind, std::string>> {
    const auto place = split_place(text);
    if (!place) return std::nullopt;
    for (const Kind kind : kinds) {
      const auto& places = lists_[index_of(kind)].places;
      if (place->list != kNames[index_of(kind)].list || place->index >= places.size()) continue;
      return std::pair(kind, places[place->index]);
    }
    return std::nullopt;
  };
  if (!answer) {
    std::string why = public_message(answer.error());
    for (const Kind kind : kinds) {  // "... devices[3].Nickname ..." in the midst of it
      const size_t at = why.find(std::string(kNames[index_of(kind)].list) + "[");
      const auto row = at == std::string::npos ? std::nullopt : translate(std::string_view(why).substr(at));
      if (row) return fail(answer.error().code, row->second + ": " + why);
    }
    return fail(answer.error().code, std::move(why));
  }
  for (const Kind kind : kinds) {
    if (kind != Kind::Members) {
      const std::string path = std::string("Data.") + kNames[index_of(kind)].tally + ".";
      ImportReport::Tally& tally = report_.tallies[index_of(kind)];
      tally.added += answer->number(path + "Added");
      tally.same += answer->number(path + "Same");
      tally.changed += answer->number(path + "Changed");
      tally.refused += answer->number(path + "Refused");
    } else {
      report_.tallies[index_of(Kind::Group)].refused += answer->number("Data.Groups.Refused");
    }
  }
  for (const std::string_view refusal : json_elements(answer->raw("Data.Refusals.Refusal"))) {
    if (report_.refusals.size() >= kRefusalsShown) break;
    const std::string place = text_at(refusal, "Place");
    const auto row = translate(place);
    std::string why = text_at(refusal, "Why");
    if (why.starts_with(place)) why = why.substr(place.size() + 1);  // "devices[3].Nickname must be ..."
    report_.refusals.push_back((row ? row->second : place) + ": " + why);
  }
  for (const Kind kind : kinds) lists_[index_of(kind)] = List();
  bytes_ = 0;
  return {};
}

}  // namespace rollcall::client
