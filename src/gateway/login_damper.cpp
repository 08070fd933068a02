#include "gateway/login_damper.hpp"

#include <algorithm>

namespace rollcall::gateway {
namespace {

std::string key_of(std::string_view peer, std::string_view name) {
  std::string key(peer.substr(0, peer.rfind(':')));
  key.append(" ").append(name);
  return key;
}

}  // namespace

bool LoginDamper::refuses(std::string_view peer, std::string_view name, SteadyUs now) {
  if (failures_.size() == 0) return false;
  const Failures* failures = failures_.find(key_of(peer, name));
  return failures != nullptr && now < failures->until;
}

void LoginDamper::failed(std::string_view peer, std::string_view name, SteadyUs now) {
  Failures& failures = failures_.use(key_of(peer, name));
  if (failures.count > 0 && now - failures.last > limits::kLoginFailuresKeptSeconds * 1'000'000)
    failures.count = 0;
  failures.last = now;
  ++failures.count;
  if (failures.count <= limits::kLoginFailuresFree) return;
  const int doublings = std::min(failures.count - limits::kLoginFailuresFree - 1, 30);
  const int64_t pause_s = std::min(int64_t{1} << doublings, limits::kLoginPauseSecondsMax);
  failures.until = now + pause_s * 1'000'000;
}

void LoginDamper::succeeded(std::string_view peer, std::string_view name) {
  if (failures_.size() > 0) failures_.erase(key_of(peer, name));
}

}  // namespace rollcall::gateway
