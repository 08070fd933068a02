// One writing process per data file: an flock on a side file, which the kernel drops with the process,
// however it ends. Thread: any one.
#pragma once

#include <string>

#include "base/result.hpp"

namespace rollcall::store {

class FileLock {
 public:
  FileLock() = default;
  // Locks `path` + ".lock". Error: SystemException naming the process that has it.
  static Result<FileLock> take(const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// Makes the file if it is not there, readable and writable by its owner only; the side files of SQLite
// inherit the mode.
Status make_private_file(const std::string& path);

}  // namespace rollcall::store
