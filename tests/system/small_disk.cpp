#include "small_disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace rollcall::testing {
namespace {

void write_text(const char* path, const std::string& text) { std::ofstream(path) << text; }

// From here on this process, and what it starts, is root of a world of its own.
bool enter_own_namespace() {
  const std::string user = std::to_string(getuid());
  const std::string group = std::to_string(getgid());
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  write_text("/proc/self/setgroups", "deny");
  write_text("/proc/self/uid_map", "0 " + user + " 1");
  write_text("/proc/self/gid_map", "0 " + group + " 1");
  return getuid() == 0;
}

}  // namespace

SmallDisk::SmallDisk(const std::string& folder, int64_t bytes, int64_t taken_bytes) : folder_(folder) {
  std::filesystem::create_directories(folder_);
  const std::string size = "size=" + std::to_string(bytes);
  const auto mount_it = [&] {
    return mount("tmpfs", folder_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, size.c_str()) == 0;
  };
  mounted_ = mount_it();
  if (mounted_) {
    kind_ = "a tmpfs";
  } else if (enter_own_namespace() && mount_it()) {
    mounted_ = true;
    kind_ = "a tmpfs in a namespace of its own";
  }
  if (!mounted_) return;
  const int file = open((folder_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || posix_fallocate(file, 0, taken_bytes) != 0) mounted_ = false;
  if (file >= 0) close(file);
}

SmallDisk::~SmallDisk() { umount2(folder_.c_str(), MNT_DETACH); }

void SmallDisk::fill() {
  const int file = open((folder_ + "/ballast").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  const std::string block(4096, 'x');
  while (file >= 0 && write(file, block.data(), block.size()) > 0) continue;
  if (file >= 0) close(file);
}

void SmallDisk::free_room() { unlink((folder_ + "/ballast").c_str()); }

}  // namespace rollcall::testing
