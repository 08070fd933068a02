#include "sim/disk_state.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"

namespace rollcall::sim {
namespace {

constexpr int kJournals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
// SQLite's log: a header, then frames of a header and a page. Both headers hold salts and checksums from the
// randomness of the process.
constexpr int64_t kLogHeaderBytes = 32;
constexpr int64_t kFrameHeaderBytes = 24;

uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
  return hash ^ (hash >> 29);
}

uint64_t hash_of(std::span<const uint8_t> data) {
  uint64_t hash = data.size();
  for (size_t at = 0; at < data.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, data.data() + at, std::min<size_t>(8, data.size() - at));
    hash = mix(hash, word);
  }
  return hash;
}

uint64_t traced_bytes(const Handle& handle, int64_t at, std::span<const uint8_t> data) {
  const auto length = static_cast<int64_t>(data.size());
  const int64_t page_at = at - kLogHeaderBytes - kFrameHeaderBytes;
  const bool is_database = (handle.flags & SQLITE_OPEN_MAIN_DB) != 0;
  const bool is_page = (handle.flags & SQLITE_OPEN_WAL) != 0 && page_at >= 0 && length > kLogHeaderBytes &&
                       page_at % (length + kFrameHeaderBytes) == 0;
  return is_database || is_page ? hash_of(data) : 0;
}

}  // namespace

// --- what each operation has in common

bool DiskState::alive(uint64_t boot) {
  if (!power_is_cut && boot == processes.back()->boot) return true;
  ++counters.after_death;
  return false;
}

bool DiskState::cuts_power() {
  if (power_cut_in == 0 || --power_cut_in > 0) return false;
  power_is_cut = true;
  return true;
}

bool DiskState::strikes_now(DiskFault fault) {
  if (nth_fault_ == fault && nth_in_ > 0 && (nth_reached_ || --nth_in_ == 0)) {
    nth_reached_ = true;
    if (nth_for_ever_) nth_in_ = 1;
    return true;
  }
  const uint32_t chance = plan_.per_million[static_cast<size_t>(fault)];
  return chance > 0 && random.below(1'000'000) < chance;
}

bool DiskState::strikes(DiskOp operation, DiskFault& fault, bool grows) {
  ++counters.operations[static_cast<size_t>(operation)];
  for (const DiskFault possible : planned_[static_cast<size_t>(operation)]) {
    if (possible == DiskFault::NoSpace && !grows) continue;
    if (!strikes_now(possible)) continue;
    ++counters.faults[static_cast<size_t>(possible)];
    if (possible != DiskFault::Slow) return fault = possible, true;
    clock.advance_us(1 + static_cast<int64_t>(random.below(static_cast<uint64_t>(plan_.slow_us_max))));
  }
  return false;
}

int DiskState::done(DiskOp operation, uint32_t path, int64_t at, int64_t length, int code,
                    uint64_t bytes_hash) {
  trace = mix(trace, static_cast<uint64_t>(operation) | uint64_t{path} << 8 |
                         static_cast<uint64_t>(static_cast<uint32_t>(code)) << 32);
  trace = mix(mix(mix(trace, static_cast<uint64_t>(at)), static_cast<uint64_t>(length)), bytes_hash);
  // Reads that go well explain nothing, and there are many.
  if (operation != DiskOp::Read || (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)) {
    traced_[traced_count_++ % kTracedMax] = {operation, path, at, length, code};
  }
  return code;
}

uint32_t DiskState::path_id(const std::string& path) {
  const auto found = std::find(paths_.begin(), paths_.end(), path);
  if (found == paths_.end()) return paths_.push_back(path), static_cast<uint32_t>(paths_.size() - 1);
  return static_cast<uint32_t>(found - paths_.begin());
}

void DiskState::add(DiskFile::Outcome outcome) {
  counters.sectors_lost += outcome.sectors_lost;
  counters.sectors_survived += outcome.sectors_survived;
}

