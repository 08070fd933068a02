// Direct messages with QoS 1 that wait for their devices, bounded per device and in all where they are made.
// Read by schema.cpp only; never edited once released.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0013[] = R"sql(
CREATE TABLE offline_message(
  device INTEGER NOT NULL,
  id INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  type INTEGER NOT NULL,
  name TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX offline_message_device ON offline_message(device, id);
CREATE INDEX offline_message_end ON offline_message(expires_ms);
)sql";

}  // namespace rollcall::store
