// A folder on a file system of a few megabytes, with a part of them taken by something that can be removed:
// a tmpfs where mounting is allowed, if need be in a namespace of this process's own. Thread: one.
#pragma once

#include <cstdint>
#include <string>

namespace rollcall::testing {

class SmallDisk {
 public:
  SmallDisk(const std::string& folder, int64_t bytes, int64_t taken_bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // False: nothing could be mounted, and `folder` is just a folder.
  bool mounted() const { return mounted_; }
  const char* kind() const { return kind_; }
  // Takes what room is left, to the last byte.
  void fill();
  // Removes what takes the room.
  void free_room();

 private:
  std::string folder_;
  bool mounted_ = false;
  const char* kind_ = "a budget of bytes in the failing disk";
};

}  // namespace rollcall::testing
