// What one device's MQTT packets mean: the login, subscriptions, acknowledgements; publishes go on to
// uplink.hpp. Lives for one call of Core. Source: device-protocol 1.7 to 1.9, 2.4. Thread: the core that owns
// the connection.
#pragma once

#include <optional>
#include <string>

#include "gateway/connection.hpp"
#include "mqtt/server_session.hpp"

namespace rollcall::gateway {

class Dialogue final : public mqtt::SessionHandler {
 public:
  Dialogue(Services& services, Connection& connection) : services_(services), connection_(connection) {}

  void on_connect(const mqtt::ConnectView& connect) override;
  void on_publish(const mqtt::PublishView& publish) override;
  void on_puback(uint64_t token) override;
  void on_subscribe(const mqtt::SubscribeView& subscribe, std::string& codes) override;
  void on_unsubscribe(const mqtt::UnsubscribeView& unsubscribe, std::string& codes) override;
  void on_disconnect() override;
  void on_fault(mqtt::SessionFault fault, std::optional<mqtt::DecodeError> decode_error) override;

 private:
  void refuse(mqtt::ConnectCode code, std::string_view user_name, std::string why);
  bool too_fast();
  uint8_t refusal_of(std::string_view filter, alink::FilterSet::Change change) const;
  void use_filters(alink::FilterSet&& filters);

  Services& services_;
  Connection& connection_;
};

}  // namespace rollcall::gateway
