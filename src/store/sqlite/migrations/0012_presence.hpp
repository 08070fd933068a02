// Why a device's last connection ended and which firmware it runs; whether a product's devices may fetch
// their secret. Read by schema.cpp only; never edited once released.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0012[] = R"sql(
ALTER TABLE presence ADD COLUMN offline_reason INTEGER NOT NULL DEFAULT 0;
ALTER TABLE presence ADD COLUMN firmware_version TEXT NOT NULL DEFAULT '';
ALTER TABLE product ADD COLUMN dynamic_registration INTEGER NOT NULL DEFAULT 0;
)sql";

}  // namespace rollcall::store
