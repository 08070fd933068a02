#include "gateway/kept_sessions.hpp"

#include <utility>

namespace rollcall::gateway {

void KeptSessions::keep(std::string_view name, KeptSession session) {
  sessions_.use(name) = std::move(session);
}

KeptSession KeptSessions::take(std::string_view name, SteadyUs now) {
  KeptSession* found = sessions_.find(name);
  if (found == nullptr) return {};
  KeptSession session = std::move(*found);
  sessions_.erase(name);
  return now < session.until ? std::move(session) : KeptSession{};
}

}  // namespace rollcall::gateway
