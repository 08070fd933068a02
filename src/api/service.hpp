// The cloud API behind HTTP: a request is read and authenticated, its action looked up and carried out, and
// the answer put in its envelope. There is one API core for now, so the service itself owns the memory of
// used nonces; with more cores that memory must be shared. Made by server/; net/ hands it the requests.
// Thread: the core that serves HTTP.
#pragma once

#include <memory>

#include "api/action_table.hpp"
#include "api/api_config.hpp"
#include "api/request_reader.hpp"
#include "api/throttle.hpp"
#include "base/clock.hpp"
#include "base/counters.hpp"
#include "base/http.hpp"
#include "base/random.hpp"

namespace rollcall::api {

// What the metrics show of the API.
struct ApiProbe {
  Counter requests;
  Counter gateway_failures;   // refused before an action saw them
  Counter business_failures;  // Success:false
  Counter unknown_parameters;
};

class ApiService final : public HttpHandler, public AccessSink {
 public:
  // What the service works with; all of it outlives the service.
  struct Surroundings {
    EnginePort& engine;
    QueryPort& queries;
    const Clock& clock;
    Random& random;
    DeviceLogPort* device_log = nullptr;
  };
  // `codec_key` is the store's, so that codes survive restarts.
  ApiService(Surroundings surroundings, const IdCodec::Key& codec_key, ApiConfig config);

  // The access keys from now on; requests that were authenticated before stay so.
  void set_keys(std::shared_ptr<const KeyRing> keys) { keys_ = std::move(keys); }
  void set_access(const AccessDirectory& directory) override {
    set_keys(std::make_shared<const KeyRing>(directory));
  }
  const ApiProbe& probe() const noexcept { return probe_; }

  // Answers every request, later or at once. The service must outlive the answers of its ports.
  void handle(HttpRequest&& request, HttpResponder respond) override;
  // The answer to bytes that are no request or too many (`status` 4xx), and to a request whose answer takes
  // too long (5xx).
  HttpResponse refusal(int status, std::string_view reason);

 private:
  // A request on its way from the action to its answer.
  struct Flight {
    AnswerContext answer;
    Call call;
    HttpResponder respond;
    int64_t retry_after_ms = 0;  // told to a caller that was throttled
  };
  Result<const ActionRow*> admit(const HttpRequest& request, Flight& flight);
  Status authorize(const AccessKey& key, const ActionRow& row, Flight& flight);
  Result<InstanceId> find_instance(const AccessKey& key, const Parameters& parameters) const;
  void finish(const Flight& flight, const ActionAnswer& answer);

  const Clock& clock_;
  Random& random_;
  const IdCodec::Key codec_key_;
  const IdCodec codec_;
  const ApiConfig config_;
  const ActionContext context_;
  std::shared_ptr<const KeyRing> keys_;
  NonceStore nonces_;
  Throttle throttle_;
  ApiProbe probe_;
};

}  // namespace rollcall::api
