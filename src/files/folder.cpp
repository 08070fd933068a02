#include "files/folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/running_digest.hpp"
#include "files/links.hpp"

namespace rollcall::files {
namespace {

constexpr const char* kUnfinished = "/unfinished";

Error failure(const std::string& what, int code) {
  const char* kind = code == ENOSPC || code == EDQUOT || code == EFBIG ? "full: " : "io: ";
  return Error(ErrorCode::SystemException,
               "the file could not be stored: " + std::string(std::strerror(code)))
      .with_detail(kind + what + ": " + std::strerror(code));
}

Status make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail(failure("mkdir " + path, errno));
}

// The entries of a folder are durable.
Status sync_folder(const std::string& path) {
  const FileHandle folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return fail(failure("fsync " + path, errno));
  return {};
}

}  // namespace

struct Incoming::Hashes {
  RunningDigest md5{HashKind::Md5};
  RunningDigest sha256{HashKind::Sha256};
};

Incoming::Incoming(std::string path, FileHandle file)
    : path_(std::move(path)), file_(std::move(file)), hashes_(std::make_unique<Hashes>()) {}

Incoming::~Incoming() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Status Incoming::write(std::string_view bytes) {
  hashes_->md5.add(bytes);
  hashes_->sha256.add(bytes);
  bytes_ += static_cast<int64_t>(bytes.size());
  while (!bytes.empty()) {
    const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(failure("write " + path_, errno));
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Digests Incoming::finish() {
  return {hex_lower(hashes_->md5.finish()), hex_lower(hashes_->sha256.finish()), bytes_};
}

Result<FileFolder> FileFolder::open(const std::string& path) {
  ROLLCALL_TRY_STATUS(make_folder(path));
  std::error_code ec;
  std::filesystem::remove_all(path + kUnfinished, ec);
  if (ec) return fail(failure("remove " + path + kUnfinished, ec.value()));
  ROLLCALL_TRY_STATUS(make_folder(path + kUnfinished));
  ROLLCALL_TRY_STATUS(sync_folder(path));
  return FileFolder(path);
}

Result<std::unique_ptr<Incoming>> FileFolder::begin(Random& random) const {
  std::string path = path_ + kUnfinished + "/" + random.hex(16);
  FileHandle file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return fail(failure("open " + path, errno));
  return std::unique_ptr<Incoming>(new Incoming(std::move(path), std::move(file)));
}

// Two hundred and fifty-six folders, so that none has too many entries.
std::string FileFolder::path_of(std::string_view sha256) const {
  return path_ + "/" + std::string(sha256.substr(0, 2)) + "/" + std::string(sha256);
}

Result<Digests> FileFolder::place(std::unique_ptr<Incoming> file) const {
  const Digests digests = file->finish();
  const std::string to = path_of(digests.sha256);
  struct stat there {};
  if (::stat(to.c_str(), &there) == 0 && there.st_size == digests.bytes) return digests;
  if (::fdatasync(file->file_.get()) != 0) return fail(failure("fdatasync " + file->path_, errno));
  const std::string folder = to.substr(0, to.rfind('/'));
  ROLLCALL_TRY_STATUS(make_folder(folder));
  if (::rename(file->path_.c_str(), to.c_str()) != 0) return fail(failure("rename to " + to, errno));
  file->path_.clear();
  ROLLCALL_TRY_STATUS(sync_folder(folder));
  ROLLCALL_TRY_STATUS(sync_folder(path_));
  return digests;
}

Result<std::optional<FileFolder::Opened>> FileFolder::read(std::string_view sha256) const {
  if (!is_sha256(sha256)) return std::optional<Opened>();
  const std::string path = path_of(sha256);
  FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::optional<Opened>();
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return fail(failure("open " + path, errno));
  return std::optional<Opened>(Opened{std::move(file), status.st_size});
}

Status FileFolder::remove(std::string_view sha256) const {
  if (!is_sha256(sha256)) return {};
  const std::string path = path_of(sha256);
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return fail(failure("unlink " + path, errno));
}

Result<std::vector<std::string>> FileFolder::all() const {
  std::vector<std::string> digests;
  std::error_code ec;
  for (std::filesystem::recursive_directory_iterator it(path_, ec), end; !ec && it != end; it.increment(ec)) {
    const std::string name = it->path().filename().string();
    if (is_sha256(name)) digests.push_back(name);
  }
  if (ec) return fail(failure("list " + path_, ec.value()));
  return digests;
}

}  // namespace rollcall::files
