#include "client/fleet_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "client/csv.hpp"
#include "client/fleet_document.hpp"

namespace rollcall::client {
namespace {

using Kind = FleetRow::Kind;

constexpr std::pair<std::string_view, Kind> kKinds[] = {
    {"account", Kind::Account}, {"instance", Kind::Instance}, {"alias", Kind::Alias},
    {"user", Kind::User},       {"key", Kind::Key},           {"product", Kind::Product},
    {"group", Kind::Group},     {"device", Kind::Device},     {"task", Kind::Task},
    {"members", Kind::Members},
};

tl::unexpected<Error> bad(const std::string& place, const std::string& why) {
  return fail(ErrorCode::InvalidFormattedParameter, place + ": " + why);
}

std::optional<Kind> parse_kind(std::string_view text) {
  for (const auto& [name, kind] : kKinds)
    if (name == text) return kind;
  return std::nullopt;
}

// Lines of a stream, one ahead.
class Lines {
 public:
  explicit Lines(std::istream& in) : in_(in) {}
  // False at the end. The line is without its LF; `number()` is its number from 1.
  Result<bool> next(std::string& line) {
    line.clear();
    if (!first_.empty()) {
      line = std::move(first_);
      first_.clear();
      return true;
    }
    std::getline(in_, line);
    if (in_.bad()) return bad(place(), "cannot be read");
    if (in_.eof() && line.empty()) return false;
    ++number_;
    if (line.size() > kFleetLineBytesMax)
      return bad(place(), fmt::format("is longer than {} bytes", kFleetLineBytesMax));
    return true;
  }
  void put_back(std::string line) { first_ = std::move(line); }
  size_t number() const { return number_; }
  std::string place() const { return fmt::format("line {}", number_); }
  std::istream& stream() { return in_; }

 private:
  std::istream& in_;
  std::string first_;
  size_t number_ = 0;
};

// --- JSON Lines

// The kind and the entry of a line that is one of these.
std::optional<std::pair<Kind, std::string_view>> split_line(std::string_view line) {
  if (!line.starts_with('{') || !check_json(line)) return std::nullopt;
  const auto members = json_members(line);
  if (members.size() != 1) return std::nullopt;
  const auto kind = parse_kind(members[0].first);
  if (!kind || !members[0].second.starts_with('{')) return std::nullopt;
  return std::pair(*kind, members[0].second);
}

class JsonLines final : public FleetReader {
 public:
  explicit JsonLines(Lines lines) : lines_(std::move(lines)) {}
  Result<bool> next(FleetRow& row) override {
    for (;;) {
      ROLLCALL_TRY(const bool any, lines_.next(line_));
      if (!any) return false;
      const std::string_view text = trim(line_);
      if (text.empty()) continue;
      row = FleetRow();
      row.place = lines_.place();
      row.kind = Kind::Device;
      if (const auto parts = split_line(text)) {
        row.kind = parts->first;
        row.json = parts->second;
      } else {
        row.refuse(R"(must be a JSON object with one member, such as {"device":{...}})");
      }
      return true;
    }
  }

 private:
  Lines lines_;
  std::string line_;
};

// --- CSV

enum Column : size_t {
  kProductKey,
  kDeviceName,
  kDeviceSecret,
  kIotId,
  kNickname,
  kSerial,
  kGroupId,
  kGroupName,
  kColumns
};
constexpr std::array<std::string_view, kColumns> kColumnNames = {
    "ProductKey", "DeviceName", "DeviceSecret", "IotId", "Nickname", "Serial", "GroupId", "GroupName"};

using ColumnPlaces = std::array<std::optional<size_t>, kColumns>;

Result<ColumnPlaces> read_header(const std::vector<std::string>& header) {
  ColumnPlaces places;
  for (size_t i = 0; i < header.size(); ++i) {
    const std::string name(trim(header[i]));
    const auto known = std::find_if(kColumnNames.begin(), kColumnNames.end(),
                                    [&](std::string_view column) { return ascii_iequal(column, name); });
    if (known == kColumnNames.end())
      return bad("line 1", fmt::format("column {} is not known; known are {}", excerpt(name),
                                       fmt::join(kColumnNames, ", ")));
    auto& place = places[static_cast<size_t>(known - kColumnNames.begin())];
    if (place) return bad("line 1", "column " + name + " is there twice");
    place = i;
  }
  for (size_t column = kProductKey; column <= kDeviceSecret; ++column)
    if (!places[column]) return bad("line 1", "column " + std::string(kColumnNames[column]) + " is missing");
  return places;
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, value);
}

class CsvRows final : public FleetReader {
 public:
  explicit CsvRows(Lines lines) : lines_(std::move(lines)) {}

  Status open() {
    ROLLCALL_TRY(const bool any, read());
    if (!any || !fault_.empty()) return bad("line 1", fault_.empty() ? "the header is missing" : fault_);
    columns_ = record_.size();
    ROLLCALL_TRY(places_, read_header(record_));
    return {};
  }

