#include "gateway/kept_sessions.hpp"

#include <utility>

namespace rollcall::gateway {
namespace {

size_t bytes_of(const KeptSession& session) {
  size_t bytes = 0;
  for (const KeptMessage& message : session.messages)
    bytes += sizeof(KeptMessage) + message.topic.size() + message.payload.size();
  return bytes;
}

}  // namespace

void KeptSessions::keep(std::string_view name, KeptSession session) {
  if (const KeptSession* old = sessions_.find(name)) bytes_ -= bytes_of(*old);
  const size_t bytes = bytes_of(session);
  if (bytes_ + bytes > limits::kKeptBytesMax) session.messages.clear();
  bytes_ += bytes_of(session);
  sessions_.use(name, [this](const KeptSession& gone) { bytes_ -= bytes_of(gone); }) = std::move(session);
}

KeptSession KeptSessions::take(std::string_view name, SteadyUs now) {
  KeptSession* found = sessions_.find(name);
  if (found == nullptr) return {};
  bytes_ -= bytes_of(*found);
  KeptSession session = std::move(*found);
  sessions_.erase(name);
  return now < session.until ? std::move(session) : KeptSession{};
}

}  // namespace rollcall::gateway
