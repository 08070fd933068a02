#include "store/sqlite/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace rollcall::store {
namespace {

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

tl::unexpected<Error> cannot(const char* what, const std::string& path) {
  const std::string reason = std::strerror(errno);
  return fail(Error(ErrorCode::SystemException, std::string(what) + ": " + reason + ".")
                  .with_detail("io: " + path + ": " + reason));
}

// The number that the holder wrote, for the message only.
std::string holder(int descriptor) {
  char text[32];
  const ssize_t length = pread(descriptor, text, sizeof text, 0);
  std::string_view number(text, length > 0 ? static_cast<size_t>(length) : 0);
  number = number.substr(0, number.find('\n'));
  if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos) return {};
  return " (process " + std::string(number) + ")";
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& path) {
  const std::string lock_path = path + ".lock";
  const int descriptor = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return cannot("The lock of the data file cannot be opened", lock_path);
  FileLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return cannot("The data file cannot be locked", lock_path);
    return fail(Error(ErrorCode::SystemException, "The data file is in use by another Rollcall" +
                                                      holder(descriptor) +
                                                      "; stop it first, or use another data folder.")
                    .with_detail("io: locked: " + lock_path));
  }
  const std::string number = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, number.data(), number.size(), 0) != static_cast<ssize_t>(number.size())) {
    return cannot("The lock of the data file cannot be written", lock_path);
  }
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Status make_private_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return cannot("The data file cannot be opened", path);
  const int narrowed = fchmod(descriptor, kOwnerOnly);
  Status status;
  if (narrowed != 0) status = cannot("The data file cannot be made private to its owner", path);
  close(descriptor);
  return status;
}

}  // namespace rollcall::store
