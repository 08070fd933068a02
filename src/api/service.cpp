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
      context_{surroundings.engine,    surroundings.queries, codec_, codec_key_, config_, this,
               surroundings.device_log},
      keys_(std::make_shared<const KeyRing>(std::vector<AccessKey>())),
      throttle_(config_.limits.qps_enabled, config_.limits.qps) {}

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
HttpResponse ApiService::refusal(int status, std::string_view reason) {
  probe_.gateway_failures.add();
  const bool too_large = status == 413 || status == 431;
  const ErrorCode code = status >= 500 ? ErrorCode::InternalError
                         : too_large   ? ErrorCode::RequestTooLarge
                                       : ErrorCode::InvalidRequest;
  AnswerContext context;
  context.request_id = random_.uuid_upper();
  HttpResponse response = render_error(context, Error(code, std::string(reason)));
  response.status = status;
  return response;
}

Result<const ActionRow*> ApiService::admit(const HttpRequest& request, Flight& flight) {
  const WallMs now = clock_.wall();
  ROLLCALL_TRY(AuthenticatedRequest authenticated,
               read_request(request, {*keys_, nonces_, now}, flight.answer));
  const ActionRow* row = find_action(authenticated.action);
  if (row == nullptr) return fail(ErrorCode::InvalidActionNotFound);
  flight.answer.action = authenticated.action;
  Call& call = flight.call;
  const AccessKey& key = *authenticated.key;
  call.actor = {{}, key.id, request.peer, flight.answer.request_id, key.account};
  call.parameters = std::move(authenticated.parameters);
  call.now = now;
  ROLLCALL_TRY_STATUS(authorize(key, *row, flight));
  ROLLCALL_TRY_STATUS(check_parameters(*row, call));
  ROLLCALL_TRY(call.actor.instance, find_instance(key, call.parameters));
  return row;
}

// May this key call this action, and may its account call it now?
Status ApiService::authorize(const AccessKey& key, const ActionRow& row, Flight& flight) {
  if (row.administrator && !key.administrator) return fail(ErrorCode::NoPermission);
  if (!key.user.empty()) {
    const SubUser* user = keys_->directory().user(key.account, key.user);
    if (user == nullptr || !policy_allows(user->policy, row.name)) return fail(ErrorCode::NoPermission);
  }
  flight.retry_after_ms = throttle_.wait_ms(key.account, row, clock_.steady());
  if (flight.retry_after_ms > 0) return fail(ErrorCode::ThrottlingUser);
  return {};
}

// The instance that a call is about: the account's own, by its id or an alias, or else its default.
Result<InstanceId> ApiService::find_instance(const AccessKey& key, const Parameters& parameters) const {
  const AccessDirectory& all = keys_->directory();
  const Account* account = all.account(key.account);
  const InstanceId fallback = account ? account->default_instance : key.instance;
  const std::string_view code = parameters.get("IotInstanceId").value_or("");
  if (code.empty()) return fallback;
  const Instance* instance = all.instance(code);
  if (instance != nullptr && instance->account == key.account) return instance->id;
  if (!config_.instance_id.empty() && code == config_.instance_id && key.account == kFirstAccount)
    return account ? kFirstInstance : fallback;
  if (config_.accept_any_instance) return fallback;
  return fail(ErrorCode::InstanceNotFound);
}

void ApiService::finish(const Flight& flight, const ActionAnswer& answer) {
  HttpResponse response = answer.error ? render_error(flight.answer, *answer.error, answer.fields)
                                       : render_success(flight.answer, answer.fields);
  if (flight.retry_after_ms > 0)
    response.headers.emplace_back("x-acs-retry-after", std::to_string(flight.retry_after_ms));
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
