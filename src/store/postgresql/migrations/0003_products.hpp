// Products that change and go (DESIGN 5.18): a revision on which changes are conditional, and a ProductKey
// that is free again once its product is deleted, so that a fleet can be imported anew. Read by schema.cpp
// only; never edited once released.
#pragma once

namespace rollcall::store::postgresql {

inline constexpr char kPostgresqlMigration0003[] = R"sql(
ALTER TABLE product ADD COLUMN revision bigint NOT NULL DEFAULT 0;
ALTER TABLE product DROP CONSTRAINT product_key_key;
CREATE UNIQUE INDEX product_key ON product(key) WHERE deleted_ms = 0;
)sql";

}  // namespace rollcall::store::postgresql
