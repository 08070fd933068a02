#include "engine/fitting.hpp"

namespace rollcall::engine {
namespace {

bool checks_thing_model(JobType type) {
  return type == JobType::SetProperty || type == JobType::InvokeService;
}

// The product's published model, parsed once; nullptr when there is nothing to check against (DESIGN 5.7).
Result<std::shared_ptr<const ThingModel>> model_of(State& state, WorkingSet& ws, const Product& product) {
  if (!product.has_thing_model || product.validate_type == 2) return std::shared_ptr<const ThingModel>();
  const auto* published = ws.published_models.find(product.id);
  if (!published) return std::shared_ptr<const ThingModel>();
  State::CachedModel& cached = state.models[product.id];
  const size_t fingerprint = std::hash<std::string>()(published->tsl);
  if (!cached.model || cached.version != published->version || cached.fingerprint != fingerprint) {
    ROLLCALL_TRY(cached.model, ThingModel::parse(published->tsl));
    cached.version = published->version;
    cached.fingerprint = fingerprint;
  }
  return cached.model;
}

}  // namespace

bool gather_product_model(WorkingSet& ws, ProductId id, JobType type) {
  if (!ws.products.need(id)) return false;
  const Product* product = ws.products.find(id);
  if (!product || !checks_thing_model(type) || !product->has_thing_model) return true;
  return ws.published_models.need(id);
}

Result<Fit> fit(State& state, WorkingSet& ws, const Product& product, JobType type,
                const std::string& document) {
  Fit result;
  if (!checks_thing_model(type)) return result;
  ROLLCALL_TRY(auto model, model_of(state, ws, product));
  if (!model) return result;
  ROLLCALL_TRY(std::string_view params, job_document_params(document));
  if (type == JobType::SetProperty) {
    ROLLCALL_TRY(result.wire_params, model->check_properties(params));
    return result;
  }
  ROLLCALL_TRY(JobContent content, read_job_document(type, document));
  ROLLCALL_TRY(ThingModel::ServiceCall call, model->check_service(content.service_identifier, params));
  result.wire_params = std::move(call.params);
  result.sync_service = call.call_type == CallType::Sync;
  return result;
}

}  // namespace rollcall::engine
