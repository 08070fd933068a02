// SQLite's side of the simulated disk: thin functions over DiskState, and the two kinds of locks.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>

#include "sim/disk_state.hpp"

namespace rollcall::sim {
namespace {

// As the unix VFS says of an ordinary Linux file system.
constexpr int kSectorSize = 4096;
constexpr int kCharacteristics = SQLITE_IOCAP_POWERSAFE_OVERWRITE;
constexpr int kPathBytesMax = 512;
constexpr int64_t kJulianMsOfEpoch = 210'866'760'000'000;

Handle& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
DiskVfs& of(sqlite3_vfs* vfs) { return *static_cast<DiskVfs*>(vfs->pAppData); }

// --- one file

int x_read(sqlite3_file* file, void* data, int bytes, sqlite3_int64 at) {
  return of(file).disk->read(of(file), at, {static_cast<uint8_t*>(data), static_cast<size_t>(bytes)});
}

int x_write(sqlite3_file* file, const void* data, int bytes, sqlite3_int64 at) {
  return of(file).disk->write(of(file), at, {static_cast<const uint8_t*>(data), static_cast<size_t>(bytes)});
}

int x_truncate(sqlite3_file* file, sqlite3_int64 size) { return of(file).disk->truncate(of(file), size); }
int x_sync(sqlite3_file* file, int) { return of(file).disk->sync(of(file)); }

int x_file_size(sqlite3_file* file, sqlite3_int64* size) {
  Handle& handle = of(file);
  if (!handle.disk->alive(handle.boot)) return SQLITE_IOERR_FSTAT;
  *size = handle.node->file.size();
  return SQLITE_OK;
}

int x_file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int x_sector_size(sqlite3_file*) { return kSectorSize; }
int x_characteristics(sqlite3_file*) { return kCharacteristics; }

// --- locks on the file (SQLite's file format, "Locking")

bool held_by_other(const void* owner, const Handle& handle) { return owner != nullptr && owner != &handle; }

int x_lock(sqlite3_file* file, int level) {
  Handle& handle = of(file);
  if (!handle.disk->alive(handle.boot)) return SQLITE_IOERR_LOCK;
  if (handle.lock >= level) return SQLITE_OK;
  Node& node = *handle.node;
  if (held_by_other(node.pending, handle) || held_by_other(node.exclusive, handle)) return SQLITE_BUSY;
  if (level == SQLITE_LOCK_SHARED) {
    ++node.sharing;
    handle.lock = level;
    return SQLITE_OK;
  }
  if (held_by_other(node.reserved, handle)) return SQLITE_BUSY;
  if (level == SQLITE_LOCK_RESERVED) {
    node.reserved = &handle;
    handle.lock = level;
    return SQLITE_OK;
  }
  node.pending = &handle;
  handle.lock = SQLITE_LOCK_PENDING;
  if (level == SQLITE_LOCK_PENDING) return SQLITE_OK;
  if (node.sharing > 1) return SQLITE_BUSY;
  node.exclusive = &handle;
  handle.lock = SQLITE_LOCK_EXCLUSIVE;
  return SQLITE_OK;
}

int x_unlock(sqlite3_file* file, int level) {
  Handle& handle = of(file);
  if (!handle.disk->alive(handle.boot) || handle.lock <= level) return SQLITE_OK;
  Node& node = *handle.node;
  for (const void** owner : {&node.reserved, &node.pending, &node.exclusive}) {
    if (*owner == &handle) *owner = nullptr;
  }
  if (level == SQLITE_LOCK_NONE) --node.sharing;
  handle.lock = level;
  return SQLITE_OK;
}

int x_check_reserved(sqlite3_file* file, int* out) {
  Handle& handle = of(file);
  if (!handle.disk->alive(handle.boot)) return SQLITE_IOERR_CHECKRESERVEDLOCK;
  const Node& node = *handle.node;
  *out = node.reserved != nullptr || node.pending != nullptr || node.exclusive != nullptr;
  return SQLITE_OK;
}

// --- shared memory

int x_shm_map(sqlite3_file* file, int index, int bytes, int extend, void volatile** out) {
  Handle& handle = of(file);
  *out = nullptr;
  if (!handle.disk->alive(handle.boot)) return SQLITE_IOERR_SHMMAP;
  if (handle.memory == nullptr) {
    auto& memory = handle.node->memory;
    if (memory == nullptr) memory = std::make_shared<SharedMemory>();
    handle.memory = memory;
    ++memory->users;
  }
  auto& regions = handle.memory->regions;
  while (regions.size() <= static_cast<size_t>(index)) {
    if (extend == 0) return SQLITE_OK;
    // A file of its own on a real disk, which fills up like any other.
    if (!handle.disk->take_room(SharedMemory::kRegionBytes)) return SQLITE_IOERR_SHMSIZE;
    regions.push_back(std::make_unique<uint8_t[]>(static_cast<size_t>(bytes)));
  }
  *out = regions[static_cast<size_t>(index)].get();
  return SQLITE_OK;
}

int unlock_slots(Handle& handle, uint32_t mask, int offset, int count) {
  for (int slot = offset; slot < offset + count; ++slot) {
    const auto at = static_cast<size_t>(slot);
    const uint32_t bit = 1u << slot;
    if ((handle.shared_slots & bit) != 0) --handle.memory->shared[at];
    if ((handle.exclusive_slots & bit) != 0) handle.memory->exclusive[at] = false;
  }
  handle.shared_slots &= ~mask;
  handle.exclusive_slots &= ~mask;
  return SQLITE_OK;
}

int x_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  Handle& handle = of(file);
  const bool unlocks = (flags & SQLITE_SHM_UNLOCK) != 0;
  if (handle.memory == nullptr) return unlocks ? SQLITE_OK : SQLITE_IOERR_SHMLOCK;
  const uint32_t mask = ((1u << count) - 1) << offset;
  if (unlocks) return unlock_slots(handle, mask, offset, count);
  if (!handle.disk->alive(handle.boot)) return SQLITE_IOERR_SHMLOCK;
  SharedMemory& memory = *handle.memory;
  if ((flags & SQLITE_SHM_SHARED) != 0) {
    if ((handle.shared_slots & mask) != 0) return SQLITE_OK;
    const auto at = static_cast<size_t>(offset);
    if (memory.exclusive[at]) return SQLITE_BUSY;
    ++memory.shared[at];
    handle.shared_slots |= mask;
    return SQLITE_OK;
  }
  for (int slot = offset; slot < offset + count; ++slot) {
    const auto at = static_cast<size_t>(slot);
    const bool own = (handle.exclusive_slots >> slot & 1u) != 0;
    if (!own && (memory.exclusive[at] || memory.shared[at] > 0)) return SQLITE_BUSY;
  }
  for (int slot = offset; slot < offset + count; ++slot) memory.exclusive[static_cast<size_t>(slot)] = true;
  handle.exclusive_slots |= mask;
  return SQLITE_OK;
}

void x_shm_barrier(sqlite3_file*) {}

int x_shm_unmap(sqlite3_file* file, int) {
  Handle& handle = of(file);
  if (handle.memory == nullptr) return SQLITE_OK;
  unlock_slots(handle, ~0u, 0, SharedMemory::kLocks);
  handle.disk->release_memory(handle);
  return SQLITE_OK;
}

int x_close(sqlite3_file* file) {
  x_shm_unmap(file, 0);
  x_unlock(file, SQLITE_LOCK_NONE);
  of(file).disk->close(of(file));
  of(file).~Handle();
  return SQLITE_OK;
}

// Version 2: without memory-mapped reading, which the store does not use.
const sqlite3_io_methods kMethods = {2,
                                     x_close,
                                     x_read,
                                     x_write,
                                     x_truncate,
                                     x_sync,
                                     x_file_size,
                                     x_lock,
                                     x_unlock,
                                     x_check_reserved,
                                     x_file_control,
                                     x_sector_size,
                                     x_characteristics,
                                     x_shm_map,
                                     x_shm_lock,
                                     x_shm_barrier,
                                     x_shm_unmap,
                                     nullptr,
                                     nullptr};

// --- the file system

int x_open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags, int* flags_out) {
  file->pMethods = nullptr;
  auto* handle = new (file) Handle;
  const int code = of(vfs).disk->open(path, flags, of(vfs).boot, *handle);
  if (code != SQLITE_OK) {
    handle->~Handle();
    file->pMethods = nullptr;
    return code;
  }
  handle->base.pMethods = &kMethods;
  if (flags_out != nullptr) *flags_out = flags;
  return SQLITE_OK;
}

