// Direct messages with QoS 1 that wait for their devices, bounded per device and in all where they are made.
// Read by schema.cpp only; never edited once released.
#pragma once

namespace rollcall::store::postgresql {

inline constexpr char kPostgresqlMigration0009[] = R"sql(
CREATE TABLE offline_message(
  device bigint NOT NULL,
  id bigint NOT NULL,
  expires_ms bigint NOT NULL,
  type smallint NOT NULL,
  name bytea NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (device, id)
);
CREATE INDEX offline_message_end ON offline_message(expires_ms);
)sql";

}  // namespace rollcall::store::postgresql