bool DiskState::take_room(int64_t bytes) {
  if (capacity_ != Disk::kUnlimited && used_ + bytes > capacity_) {
    ++counters.faults[static_cast<size_t>(DiskFault::NoSpace)];
    return false;
  }
  used_ += bytes;
  return true;
}

void DiskState::give_room(int64_t bytes) { used_ -= bytes; }

// --- the operations

int DiskState::open(const char* path, int flags, uint64_t boot, Handle& handle) {
  if (!alive(boot)) return SQLITE_CANTOPEN;
  const std::string name = path == nullptr ? "(temporary)" : path;
  const uint32_t id = path_id(name);
  DiskFault fault{};
  if (strikes(DiskOp::Open, fault)) return done(DiskOp::Open, id, 0, flags, SQLITE_CANTOPEN);

  std::shared_ptr<Node> node;
  if (const auto found = path == nullptr ? names.end() : names.find(name); found != names.end()) {
    node = found->second;
  }
  const bool creates = (flags & SQLITE_OPEN_CREATE) != 0;
  const bool must_be_new = creates && (flags & SQLITE_OPEN_EXCLUSIVE) != 0;
  if (node == nullptr ? !creates && path != nullptr : must_be_new) {
    return done(DiskOp::Open, id, 0, flags, SQLITE_CANTOPEN);
  }
  if (node == nullptr) {
    node = std::make_shared<Node>();
    node->path_id = id;
    node->linked = path != nullptr && (flags & SQLITE_OPEN_DELETEONCLOSE) == 0;
    if (node->linked) names.emplace(name, node);
  }
  handle.disk = this;
  handle.boot = boot;
  handle.node = std::move(node);
  handle.flags = flags;
  handle.syncs_folder = creates && (flags & kJournals) != 0;
  ++open_handles;
  return done(DiskOp::Open, id, 0, flags, SQLITE_OK);
}

