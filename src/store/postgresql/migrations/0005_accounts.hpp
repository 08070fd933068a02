// Accounts, their instances and aliases, sub-users, and the tokens of CreateJob. Keys that are there belong
// to the first account and were made for its administrator. Read by schema.cpp only; never edited once
// released.
#pragma once

namespace rollcall::store::postgresql {

inline constexpr char kPostgresqlMigration0005[] = R"sql(
CREATE TABLE account(
  id bigint PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  default_instance bigint NOT NULL,
  created_ms bigint NOT NULL
);
INSERT INTO account VALUES (1, 'default', 1, 0);
ALTER TABLE instance ADD COLUMN account bigint NOT NULL DEFAULT 1;
CREATE TABLE instance_alias(code text COLLATE "C" PRIMARY KEY, instance bigint NOT NULL);
CREATE TABLE sub_user(
  account bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  policy text NOT NULL,
  created_ms bigint NOT NULL,
  PRIMARY KEY (account, name)
);
ALTER TABLE access_key ADD COLUMN account bigint NOT NULL DEFAULT 1;
ALTER TABLE access_key ADD COLUMN sub_user text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE access_key ADD COLUMN administrator boolean NOT NULL DEFAULT true;
CREATE TABLE client_token(
  account bigint NOT NULL,
  token text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  job bigint NOT NULL,
  created_ms bigint NOT NULL,
  PRIMARY KEY (account, token)
);
CREATE INDEX client_token_age ON client_token(created_ms);
)sql";

}  // namespace rollcall::store::postgresql