  Result<bool> next(FleetRow& row) override {
    if (device_) {  // behind the group it is the first one of
      row = std::move(*device_);
      device_.reset();
      return true;
    }
    for (;;) {
      ROLLCALL_TRY(const bool any, read());
      if (!any) return false;
      if (!fault_.empty() || record_.size() != 1 || !trim(record_[0]).empty()) break;  // not an empty line
    }
    row = FleetRow();
    row.kind = Kind::Device;
    row.place = fmt::format("line {}", first_line_);
    if (!fault_.empty())
      row.refuse(fault_);
    else if (record_.size() != columns_)
      row.refuse(fmt::format("{} fields, but the header has {}", record_.size(), columns_));
    else
      make(row);
    return true;
  }

 private:
  // The next record into record_, or what is wrong with it into fault_.
  Result<bool> read() {
    fault_.clear();
    ROLLCALL_TRY(const bool any, lines_.next(line_));
    if (!any) return false;
    first_line_ = lines_.number();
    std::string more;
    while (!csv_record_ends(line_)) {
      ROLLCALL_TRY(const bool goes_on, lines_.next(more));
      if (!goes_on) return bad(fmt::format("line {}", first_line_), "a quote that does not end");
      line_.append("\n").append(more);
      if (line_.size() > kFleetLineBytesMax)
        return bad(fmt::format("line {}", first_line_), "a quote that does not end in time");
    }
    if (!utf8_length(line_)) {
      fault_ = "is not valid UTF-8";
      return true;
    }
    if (line_.ends_with('\r')) line_.pop_back();
    std::string_view text = line_;
    size_t line = first_line_;
    auto record = read_csv_record(text, line);
    if (record)
      record_ = std::move(*record);
    else
      fault_ = "text behind a closing quote";
    return true;
  }

  std::string field(Column column) const {
    return places_[column] ? std::string(trim(record_[*places_[column]])) : std::string();
  }

  // A group comes before the first device of it.
  void make(FleetRow& row) {
    const std::string group = field(kGroupId);
    const std::string group_name = field(kGroupName);
    if (group.empty() && !group_name.empty()) return row.refuse("GroupName needs a GroupId");
    row.json = "{";
    for (const Column column : {kProductKey, kDeviceName, kDeviceSecret, kIotId, kNickname, kSerial})
      append_member(row.json, kColumnNames[column], field(column));
    if (!group.empty()) {
      row.json += row.json.size() > 1 ? R"(,"Groups":[)" : R"("Groups":[)";
      append_json_string(row.json, group);
      row.json += ']';
    }
    row.json += '}';
    if (group.empty()) return;
    const auto [known, added] = group_names_.emplace(group, group_name);
    if (!added && known->second != group_name)
      return row.refuse("GroupName of group " + group + " was " + excerpt(known->second) + " before");
    if (!added) return;
    device_ = std::move(row);
    row = FleetRow();
    row.kind = Kind::Group;
    row.place = device_->place;
    row.json = "{";
    append_member(row.json, "GroupId", group);
    append_member(row.json, "GroupName", group_name);
    row.json += '}';
  }

  Lines lines_;
  std::string line_;
  size_t first_line_ = 0;
  std::vector<std::string> record_;
  std::string fault_;
  size_t columns_ = 0;
  ColumnPlaces places_;
  std::optional<FleetRow> device_;
  std::unordered_map<std::string, std::string> group_names_;
};

}  // namespace

std::string_view kind_text(FleetRow::Kind kind) noexcept {
  for (const auto& [name, one] : kKinds)
    if (one == kind) return name;
  return {};
}

Result<std::unique_ptr<FleetReader>> FleetReader::open(std::istream& in) {
  constexpr std::string_view kBom = "\xEF\xBB\xBF";
  Lines lines(in);
  std::string first;
  do {
    ROLLCALL_TRY(const bool any, lines.next(first));
    if (!any) return bad("the file", "is empty");
    if (lines.number() == 1 && first.starts_with(kBom)) first.erase(0, kBom.size());
  } while (trim(first).empty());
  if (!trim(first).starts_with('{')) {
    lines.put_back(std::move(first));
    auto rows = std::make_unique<CsvRows>(std::move(lines));
    ROLLCALL_TRY_STATUS(rows->open());
    return std::unique_ptr<FleetReader>(std::move(rows));
  }
  if (split_line(trim(first))) {
    lines.put_back(std::move(first));
    return std::unique_ptr<FleetReader>(std::make_unique<JsonLines>(std::move(lines)));
  }
  std::string text = std::move(first) + "\n";
  std::array<char, 64 * 1024> buffer;
  while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0) {
    text.append(buffer.data(), static_cast<size_t>(in.gcount()));
    if (text.size() > kFleetDocumentBytesMax)
      return bad("the file", "is a JSON document of more than 512 MB: write it as JSON Lines or CSV");
  }
  return read_fleet_document(std::move(text));
}

}  // namespace rollcall::client
