// Accounts, their instances and aliases, sub-users, and the tokens of CreateJob. Keys that are there belong
// to the first account and were made for its administrator. Read by schema.cpp only; never edited once
// released.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0009[] = R"sql(
CREATE TABLE account(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  default_instance INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;
INSERT INTO account VALUES (1, 'default', 1, 0);
ALTER TABLE instance ADD COLUMN account INTEGER NOT NULL DEFAULT 1;
CREATE TABLE instance_alias(code TEXT PRIMARY KEY, instance INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sub_user(
  account INTEGER NOT NULL,
  name TEXT NOT NULL,
  policy TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
ALTER TABLE access_key ADD COLUMN account INTEGER NOT NULL DEFAULT 1;
ALTER TABLE access_key ADD COLUMN sub_user TEXT NOT NULL DEFAULT '';
ALTER TABLE access_key ADD COLUMN administrator INTEGER NOT NULL DEFAULT 1;
CREATE TABLE client_token(
  account INTEGER NOT NULL,
  token TEXT NOT NULL,
  digest BLOB NOT NULL,
  job INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (account, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX client_token_age ON client_token(created_ms);
)sql";

}  // namespace rollcall::store
