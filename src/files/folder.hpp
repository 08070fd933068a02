// The data folder's files, by their content: the same image is stored once, whoever uploads it how often. A
// file is there whole, synced and under its digest, or not at all: it is written beside and moved in. What
// was not moved in is taken away at the next start. Thread: open() and Incoming from the core that takes
// uploads, place(), remove() and all() from one other thread, since they wait for the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_handle.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace rollcall::files {

struct Digests {
  std::string md5;     // lower-case hex
  std::string sha256;  // likewise
  int64_t bytes = 0;
};

class FileFolder;

// A file on its way in: hashed while it is written, gone with this object unless it was placed.
class Incoming {
 public:
  ~Incoming();
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  // Errors: SystemException with "full:" or "io:" in its detail, as a store's.
  Status write(std::string_view bytes);
  int64_t bytes() const noexcept { return bytes_; }

 private:
  friend class FileFolder;
  Incoming(std::string path, FileHandle file);
  Digests finish();

  std::string path_;  // empty: it was moved in
  FileHandle file_;
  struct Hashes;
  std::unique_ptr<Hashes> hashes_;
  int64_t bytes_ = 0;
};

class FileFolder {
 public:
  // Makes the folder if need be, and takes away what an earlier process left unfinished.
  static Result<FileFolder> open(const std::string& path);

  Result<std::unique_ptr<Incoming>> begin(Random& random) const;
  // Durable when it returns. A content that is there already is kept, and the new file goes.
  Result<Digests> place(std::unique_ptr<Incoming> file) const;
  struct Opened {
    FileHandle file;
    int64_t bytes = 0;
  };
  // nullopt when there is none.
  Result<std::optional<Opened>> read(std::string_view sha256) const;
  // What is not there is a success.
  Status remove(std::string_view sha256) const;
  // The digests of all that is there.
  Result<std::vector<std::string>> all() const;

 private:
  explicit FileFolder(std::string path) : path_(std::move(path)) {}
  std::string path_of(std::string_view sha256) const;
  std::string path_;
};

}  // namespace rollcall::files
