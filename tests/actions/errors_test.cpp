// Every code of the table can be given, and is what the table calls it.
#include "actions/errors.hpp"

#include <gtest/gtest.h>

namespace rollcall::testing {
namespace {

TEST(Errors, CanAllBeProduced) {
  for (size_t i = 0; i < error_count(); ++i) {
    const ErrorRow& row = error_row(static_cast<ErrorCode>(i));
    SCOPED_TRACE(row.name);
    int entries = 0;
    for (const auto* errors : {&gateway_errors(), &fleet_errors(), &job_errors()}) {
      const auto found = errors->find(row.code);
      if (found == errors->end()) continue;
      ++entries;
      const std::string code = found->second();
      if (row.code == ErrorCode::Missing)
        EXPECT_TRUE(code.starts_with(row.api_code)) << code;
      else
        EXPECT_EQ(code, row.api_code);
    }
    EXPECT_EQ(entries, 1) << "needs one entry in errors_gateway.cpp, errors_fleet.cpp or errors_jobs.cpp";
  }
}

}  // namespace
}  // namespace rollcall::testing
