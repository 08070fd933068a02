#include "api/service.hpp"

#include <string>
#include <utility>

#include "base/log.hpp"

namespace rollcall::api {

ApiService::ApiService(Surroundings surroundings, const IdCodec::Key& codec_key, ApiConfig config)
    : clock_(surroundings.clock),
      random_(surroundings.random),
      codec_key_(codec_key),
      codec_(codec_key),
      config_(std::move(config)),
      context_{surroundings.engine, surroundings.queries, codec_, codec_key_, config_},
      keys_(std::make_shared<const KeyRing>(std::vector<AccessKey>())) {}

void ApiService::handle(HttpRequest&& request, HttpResponder respond) {
  probe_.requests.add();
  auto flight = std::make_shared<Flight>();
  flight->answer.request_id = random_.uuid_upper();
  flight->answer.chinese = config_.chinese;
  flight->respond = std::move(respond);
  auto row = admit(request, *flight);
  if (!row) return finish(*flight, {Node(), std::move(row.error())});
  (*row)->handle(context_, flight->call, [this, flight](ActionAnswer&& answer) { finish(*flight, answer); });
}

// Who asks, and for which action with which parameters (order of the checks: wire-protocol 1.6).
Result<const ActionRow*> ApiService::admit(const HttpRequest& request, Flight& flight) {
  const WallMs now = clock_.wall();
  ROLLCALL_TRY(AuthenticatedRequest authenticated,
               read_request(request, {*keys_, nonces_, now}, flight.answer));
  const ActionRow* row = find_action(authenticated.action);
  if (row == nullptr) return fail(ErrorCode::InvalidActionNotFound);
  flight.answer.action = authenticated.action;
  Call& call = flight.call;
  call.actor = {authenticated.key->instance, authenticated.key->id, request.peer, flight.answer.request_id};
  call.parameters = std::move(authenticated.parameters);
  call.now = now;
  ROLLCALL_TRY_STATUS(check_parameters(*row, call));
  ROLLCALL_TRY_STATUS(check_instance(call.parameters));
  return row;
}

Status ApiService::check_instance(const Parameters& parameters) const {
  const std::string_view given = parameters.get("IotInstanceId").value_or("");
  if (config_.accept_any_instance || given.empty() || given == config_.instance_id) return {};
  return fail(ErrorCode::InstanceNotFound);
}

void ApiService::finish(const Flight& flight, const ActionAnswer& answer) {
  HttpResponse response = answer.error ? render_error(flight.answer, *answer.error, answer.fields)
                                       : render_success(flight.answer, answer.fields);
  const Warnings& warnings = flight.call.warnings;
  if (!warnings.empty()) {
    probe_.unknown_parameters.add(warnings.count());
    response.headers.emplace_back("x-rollcall-warning", warnings.header_text());
    log_warn("api.unknown_parameters", {{"request", flight.answer.request_id},
                                        {"action", flight.answer.action},
                                        {"names", warnings.header_text()}});
  }
  if (answer.error) {
    const ErrorRow& row = error_row(answer.error->code);
    (row.http_status == 200 ? probe_.business_failures : probe_.gateway_failures).add();
    if (!answer.error->detail.empty()) {
      log_error("api.failed", {{"request", flight.answer.request_id},
                               {"action", flight.answer.action},
                               {"code", row.name},
                               {"detail", answer.error->detail}});
    }
  }
  flight.respond(std::move(response));
}

}  // namespace rollcall::api
