// Arbitrary texts as the file of `rollcall import`: records of CSV survive being written and read again, and
// every row is a JSON object or a fault, with a place, and comes out again as a JSON line.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/fuzz_input.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "client/csv.hpp"
#include "client/fleet_reader.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::client;
using fuzz::demand;

using Records = std::vector<std::vector<std::string>>;

std::string print(const Records& records, std::string_view line_end) {
  std::string out;
  for (const auto& record : records) {
    std::string line;
    for (size_t i = 0; i < record.size(); ++i) {
      line += i == 0 ? "\"" : ",\"";
      for (const char c : record[i]) line.append(c == '"' ? 2 : 1, c);
      line += '"';
    }
    demand(csv_record_ends(line));
    out.append(line).append(line_end);
  }
  return out;
}

std::optional<Records> read_records(std::string_view text) {
  Records records;
  size_t line = 1;
  while (!text.empty()) {
    const size_t before = text.size();
    auto record = read_csv_record(text, line);
    if (!record) return std::nullopt;
    demand(text.size() < before && !record->empty());
    records.push_back(std::move(*record));
  }
  return records;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// Any texts at all as fields, and any text without quotes as a file, read in other words.
void check_records(std::string_view text) {
  Records records;
  for (const std::string& record : split(text, ';')) records.push_back(split(record, '|'));
  for (const char* line_end : {"\n", "\r\n"}) demand(read_records(print(records, line_end)) == records);

  const auto read = read_records(text);
  if (read) demand(read_records(print(*read, "\n")) == *read);
  if (text.empty() || text.find('"') != std::string_view::npos) return;
  Records plain;
  for (std::string& line : split(text.substr(0, text.size() - (text.back() == '\n' ? 1 : 0)), '\n')) {
    const bool last = plain.size() == static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
    if (line.ends_with('\r') && !last) line.pop_back();
    plain.push_back(split(line, ','));
  }
  demand(read == plain);
}

struct Rows {
  std::vector<FleetRow> rows;
  bool whole = false;
};

std::optional<Rows> read_rows(const std::string& text) {
  std::istringstream in(text);
  auto reader = FleetReader::open(in);
  if (!reader) {
    demand(utf8_length(public_message(reader.error())).has_value());
    return std::nullopt;
  }
  Rows out;
  FleetRow row;
  for (;;) {
    const auto any = (*reader)->next(row);
    if (!any) demand(utf8_length(public_message(any.error())).has_value());
    if (!any) return out;
    out.whole = !*any;
    if (!*any) return out;
    demand(!row.place.empty() && row.json.empty() != row.fault.empty());
    if (row.fault.empty()) demand(row.json[0] == '{' && check_json(row.json).has_value());
    demand(utf8_length(row.fault).has_value());
    out.rows.push_back(row);
  }
}

void check_rows(std::string_view text) {
  const auto read = read_rows(std::string(text));
  if (!read) return;
  std::string lines;
  std::vector<const FleetRow*> taken;
  for (const FleetRow& row : read->rows) {
    if (!row.fault.empty()) continue;
    lines += "{\"" + std::string(kind_text(row.kind)) + "\":" + compact_json(row.json, false) + "}\n";
    taken.push_back(&row);
  }
  if (taken.empty()) return;
  const auto again = read_rows(lines);
  demand(again && again->whole && again->rows.size() == taken.size());
  for (size_t i = 0; i < taken.size(); ++i) {
    demand(again->rows[i].kind == taken[i]->kind);
    demand(again->rows[i].json == compact_json(taken[i]->json, false));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const std::string_view text = input.rest();
  check_records(text);
  check_rows(text);
  return 0;
}
