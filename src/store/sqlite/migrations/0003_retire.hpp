// Deleted devices (DESIGN 5.18): a foreign IotId is free again once its device is gone, so that a fleet can
// be imported anew; the tombstone keeps it for what is still read about its tasks.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0003[] = R"sql(
DROP INDEX device_foreign_iot_id;
CREATE UNIQUE INDEX device_foreign_iot_id ON device(foreign_iot_id)
  WHERE foreign_iot_id IS NOT NULL AND deleted_ms = 0;
)sql";

}  // namespace rollcall::store
