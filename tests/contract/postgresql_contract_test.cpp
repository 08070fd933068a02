// The contract on PostgreSQL.
#include <map>

#include "base/clock.hpp"
#include "contract/store_contract.hpp"
#include "store/postgresql/open.hpp"
#include "support/postgresql_server.hpp"

namespace rollcall::store {
namespace {

using rollcall::testing::PostgresqlServer;

SystemClock system_clock;

// Each folder of the suite has a schema of its own.
Result<PostgresqlOptions> options_of(const std::string& folder) {
  static std::map<std::string, std::string> urls;
  PostgresqlServer& server = PostgresqlServer::shared();
  if (!server.why_not().empty()) return fail(ErrorCode::SystemException, server.why_not());
  auto [at, fresh] = urls.try_emplace(folder);
  if (fresh) at->second = server.fresh_url();
  return PostgresqlOptions{at->second};
}

StoreKind on_postgresql() {
  return {"Postgresql", true,
          [](const std::string& folder, Random& random) -> Result<std::unique_ptr<Store>> {
            ROLLCALL_TRY(const PostgresqlOptions options, options_of(folder));
            return open_postgresql(options, system_clock, random);
          },
          [](const std::string& folder) -> Result<std::unique_ptr<Reader>> {
            ROLLCALL_TRY(const PostgresqlOptions options, options_of(folder));
            return open_postgresql_reader(options, system_clock);
          }};
}

INSTANTIATE_TEST_SUITE_P(Postgresql, StoreContract, ::testing::Values(on_postgresql()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace rollcall::store
