// The data folder of a server: made with mode 0700, holds the store, the access key of the first start and
// the TLS pair. Thread: main, at start.
#pragma once

#include <string>

#include "base/random.hpp"
#include "base/result.hpp"
#include "model/fleet.hpp"
#include "store/store.hpp"

namespace rollcall::server {

// Makes the folder if there is none. Error: ServiceUnavailable that says what is in the way.
Status make_data_folder(const std::string& dir);
// Writes a file so that it appears whole or not at all, with the given mode.
Status write_file(const std::string& path, const std::string& text, unsigned mode);

struct AdminKey {
  AccessKey key;
  bool fresh = false;  // made by this start
};
// The administrator's key: made on an empty store, from ROLLCALL_ACCESS_KEY_ID and ROLLCALL_ACCESS_KEY_SECRET
// when both are set, else at random, and written to DIR/access-key with mode 0600 (DESIGN 6). Otherwise the
// oldest key of the store.
Result<AdminKey> ensure_admin_key(store::Store& store, const std::string& dir, Random& random, WallMs now);

}  // namespace rollcall::server
