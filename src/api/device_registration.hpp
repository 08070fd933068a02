// POST /auth/register/device: a device that knows its product's secret fetches its own (device-protocol 3.1).
// No action of the API and not signed as one; served beside it by server/. Thread: the core that serves HTTP.
#pragma once

#include "api/ports.hpp"
#include "base/http.hpp"

namespace rollcall::api {

class DeviceRegistration final : public HttpHandler {
 public:
  explicit DeviceRegistration(EnginePort& engine) : engine_(engine) {}
  // Answers 200 with {"code":200,"data":{...}} or another code and a message. A wrong signature and a device
  // that is not there are told alike.
  void handle(HttpRequest&& request, HttpResponder respond) override;

 private:
  EnginePort& engine_;
};

}  // namespace rollcall::api
