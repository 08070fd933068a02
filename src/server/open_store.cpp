#include "server/open_store.hpp"

#include "store/postgresql/open.hpp"
#include "store/sqlite/open.hpp"

namespace rollcall::server {
namespace {

store::SqliteOptions sqlite_options(const Config& config) {
  return {config.data_dir + "/rollcall.db", config.synchronous_full, 16 * 1024};
}

// What was given is not repeated: it may hold a password.
tl::unexpected<Error> unknown_store() {
  return fail(ErrorCode::InvalidFormattedParameter,
              "--store is \"sqlite\" or an address like postgresql://user@host:port/database");
}

}  // namespace

Result<std::unique_ptr<store::Store>> open_store(const Config& config, const Clock& clock, Random& random) {
  if (config.store == "sqlite") return store::open_sqlite(sqlite_options(config), random);
  if (!store::is_postgresql_url(config.store)) return unknown_store();
  return store::open_postgresql({config.store}, clock, random);
}

Result<std::unique_ptr<store::Reader>> open_reader(const Config& config, const Clock& clock) {
  if (config.store == "sqlite") return store::open_sqlite_reader(sqlite_options(config));
  if (!store::is_postgresql_url(config.store)) return unknown_store();
  return store::open_postgresql_reader({config.store}, clock);
}

}  // namespace rollcall::server
