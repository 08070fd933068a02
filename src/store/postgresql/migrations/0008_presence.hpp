// Why a device's last connection ended and which firmware it runs; whether a product's devices may fetch
// their secret. Read by schema.cpp only; never edited once released.
#pragma once

namespace rollcall::store::postgresql {

inline constexpr char kPostgresqlMigration0008[] = R"sql(
ALTER TABLE presence ADD COLUMN offline_reason smallint NOT NULL DEFAULT 0;
ALTER TABLE presence ADD COLUMN firmware_version bytea NOT NULL DEFAULT '';
ALTER TABLE product ADD COLUMN dynamic_registration smallint NOT NULL DEFAULT 0;
)sql";

}  // namespace rollcall::store::postgresql
