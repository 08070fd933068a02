#include "sim/disk.hpp"

#include <sqlite3.h>

namespace rollcall::sim {

class Disk::State {
 public:
  std::string vfs;
  DiskCounters counters;
};

DiskOp operation_of(DiskFault) noexcept { return DiskOp::Write; }
std::string_view name_of(DiskOp) noexcept { return {}; }
std::string_view name_of(DiskFault) noexcept { return {}; }

Disk::Disk(uint64_t, ManualClock&, Options) : state_(std::make_unique<State>()) {}
Disk::~Disk() = default;
const std::string& Disk::vfs() const noexcept { return state_->vfs; }
void Disk::crash(Random&) {}
void Disk::kill() {}
void Disk::cut_power_at(int64_t) {}
bool Disk::power_is_cut() const noexcept { return false; }
void Disk::set_faults(const FaultPlan&) {}
void Disk::fail_nth(DiskFault, int64_t, bool) {}
void Disk::set_free_bytes(int64_t) {}
int64_t Disk::free_bytes() const noexcept { return kUnlimited; }
void Disk::heal() {}
const DiskCounters& Disk::counters() const noexcept { return state_->counters; }
uint64_t Disk::trace_hash() const noexcept { return 0; }
std::vector<std::string> Disk::recent_operations(size_t) const { return {}; }
std::vector<std::string> Disk::file_names() const { return {}; }
std::vector<uint8_t> Disk::content(const std::string&) const { return {}; }
int64_t Disk::unsynced_bytes() const { return 0; }
size_t Disk::open_handles() const noexcept { return 0; }

}  // namespace rollcall::sim
