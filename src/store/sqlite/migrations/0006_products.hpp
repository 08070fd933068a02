// Products that change and go (DESIGN 5.18): a revision on which changes are conditional, and a ProductKey
// that is free again once its product is deleted, so that a fleet can be imported anew. Read by schema.cpp
// only; never edited once released.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0006[] = R"sql(
CREATE TABLE product_6(
  id INTEGER PRIMARY KEY,
  instance INTEGER NOT NULL,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  secret BLOB NOT NULL,
  node_type INTEGER NOT NULL,
  data_format INTEGER NOT NULL,
  has_thing_model INTEGER NOT NULL,
  auth_type TEXT NOT NULL,
  net_type INTEGER NOT NULL,
  protocol_type TEXT NOT NULL,
  category_key TEXT NOT NULL,
  id2 INTEGER NOT NULL,
  validate_type INTEGER NOT NULL,
  description TEXT NOT NULL,
  status INTEGER NOT NULL,
  device_count INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  deleted_ms INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO product_6 SELECT id, instance, key, name, secret, node_type, data_format, has_thing_model,
  auth_type, net_type, protocol_type, category_key, id2, validate_type, description, status, device_count,
  created_ms, deleted_ms, 0 FROM product;
DROP TABLE product;
ALTER TABLE product_6 RENAME TO product;
CREATE UNIQUE INDEX product_key ON product(key) WHERE deleted_ms = 0;
CREATE UNIQUE INDEX product_name ON product(instance, name) WHERE deleted_ms = 0;
CREATE INDEX product_instance ON product(instance, id) WHERE deleted_ms = 0;
)sql";

}  // namespace rollcall::store
