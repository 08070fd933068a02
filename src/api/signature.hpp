// Checks the signature of a request: version 1.0 (HMAC-SHA1, parameters) and version 3 (ACS3-HMAC-SHA256,
// headers), time window and nonce (wire-protocol 1, 2; check order 1.6). Thread: one owner, the core that
// serves HTTP.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "api/parameters.hpp"
#include "base/clock.hpp"
#include "base/http.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "model/access.hpp"

namespace rollcall::api {

// The access keys as of now; replaced as a whole when they change.
class KeyRing {
 public:
  explicit KeyRing(AccessDirectory all);
  // Keys alone: each of its own instance.
  explicit KeyRing(std::vector<AccessKey> keys);
  // nullptr when unknown.
  const AccessKey* find(std::string_view id) const;
  const AccessDirectory& directory() const noexcept { return all_; }

 private:
  AccessDirectory all_;
  std::unordered_map<std::string, size_t> places_;  // in all_.keys
};

// Remembers (key, nonce) of both families for limits::kNonceKeepMs, each as 16 bytes of their digest. Lost by
// a restart: a replay is then possible for at most limits::kSignatureWindowMs.
class NonceStore {
 public:
  explicit NonceStore(size_t entries_max = limits::kNoncesMax) : entries_max_(entries_max) {}
  // Remembers the nonce. SignatureNonceUsed when it is known already, ServiceUnavailable when there is no
  // room: nothing is forgotten before its time.
  Status use(std::string_view key_id, std::string_view nonce, WallMs now);
  size_t size() const noexcept { return order_.size(); }

 private:
  using Entry = std::array<char, 16>;
  struct EntryHash {
    size_t operator()(const Entry& entry) const noexcept {  // a digest is spread already
      size_t value = 0;
      std::memcpy(&value, entry.data(), sizeof value);
      return value;
    }
  };

  using Shard = std::unordered_set<Entry, EntryHash>;
  Shard& shard_of(const Entry& entry) { return known_[static_cast<unsigned char>(entry.back())]; }

  size_t entries_max_;
  // Many small tables: to grow one of two million entries would hold its core up for a tenth of a second.
  std::array<Shard, 256> known_;
  std::deque<std::pair<WallMs, Entry>> order_;
};

struct SignedBy {
  const AccessKey* key = nullptr;
  std::string action;
  std::string version;
};

// Which family a request is signed with: the Authorization header decides (wire-protocol 0.3).
bool is_v3(const HttpRequest& request) noexcept;

// `query` and `all` (query and form merged) are decoded; the method is GET or POST. Errors: those of
// wire-protocol 1.6, in its order.
Result<SignedBy> check_v1(const HttpRequest& request, const Parameters& all, const KeyRing& keys,
                          NonceStore& nonces, WallMs now);
Result<SignedBy> check_v3(const HttpRequest& request, const NameValues& query, const KeyRing& keys,
                          NonceStore& nonces, WallMs now);

}  // namespace rollcall::api
