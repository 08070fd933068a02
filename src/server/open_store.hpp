// Opens the store that the configuration names: the embedded one in the data folder, or PostgreSQL. Thread:
// main, at start; what is opened then belongs to whom it is given.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "server/config.hpp"
#include "store/store.hpp"

namespace rollcall::server {

Result<std::unique_ptr<store::Store>> open_store(const Config& config, const Clock& clock, Random& random);
// After open_store().
Result<std::unique_ptr<store::Reader>> open_reader(const Config& config, const Clock& clock);

}  // namespace rollcall::server
