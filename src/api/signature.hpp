// Checks the signature of a request: version 1.0 (HMAC-SHA1, parameters) and version 3 (ACS3-HMAC-SHA256,
// headers), time window and nonce (wire-protocol 1, 2; check order 1.6). Thread: one owner, the core that
// serves HTTP.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "api/parameters.hpp"
#include "base/clock.hpp"
#include "base/http.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {

// The access keys as of now; replaced as a whole when they change.
class KeyRing {
 public:
  explicit KeyRing(std::vector<AccessKey> keys);
  // nullptr when unknown.
  const AccessKey* find(std::string_view id) const;

 private:
  std::unordered_map<std::string, AccessKey> keys_;
};

// Remembers (key, nonce) for limits::kNonceKeepMs, at most limits::kNoncesMax of them. Lost by a restart, as
// is the time window of what was signed before it: a replay is possible for at most
// limits::kSignatureWindowMs after a restart.
class NonceStore {
 public:
  // Remembers the nonce. SignatureNonceUsed when it is known already, ServiceUnavailable when there is no
  // room.
  Status use(std::string_view key_id, std::string_view nonce, WallMs now);
  size_t size() const noexcept { return known_.size(); }

 private:
  std::unordered_set<std::string> known_;
  std::deque<std::pair<WallMs, std::string>> order_;
};

struct SignedBy {
  const AccessKey* key = nullptr;
  std::string action;
  std::string version;
};

// Which family a request is signed with: the Authorization header decides (wire-protocol 0.3).
bool is_v3(const HttpRequest& request) noexcept;

// `query` and `all` (query and form merged) are decoded. Errors: those of wire-protocol 1.6, in its order.
Result<SignedBy> check_v1(const HttpRequest& request, const Parameters& all, const KeyRing& keys,
                          NonceStore& nonces, WallMs now);
Result<SignedBy> check_v3(const HttpRequest& request, const NameValues& query, const KeyRing& keys,
                          NonceStore& nonces, WallMs now);

}  // namespace rollcall::api
