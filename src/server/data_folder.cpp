#include "server/data_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace rollcall::server {
namespace {

Error trouble(const std::string& what, const std::string& path) {
  return Error(ErrorCode::ServiceUnavailable, what + " " + path + ": " + std::strerror(errno));
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// So that the new name survives a loss of power, where the file system can do that.
void sync_folder_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const int folder = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

Status store_key(store::Store& store, const AccessKey& key) {
  store::ChangeSet changes;
  changes.new_access_keys.push_back(key);
  store.submit(changes);
  while (true) {
    auto result = store.poll();
    if (!result) continue;
    return result->map([](auto&&) {});
  }
}

}  // namespace

Status make_data_folder(const std::string& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error)
    return fail(ErrorCode::ServiceUnavailable, "cannot make the data folder " + dir + ": " + error.message());
  if (::access(dir.c_str(), W_OK | X_OK) != 0) return fail(trouble("cannot write in the data folder", dir));
  ::chmod(dir.c_str(), 0700);
  return {};
}

Status write_file(const std::string& path, const std::string& text, unsigned mode) {
  const std::string temporary = path + ".new";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) return fail(trouble("cannot write", temporary));
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  ::close(file);
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    Error error = trouble("cannot write", path);
    ::unlink(temporary.c_str());
    return fail(std::move(error));
  }
  sync_folder_of(path);
  return {};
}

Result<AdminKey> ensure_admin_key(store::Store& store, const std::string& dir, Random& random, WallMs now) {
  ROLLCALL_TRY(auto all, store.access());
  for (AccessKey& key : all.keys)
    if (key.administrator && key.enabled) return AdminKey{std::move(key), false};
  AdminKey admin;
  admin.fresh = true;
  admin.key.id = environment("ROLLCALL_ACCESS_KEY_ID");
  admin.key.secret = Secret(environment("ROLLCALL_ACCESS_KEY_SECRET"));
  if (admin.key.id.empty() || admin.key.secret.empty()) {
    admin.key.id = "RC" + random.alphanumeric(18);
    admin.key.secret = Secret(random.alphanumeric(30));
  }
  admin.key.instance = kFirstInstance;
  admin.key.administrator = true;
  admin.key.created_at = now;
  // The file first: a key that is in the store is not told again, and a crash in between must not hide it.
  ROLLCALL_TRY_STATUS(write_file(dir + "/access-key",
                                 "ROLLCALL_ACCESS_KEY_ID=" + admin.key.id +
                                     "\nROLLCALL_ACCESS_KEY_SECRET=" + admin.key.secret.reveal() + "\n",
                                 0600));
  ROLLCALL_TRY_STATUS(store_key(store, admin.key));
  return admin;
}

}  // namespace rollcall::server
