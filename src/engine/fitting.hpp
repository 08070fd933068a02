// Does a product's thing model take this document, and what is then sent? The one component that jobs and
// direct calls ask (DESIGN 5.7). Used by create_job.cpp and direct.cpp. Thread: the engine's.
#pragma once

#include <string>

#include "engine/state.hpp"

namespace rollcall::engine {

struct Fit {
  std::string wire_params;  // empty: nothing to check against, the document's own are sent
  bool sync_service = false;
};

// Asks for a product and what its thing-model check needs.
bool gather_product_model(WorkingSet& ws, ProductId id, JobType type);
// On success what is to be sent. Errors: InvalidFormattedParameter with the path of the offending field.
Result<Fit> fit(State& state, WorkingSet& ws, const Product& product, JobType type,
                const std::string& document);

}  // namespace rollcall::engine