int x_delete(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  return of(vfs).disk->remove(path, sync_folder != 0, of(vfs).boot);
}

// An empty file counts as none, as with the unix VFS.
int x_access(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
  DiskState& disk = *of(vfs).disk;
  if (!disk.alive(of(vfs).boot)) return SQLITE_IOERR_ACCESS;
  const auto found = disk.names.find(std::string_view(path));
  *out = found != disk.names.end() && (flags != SQLITE_ACCESS_EXISTS || found->second->file.size() > 0);
  return SQLITE_OK;
}

int x_full_pathname(sqlite3_vfs*, const char* path, int bytes, char* out) {
  if (std::strlen(path) >= static_cast<size_t>(bytes)) return SQLITE_CANTOPEN;
  std::snprintf(out, static_cast<size_t>(bytes), "%s", path);
  return SQLITE_OK;
}

int x_randomness(sqlite3_vfs* vfs, int bytes, char* out) {
  of(vfs).disk->random.fill({reinterpret_cast<uint8_t*>(out), static_cast<size_t>(bytes)});
  return bytes;
}

int x_sleep(sqlite3_vfs* vfs, int us) {
  of(vfs).disk->clock.advance_us(us);
  return us;
}

int x_current_time_ms(sqlite3_vfs* vfs, sqlite3_int64* out) {
  *out = kJulianMsOfEpoch + of(vfs).disk->clock.wall().value;
  return SQLITE_OK;
}

int x_current_time(sqlite3_vfs* vfs, double* out) {
  sqlite3_int64 ms = 0;
  x_current_time_ms(vfs, &ms);
  *out = static_cast<double>(ms) / 86'400'000.0;
  return SQLITE_OK;
}

int x_last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

void fill_in(DiskVfs& vfs) {
  vfs.base.iVersion = 2;
  vfs.base.szOsFile = sizeof(Handle);
  vfs.base.mxPathname = kPathBytesMax;
  vfs.base.zName = vfs.name.c_str();
  vfs.base.pAppData = &vfs;
  vfs.base.xOpen = x_open;
  vfs.base.xDelete = x_delete;
  vfs.base.xAccess = x_access;
  vfs.base.xFullPathname = x_full_pathname;
  vfs.base.xRandomness = x_randomness;
  vfs.base.xSleep = x_sleep;
  vfs.base.xCurrentTime = x_current_time;
  vfs.base.xGetLastError = x_last_error;
  vfs.base.xCurrentTimeInt64 = x_current_time_ms;
}

}  // namespace rollcall::sim
