#include "sim/disk.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

#include "base/check.hpp"
#include "sim/disk_state.hpp"

namespace rollcall::sim {
namespace {

constexpr std::string_view kOperationNames[] = {"open", "read", "write", "truncate", "sync", "delete"};
static_assert(std::size(kOperationNames) == kDiskOpCount);

struct FaultRow {
  std::string_view name;
  DiskOp operation;
};
constexpr FaultRow kFaults[] = {
    {"open_error", DiskOp::Open},         {"read_error", DiskOp::Read},
    {"write_error", DiskOp::Write},       {"short_write", DiskOp::Write},
    {"torn_write", DiskOp::Write},        {"no_space", DiskOp::Write},
    {"truncate_error", DiskOp::Truncate}, {"sync_error", DiskOp::Sync},
    {"delete_error", DiskOp::Delete},     {"slow", DiskOp::Write},
};
static_assert(std::size(kFaults) == kDiskFaultCount);

}  // namespace

DiskOp operation_of(DiskFault fault) noexcept { return kFaults[static_cast<size_t>(fault)].operation; }
std::string_view name_of(DiskOp operation) noexcept {
  return kOperationNames[static_cast<size_t>(operation)];
}
std::string_view name_of(DiskFault fault) noexcept { return kFaults[static_cast<size_t>(fault)].name; }

// --- life and death

DiskState::DiskState(uint64_t seed, ManualClock& manual_clock, Disk::Options disk_options)
    : clock(manual_clock), random(seed), options(disk_options) {
  register_vfs();
}

DiskState::~DiskState() {
  ROLLCALL_CHECK(open_handles == 0);
  sqlite3_vfs_unregister(&processes.back()->base);
}

// The address tells this disk's name from those of all others that live.
void DiskState::register_vfs() {
  if (!processes.empty()) sqlite3_vfs_unregister(&processes.back()->base);
  auto vfs = std::make_unique<DiskVfs>();
  vfs->disk = this;
  vfs->boot = processes.size() + 1;
  char name[64];
  std::snprintf(name, sizeof name, "rollcall-sim-%p-%llu", static_cast<void*>(this),
                static_cast<unsigned long long>(vfs->boot));
  vfs->name = name;
  fill_in(*vfs);
  ROLLCALL_CHECK(sqlite3_vfs_register(&vfs->base, 0) == SQLITE_OK);
  processes.push_back(std::move(vfs));
}

// No lock, no shared memory and no open file outlives a process.
void DiskState::start_again() {
  power_is_cut = false;
  power_cut_in = 0;
  used_ = 0;
  for (const auto& [name, node] : names) {
    node->linked = true;
    node->sharing = 0;
    node->reserved = node->pending = node->exclusive = nullptr;
    node->memory.reset();
    used_ += node->file.size();
  }
  register_vfs();
}

void DiskState::kill() {
  ++counters.kills;
  start_again();
}

void DiskState::crash(Random& chance) {
  ++counters.crashes;
  std::set<std::string> all;
  std::vector<Node*> settled;
  for (const auto* from : {&durable_names_, &names}) {
    for (const auto& [name, node] : *from) {
      all.insert(name);
      if (std::find(settled.begin(), settled.end(), node.get()) != settled.end()) continue;
      settled.push_back(node.get());
      add(node->file.crash(chance));
    }
  }
  // A name that changed is as it was, as it is now, or, when another file took it, free.
  std::map<std::string, std::shared_ptr<Node>, std::less<>> found;
  for (const std::string& name : all) {
    const auto before = durable_names_.find(name);
    const auto after = names.find(name);
    std::shared_ptr<Node> nodes[] = {before == durable_names_.end() ? nullptr : before->second,
                                     after == names.end() ? nullptr : after->second, nullptr};
    const bool replaced = nodes[0] != nullptr && nodes[1] != nullptr;
    std::shared_ptr<Node> node = nodes[0] == nodes[1] ? nodes[0] : nodes[chance.below(replaced ? 3 : 2)];
    if (node != nullptr) found.emplace(name, std::move(node));
  }
  for (const auto& [name, node] : names) node->linked = false;
  names = std::move(found);
  durable_names_ = names;
  start_again();
}

// --- faults

void DiskState::set_faults(const FaultPlan& faults) {
  plan_ = faults;
  plan_.slow_us_max = std::max<int64_t>(1, plan_.slow_us_max);
  for (auto& possible : planned_) possible.clear();
  for (size_t i = 0; i < kDiskFaultCount; ++i) {
    const auto fault = static_cast<DiskFault>(i);
    if (plan_.per_million[i] == 0 && (nth_in_ == 0 || nth_fault_ != fault)) continue;
    for (size_t operation = 0; operation < kDiskOpCount; ++operation) {
      if (fault == DiskFault::Slow || operation_of(fault) == static_cast<DiskOp>(operation)) {
        // Slow first: also what fails takes its time.
        auto& possible = planned_[operation];
        possible.insert(fault == DiskFault::Slow ? possible.begin() : possible.end(), fault);
      }
    }
  }
}

void DiskState::fail_nth(DiskFault fault, int64_t nth, bool for_ever) {
  nth_fault_ = fault;
  nth_in_ = nth;
  nth_for_ever_ = for_ever;
  nth_reached_ = false;
  set_faults(plan_);
}

void DiskState::heal() {
  nth_in_ = 0;
  capacity_ = Disk::kUnlimited;
  set_faults(FaultPlan{});
}

void DiskState::set_free_bytes(int64_t bytes) {
  capacity_ = bytes == Disk::kUnlimited ? bytes : used_ + bytes;
}

int64_t DiskState::free_bytes() const {
  return capacity_ == Disk::kUnlimited ? capacity_ : std::max<int64_t>(0, capacity_ - used_);
}

std::vector<std::string> DiskState::recent_operations(size_t count) const {
  count = std::min({count, kTracedMax, static_cast<size_t>(traced_count_)});
  std::vector<std::string> lines;
  for (uint64_t i = traced_count_ - count; i < traced_count_; ++i) {
    const Traced& one = traced_[i % kTracedMax];
    std::string line = "#" + std::to_string(i + 1) + " " + std::string(name_of(one.operation)) + " " +
                       paths_[one.path_id] + " at " + std::to_string(one.at) + " length " +
                       std::to_string(one.length);
    if (one.code != SQLITE_OK) line += " = " + std::to_string(one.code);
    lines.push_back(std::move(line));
  }
  return lines;
}

// --- the outer face

Disk::Disk(uint64_t seed, ManualClock& clock, Options options)
    : state_(std::make_unique<DiskState>(seed, clock, options)) {}
Disk::~Disk() = default;
const std::string& Disk::vfs() const noexcept { return state_->processes.back()->name; }
void Disk::crash(Random& random) { state_->crash(random); }
void Disk::kill() { state_->kill(); }
void Disk::cut_power_at(int64_t nth) { state_->power_cut_in = nth; }
bool Disk::power_is_cut() const noexcept { return state_->power_is_cut; }
void Disk::set_faults(const FaultPlan& plan) { state_->set_faults(plan); }
void Disk::fail_nth(DiskFault fault, int64_t nth, bool for_ever) { state_->fail_nth(fault, nth, for_ever); }
void Disk::set_free_bytes(int64_t bytes) { state_->set_free_bytes(bytes); }
int64_t Disk::free_bytes() const noexcept { return state_->free_bytes(); }
void Disk::heal() { state_->heal(); }
const DiskCounters& Disk::counters() const noexcept { return state_->counters; }
uint64_t Disk::trace_hash() const noexcept { return state_->trace; }
std::vector<std::string> Disk::recent_operations(size_t count) const {
  return state_->recent_operations(count);
}
size_t Disk::open_handles() const noexcept { return state_->open_handles; }

std::vector<std::string> Disk::file_names() const {
  std::vector<std::string> list;
  for (const auto& [name, node] : state_->names) list.push_back(name);
  return list;
}

std::vector<uint8_t> Disk::content(const std::string& path) const {
  const auto found = state_->names.find(path);
  return found == state_->names.end() ? std::vector<uint8_t>{} : found->second->file.bytes();
}

int64_t Disk::unsynced_bytes() const {
  int64_t bytes = 0;
  for (const auto& [name, node] : state_->names) bytes += node->file.unsynced_bytes();
  return bytes;
}

}  // namespace rollcall::sim
