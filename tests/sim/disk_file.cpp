#include "sim/disk_file.hpp"

#include <algorithm>

namespace rollcall::sim {
namespace {

void put(std::vector<uint8_t>& bytes, int64_t at, std::span<const uint8_t> data) {
  const size_t end = static_cast<size_t>(at) + data.size();
  if (bytes.size() < end) bytes.resize(end);
  std::copy(data.begin(), data.end(), bytes.begin() + at);
}

}  // namespace

size_t DiskFile::read(int64_t at, std::span<uint8_t> out) const {
  if (at >= size()) return 0;
  const size_t count = std::min(out.size(), static_cast<size_t>(size() - at));
  std::copy_n(current_.begin() + at, count, out.begin());
  return count;
}

void DiskFile::write(int64_t at, std::span<const uint8_t> data) {
  if (data.empty()) return;
  if (written_.size() + data.size() > kUnsyncedBytesMax) sync();
  put(current_, at, data);
  changes_.push_back({at, data.size(), written_.size(), size()});
  written_.insert(written_.end(), data.begin(), data.end());
}

void DiskFile::truncate(int64_t new_size) {
  current_.resize(static_cast<size_t>(new_size));
  changes_.push_back({new_size, 0, 0, new_size});
}

// The cache is written back in pages, and it holds the newest of everything.
void DiskFile::sync() {
  for (const Change& change : changes_) {
    if (change.length == 0) {
      if (change.at < static_cast<int64_t>(durable_.size())) durable_.resize(static_cast<size_t>(change.at));
      continue;
    }
    const int64_t from = change.at / kPageBytes * kPageBytes;
    const int64_t end = change.at + static_cast<int64_t>(change.length);
    const int64_t to = std::min((end + kPageBytes - 1) / kPageBytes * kPageBytes, size());
    if (from < to) put(durable_, from, {current_.data() + from, static_cast<size_t>(to - from)});
  }
  durable_.resize(current_.size());
  changes_.clear();
  written_.clear();
}

struct DiskFile::Survival {
  enum class Style : uint8_t { Nothing, Everything, InOrder, ByWrite, BySector } style;
  uint64_t odds = 4;        // of 8 that a write or a sector survives
  size_t whole = 0;         // InOrder: so many changes survive, the next one tears
  size_t length_as_of = 0;  // the length is that after so many changes
};

DiskFile::Survival DiskFile::decide(Random& random, size_t changes) {
  using Style = Survival::Style;
  static constexpr Style kStyles[] = {Style::Nothing, Style::Everything, Style::InOrder,  Style::InOrder,
                                      Style::ByWrite, Style::ByWrite,    Style::BySector, Style::BySector};
  Survival survival{kStyles[random.below(std::size(kStyles))]};
  survival.odds = 1 + random.below(7);
  survival.whole = random.below(changes + 1);
  switch (random.below(4)) {
    case 0:
      survival.length_as_of = 0;
      break;
    case 1:
      survival.length_as_of = random.below(changes + 1);
      break;
    default:
      survival.length_as_of = survival.style == Style::Nothing   ? 0
                              : survival.style == Style::InOrder ? std::min(survival.whole + 1, changes)
                                                                 : changes;
  }
  return survival;
}

int64_t DiskFile::end_of_changes() const {
  int64_t end = 0;
  for (const Change& change : changes_) {
    if (change.length != 0) end = std::max(end, change.at + static_cast<int64_t>(change.length));
  }
  return end;
}

// Puts those sectors of a write on the platter whose newest surviving change is this one or a later one.
void DiskFile::apply(const Change& change, uint32_t number, const std::vector<uint32_t>& newest,
                     std::vector<uint8_t>& onto) const {
  const int64_t end = change.at + static_cast<int64_t>(change.length);
  for (int64_t at = change.at; at < end;) {
    const int64_t sector = at / kSectorBytes;
    const int64_t next = std::min((sector + 1) * kSectorBytes, end);
    if (newest[static_cast<size_t>(sector)] >= number) {
      const uint8_t* data = written_.data() + change.data_from + (at - change.at);
      put(onto, at, {data, static_cast<size_t>(next - at)});
    }
    at = next;
  }
}

DiskFile::Outcome DiskFile::settle(Random& random) {
  using Style = Survival::Style;
  Outcome outcome;
  if (changes_.empty()) return outcome;
  const Survival survival = decide(random, changes_.size());

  // The number (from 1) of the newest change that survives in each sector.
  std::vector<uint32_t> newest(static_cast<size_t>(end_of_changes() / kSectorBytes) + 1);
  for (size_t i = 0; i < changes_.size(); ++i) {
    const Change& change = changes_[i];
    if (change.length == 0) continue;
    const bool chosen = random.below(8) < survival.odds;
    const bool tears = (survival.style == Style::InOrder && i == survival.whole) ||
                       (survival.style == Style::ByWrite && random.below(8) == 0);
    const int64_t last = (change.at + static_cast<int64_t>(change.length) - 1) / kSectorBytes;
    for (int64_t sector = change.at / kSectorBytes; sector <= last; ++sector) {
      const bool survives = tears                               ? random.below(2) == 0
                            : survival.style == Style::BySector ? random.below(8) < survival.odds
                            : survival.style == Style::ByWrite  ? chosen
                            : survival.style == Style::InOrder  ? i < survival.whole
                                                                : survival.style == Style::Everything;
      ++(survives ? outcome.sectors_survived : outcome.sectors_lost);
      if (survives) newest[static_cast<size_t>(sector)] = static_cast<uint32_t>(i + 1);
    }
  }

  int64_t length = static_cast<int64_t>(durable_.size());
  for (size_t i = 0; i < changes_.size(); ++i) {
    const Change& change = changes_[i];
    if (i < survival.length_as_of) length = change.size_after;
    if (change.length != 0) {
      apply(change, static_cast<uint32_t>(i + 1), newest, durable_);
    } else if (i < survival.length_as_of && change.at < static_cast<int64_t>(durable_.size())) {
      durable_.resize(static_cast<size_t>(change.at));
    }
  }
  durable_.resize(static_cast<size_t>(length));
  changes_.clear();
  written_.clear();
  return outcome;
}

DiskFile::Outcome DiskFile::fail_sync(Random& random) { return settle(random); }

DiskFile::Outcome DiskFile::crash(Random& random) {
  const Outcome outcome = settle(random);
  current_ = durable_;
  return outcome;
}

}  // namespace rollcall::sim