int DiskState::read(Handle& handle, int64_t at, std::span<uint8_t> out) {
  if (!alive(handle.boot)) return SQLITE_IOERR_READ;
  const auto length = static_cast<int64_t>(out.size());
  DiskFault fault{};
  if (strikes(DiskOp::Read, fault))
    return done(DiskOp::Read, handle.node->path_id, at, length, SQLITE_IOERR_READ);
  const size_t count = handle.node->file.read(at, out);
  std::fill(out.begin() + static_cast<ptrdiff_t>(count), out.end(), uint8_t{0});
  return done(DiskOp::Read, handle.node->path_id, at, length,
              count == out.size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
}

void DiskState::put(Handle& handle, int64_t at, std::span<const uint8_t> data) {
  const int64_t before = handle.node->file.size();
  handle.node->file.write(at, data);
  if (handle.node->linked) used_ += handle.node->file.size() - before;
}

// Some of the sectors, each as a write of its own.
void DiskState::put_torn(Handle& handle, int64_t at, std::span<const uint8_t> data) {
  while (!data.empty()) {
    const auto rest = static_cast<size_t>(DiskFile::kSectorBytes - at % DiskFile::kSectorBytes);
    const size_t length = std::min(data.size(), rest);
    if (random.below(2) == 0) put(handle, at, data.first(length));
    data = data.subspan(length);
    at += static_cast<int64_t>(length);
  }
}

int DiskState::write_what_fits(Handle& handle, int64_t at, std::span<const uint8_t> data, int64_t room) {
  const int64_t fits = handle.node->file.size() + room - at;
  if (fits > 0) put(handle, at, data.first(std::min(data.size(), static_cast<size_t>(fits))));
  return SQLITE_FULL;
}

int DiskState::write(Handle& handle, int64_t at, std::span<const uint8_t> data) {
  if (!alive(handle.boot)) return SQLITE_IOERR_WRITE;
  const auto length = static_cast<int64_t>(data.size());
  const uint32_t id = handle.node->path_id;
  if (cuts_power()) {
    put_torn(handle, at, data);
    return done(DiskOp::Write, id, at, length, SQLITE_IOERR_WRITE);
  }
  const int64_t growth = std::max<int64_t>(0, at + length - handle.node->file.size());
  int code = SQLITE_IOERR_WRITE;
  DiskFault fault{};
  if (strikes(DiskOp::Write, fault, growth > 0)) {
    if (fault == DiskFault::ShortWrite) put(handle, at, data.first(random.below(data.size())));
    if (fault == DiskFault::TornWrite) put_torn(handle, at, data);
    if (fault == DiskFault::NoSpace) code = write_what_fits(handle, at, data, 0);
  } else if (growth > 0 && handle.node->linked && capacity_ != Disk::kUnlimited &&
             used_ + growth > capacity_) {
    ++counters.faults[static_cast<size_t>(DiskFault::NoSpace)];
    code = write_what_fits(handle, at, data, std::max<int64_t>(0, capacity_ - used_));
  } else {
    put(handle, at, data);
    code = SQLITE_OK;
  }
  return done(DiskOp::Write, id, at, length, code, traced_bytes(handle, at, data));
}

int DiskState::truncate(Handle& handle, int64_t size) {
  if (!alive(handle.boot)) return SQLITE_IOERR_TRUNCATE;
  const uint32_t id = handle.node->path_id;
  DiskFault fault{};
  if (cuts_power() || strikes(DiskOp::Truncate, fault))
    return done(DiskOp::Truncate, id, size, 0, SQLITE_IOERR_TRUNCATE);
  if (handle.node->linked) used_ += size - handle.node->file.size();
  handle.node->file.truncate(size);
  return done(DiskOp::Truncate, id, size, 0, SQLITE_OK);
}

int DiskState::sync(Handle& handle) {
  if (!alive(handle.boot)) return SQLITE_IOERR_FSYNC;
  const uint32_t id = handle.node->path_id;
  DiskFault fault{};
  if (cuts_power()) return done(DiskOp::Sync, id, 0, 0, SQLITE_IOERR_FSYNC);
  if (strikes(DiskOp::Sync, fault)) {
    add(handle.node->file.fail_sync(random));
    return done(DiskOp::Sync, id, 0, 0, SQLITE_IOERR_FSYNC);
  }
  if (options.lying_sync) return done(DiskOp::Sync, id, 0, 0, SQLITE_OK);
  handle.node->file.sync();
  if (handle.syncs_folder) durable_names_ = names;
  handle.syncs_folder = false;
  return done(DiskOp::Sync, id, 0, 0, SQLITE_OK);
}

int DiskState::remove(const char* path, bool sync_folder, uint64_t boot) {
  if (!alive(boot)) return SQLITE_IOERR_DELETE;
  const auto found = names.find(std::string_view(path));
  if (found == names.end()) return SQLITE_IOERR_DELETE_NOENT;
  Node& node = *found->second;
  const uint32_t id = node.path_id;
  DiskFault fault{};
  if (cuts_power() || strikes(DiskOp::Delete, fault))
    return done(DiskOp::Delete, id, 0, sync_folder, SQLITE_IOERR_DELETE);
  node.linked = false;
  used_ -= node.file.size();
  names.erase(found);
  if (sync_folder && !options.lying_sync) durable_names_ = names;
  return done(DiskOp::Delete, id, 0, sync_folder, SQLITE_OK);
}

void DiskState::release_memory(Handle& handle) {
  if (handle.memory == nullptr) return;
  SharedMemory& memory = *handle.memory;
  const bool current = handle.boot == processes.back()->boot;
  if (--memory.users == 0 && current) {
    give_room(static_cast<int64_t>(memory.regions.size()) * SharedMemory::kRegionBytes);
    handle.node->memory.reset();
  }
  handle.memory.reset();
}

void DiskState::close(Handle& handle) {
  ROLLCALL_CHECK(open_handles > 0);
  --open_handles;
  release_memory(handle);
}

}  // namespace rollcall::sim
