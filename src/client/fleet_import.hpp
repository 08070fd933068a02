// Brings a fleet in: rows of a file (fleet_reader.hpp) to ImportAccess and ImportFleet, in chunks, so that a
// million devices need the memory of a thousand. One object checks the whole file in a dry run, then another
// writes it. Called by the verb `import`. Source: DESIGN 5.22. Thread: one; calls block.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "client/api_client.hpp"
#include "client/fleet_reader.hpp"

namespace rollcall::client {

inline constexpr size_t kChunkDevices = 1'000;
inline constexpr size_t kChunkBytes = 1u << 20;  // of JSON; sent percent-encoded
inline constexpr size_t kRefusalsShown = 20;
inline constexpr size_t kFleetRowsMax = 20'000'000;  // what is remembered of them has to fit into memory

struct ImportReport {
  struct Tally {
    int64_t added = 0;
    int64_t same = 0;
    int64_t changed = 0;
    int64_t refused = 0;
  };
  static constexpr size_t kKinds = 9;  // those of FleetRow but Members, which count as their groups
  std::array<Tally, kKinds> tallies;
  std::vector<std::string> refusals;  // "line 7: why"; the first kRefusalsShown
  int64_t refused() const;
  int64_t rows() const;
};

class FleetImport {
 public:
  enum class Mode : uint8_t { Check, Write };
  // `instance`: an IotInstanceId, or empty: the key's own.
  FleetImport(ApiClient& api, std::string instance, Mode mode)
      : api_(api), instance_(std::move(instance)), mode_(mode) {}

  // Reads to the end. To check tells of every row that would be refused in the report; to write ends with the
  // first refusal, as an error. Error also when the server cannot be asked.
  Status run(FleetReader& reader);
  const ImportReport& report() const { return report_; }

 private:
  using Kind = FleetRow::Kind;
  // What goes out with the next call, as the texts of its lists.
  struct List {
    std::string entries;
    std::vector<std::string> places;
  };

  Status take(FleetRow& row);
  Status check(FleetRow& row);
  void check_identity(FleetRow& row, const std::string& what, const std::string& text);
  void keep_unknown_members(FleetRow& row);
  void note_known(std::string_view key, std::unordered_set<std::string>& all, std::string& out);
  void refuse(Kind kind, const std::string& place, const std::string& why);
  Status send_access();
  Status send_fleet();
  Status send(const char* action, std::string entries, std::initializer_list<Kind> kinds);
  std::string& list(Kind kind, const std::string& place);

  ApiClient& api_;
  const std::string instance_;
  const Mode mode_;
  ImportReport report_;
  std::array<List, 10> lists_;  // by kind
  size_t bytes_ = 0;
  std::string known_products_, known_groups_;  // lists of texts: of earlier chunks, named in this one
  std::unordered_set<std::string> products_, groups_, named_;
  std::unordered_set<std::string> seen_;  // 16 bytes each of a digest
  size_t rows_ = 0;
};

}  // namespace rollcall::client
