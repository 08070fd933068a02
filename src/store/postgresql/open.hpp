// Opens the store on PostgreSQL. Called by server/, tests and benchmarks; everything else sees store.hpp
// only.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "store/store.hpp"

namespace rollcall::store {

struct PostgresqlOptions {
  std::string
      url;  // postgresql://user@host:port/database?options, as libpq reads it; PGPASSWORD and ~/.pgpass work
  // One serving process per database: a second one is refused. False in tests that open several.
  bool exclusive = true;
};

// True for an address that open_postgresql() is meant for.
bool is_postgresql_url(const std::string& text);
// Connects, runs the migrations, takes the lock. `clock` and `random` outlive the store. Error:
// SystemException whose message says what to do (unreachable, wrong password, in use, too old, newer schema,
// foreign tables); the password is in none of them.
Result<std::unique_ptr<Store>> open_postgresql(const PostgresqlOptions& options, const Clock& clock,
                                               Random& random);
// A connection of its own that only reads; the store has been opened before.
Result<std::unique_ptr<Reader>> open_postgresql_reader(const PostgresqlOptions& options, const Clock& clock);

}  // namespace rollcall::store
