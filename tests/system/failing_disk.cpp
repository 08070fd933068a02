// A disk that fails: loaded into the server with LD_PRELOAD, it counts the writes, syncs and truncations of
// files below one folder and makes some of them fail, as disk_control.hpp says. Depends on nothing but libc.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "disk_control.hpp"

namespace {

using rollcall::testing::DiskControl;
using rollcall::testing::DiskFault;

DiskControl* map_control() {
  const char* path = getenv("ROLLCALL_DISK_CONTROL");
  if (path == nullptr) return nullptr;
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* page = mmap(nullptr, sizeof(DiskControl), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return page == MAP_FAILED ? nullptr : static_cast<DiskControl*>(page);
}

DiskControl* control() {
  static DiskControl* const page = map_control();
  return page;
}

// The file's name when it lies in the folder, else nullptr.
const char* name_below(int file, char (&path)[512]) {
  static const char* const folder = getenv("ROLLCALL_DISK_FOLDER");
  if (folder == nullptr) return nullptr;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return nullptr;
  path[length] = 0;
  const size_t depth = strlen(folder);
  return strncmp(path, folder, depth) == 0 && path[depth] == '/' ? path + depth + 1 : nullptr;
}

enum class Verdict { Proceed, Fail, Half };

// Counts the operation and says what becomes of it; errno is set for a failure.
Verdict judge(const char* operation, int file, size_t bytes) {
  DiskControl* page = control();
  char path[512];
  const char* name = page == nullptr ? nullptr : name_below(file, path);
  if (name == nullptr) return Verdict::Proceed;
  const uint64_t number = ++page->operations;
  const uint64_t from = page->fail_from;
  const bool chosen = from != 0 && number >= from && number - from < page->fail_count;
  const bool full = bytes > 0 && page->room_bytes >= 0 &&
                    page->room_bytes.fetch_sub(static_cast<int64_t>(bytes)) < static_cast<int64_t>(bytes);
  if (full) page->room_bytes = 0;
  if (!chosen && !full) return Verdict::Proceed;
  const auto fault = full ? DiskFault::Enospc : static_cast<DiskFault>(page->fault.load());
  if (page->failures++ == 0)
    snprintf(page->first_failure, sizeof page->first_failure, "%s %s", operation, name);
  if (fault == DiskFault::Kill) raise(SIGKILL);
  errno = fault == DiskFault::Enospc ? ENOSPC : EIO;
  return (fault == DiskFault::Torn || fault == DiskFault::Short) && bytes > 1 ? Verdict::Half : Verdict::Fail;
}

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// `write(bytes)` writes so many for real.
template <class Write>
ssize_t judged_write(const char* operation, int file, size_t bytes, Write&& write) {
  switch (judge(operation, file, bytes)) {
    case Verdict::Proceed:
      return write(bytes);
    case Verdict::Fail:
      return -1;
    case Verdict::Half: {
      const ssize_t written = write(bytes / 2);
      if (static_cast<DiskFault>(control()->fault.load()) == DiskFault::Short) return written;
      errno = EIO;
      return -1;
    }
  }
  return -1;
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* data, size_t bytes) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t)>("write");
  return judged_write("write", file, bytes, [&](size_t n) { return next(file, data, n); });
}

ssize_t pwrite(int file, const void* data, size_t bytes, off_t at) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return judged_write("pwrite", file, bytes, [&](size_t n) { return next(file, data, n, at); });
}

ssize_t pwrite64(int file, const void* data, size_t bytes, off64_t at) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return judged_write("pwrite", file, bytes, [&](size_t n) { return next(file, data, n, at); });
}

int fsync(int file) {
  static const auto next = real<int (*)(int)>("fsync");
  return judge("fsync", file, 0) == Verdict::Proceed ? next(file) : -1;
}

int fdatasync(int file) {
  static const auto next = real<int (*)(int)>("fdatasync");
  return judge("fdatasync", file, 0) == Verdict::Proceed ? next(file) : -1;
}

int ftruncate(int file, off_t bytes) noexcept {
  static const auto next = real<int (*)(int, off_t)>("ftruncate");
  return judge("ftruncate", file, 0) == Verdict::Proceed ? next(file, bytes) : -1;
}

int ftruncate64(int file, off64_t bytes) noexcept {
  static const auto next = real<int (*)(int, off64_t)>("ftruncate64");
  return judge("ftruncate", file, 0) == Verdict::Proceed ? next(file, bytes) : -1;
}

}  // extern "C"
