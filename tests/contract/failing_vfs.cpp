#include "contract/failing_vfs.hpp"

#include <sqlite3.h>

namespace rollcall::store {
namespace {

struct Switch {
  int64_t left = 0;  // writes and syncs until the failure; 0 = off
  int code = SQLITE_OK;
  bool for_ever = false;
  bool failed = false;
};
Switch g_switch;

struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
const sqlite3_io_methods* methods(sqlite3_file* file) { return of(file)->real()->pMethods; }

int next_operation() {
  if (g_switch.left == 0) return g_switch.failed && g_switch.for_ever ? g_switch.code : SQLITE_OK;
  if (--g_switch.left > 0) return SQLITE_OK;
  g_switch.failed = true;
  return g_switch.code;
}

#define FORWARD(name, parameters, ...) \
  int name parameters { return methods(file)->name(of(file)->real() __VA_OPT__(, ) __VA_ARGS__); }
FORWARD(xRead, (sqlite3_file * file, void* data, int bytes, sqlite3_int64 at), data, bytes, at)
FORWARD(xFileSize, (sqlite3_file * file, sqlite3_int64* size), size)
FORWARD(xLock, (sqlite3_file * file, int level), level)
FORWARD(xUnlock, (sqlite3_file * file, int level), level)
FORWARD(xCheckReservedLock, (sqlite3_file * file, int* out), out)
FORWARD(xFileControl, (sqlite3_file * file, int operation, void* argument), operation, argument)
FORWARD(xSectorSize, (sqlite3_file * file))
FORWARD(xDeviceCharacteristics, (sqlite3_file * file))
FORWARD(xShmMap, (sqlite3_file * file, int page, int bytes, int extend, void volatile** out), page, bytes,
        extend, out)
FORWARD(xShmLock, (sqlite3_file * file, int offset, int count, int flags), offset, count, flags)
FORWARD(xShmUnmap, (sqlite3_file * file, int remove), remove)
#undef FORWARD

void xShmBarrier(sqlite3_file* file) { methods(file)->xShmBarrier(of(file)->real()); }

int xClose(sqlite3_file* file) {
  return methods(file) == nullptr ? SQLITE_OK : methods(file)->xClose(of(file)->real());
}
int xWrite(sqlite3_file* file, const void* data, int bytes, sqlite3_int64 at) {
  if (const int code = next_operation(); code != SQLITE_OK) return code;
  return methods(file)->xWrite(of(file)->real(), data, bytes, at);
}
int xTruncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = next_operation(); code != SQLITE_OK) return code;
  return methods(file)->xTruncate(of(file)->real(), size);
}
int xSync(sqlite3_file* file, int flags) {
  if (const int code = next_operation(); code != SQLITE_OK) return code;
  (void)file,
      (void)flags;  // nobody pulls the plug in a test: not waiting for the disk saves most of its time
  return SQLITE_OK;
}

// Version 2: without memory-mapped reading, which the store does not use.
const sqlite3_io_methods kMethods = {2,
                                     xClose,
                                     xRead,
                                     xWrite,
                                     xTruncate,
                                     xSync,
                                     xFileSize,
                                     xLock,
                                     xUnlock,
                                     xCheckReservedLock,
                                     xFileControl,
                                     xSectorSize,
                                     xDeviceCharacteristics,
                                     xShmMap,
                                     xShmLock,
                                     xShmBarrier,
                                     xShmUnmap,
                                     nullptr,
                                     nullptr};

sqlite3_vfs* g_real = nullptr;
sqlite3_vfs g_vfs;

int xOpen(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* flags_out) {
  of(file)->base.pMethods = nullptr;
  const int code = g_real->xOpen(g_real, path, of(file)->real(), flags, flags_out);
  if (of(file)->real()->pMethods != nullptr) of(file)->base.pMethods = &kMethods;
  return code;
}

}  // namespace

FailingVfs::FailingVfs() {
  g_switch = {};
  g_real = sqlite3_vfs_find(nullptr);
  g_vfs = *g_real;
  g_vfs.zName = "failing";
  g_vfs.szOsFile = static_cast<int>(sizeof(File)) + g_real->szOsFile;
  g_vfs.pNext = nullptr;
  g_vfs.xOpen = xOpen;
  sqlite3_vfs_register(&g_vfs, 1);
}

FailingVfs::~FailingVfs() {
  sqlite3_vfs_unregister(&g_vfs);
  sqlite3_vfs_register(g_real, 1);
}

void FailingVfs::fail(int64_t nth, int code, bool for_ever) { g_switch = {nth, code, for_ever, false}; }
void FailingVfs::heal() { g_switch = {}; }
bool FailingVfs::failed() const { return g_switch.failed; }

}  // namespace rollcall::store
