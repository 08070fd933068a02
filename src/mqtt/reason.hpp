// Reason codes of MQTT 5.0 that this server says or understands (v5 2.4; which the vendor uses:
// device-protocol 1.7), and those of CONNACK for the older versions' return codes. Thread: values.
#pragma once

#include <cstdint>

#include "mqtt/packet.hpp"

namespace rollcall::mqtt {

enum class Reason : uint8_t {
  Success = 0x00,
  NoSubscriptionExisted = 0x11,
  UnspecifiedError = 0x80,
  MalformedPacket = 0x81,
  ProtocolError = 0x82,
  UnsupportedVersion = 0x84,
  ClientIdNotValid = 0x85,
  BadUserNameOrPassword = 0x86,
  NotAuthorized = 0x87,
  ServerUnavailable = 0x88,
  ServerShuttingDown = 0x8B,
  BadAuthenticationMethod = 0x8C,
  KeepAliveTimeout = 0x8D,
  SessionTakenOver = 0x8E,
  TopicAliasInvalid = 0x94,
  PacketTooLarge = 0x95,
  MessageRateTooHigh = 0x96,
  QuotaExceeded = 0x97,
  AdministrativeAction = 0x98,
  RetainNotSupported = 0x9A,
  QosNotSupported = 0x9B,
  SharedNotSupported = 0x9E,
  SubscriptionIdsNotSupported = 0xA1,
};

constexpr Reason reason_of(ConnectCode code) noexcept {
  switch (code) {
    case ConnectCode::Accepted:
      return Reason::Success;
    case ConnectCode::UnacceptableVersion:
      return Reason::UnsupportedVersion;
    case ConnectCode::IdentifierRejected:
      return Reason::ClientIdNotValid;
    case ConnectCode::ServerUnavailable:
      return Reason::ServerUnavailable;
    case ConnectCode::BadUserOrPassword:
      return Reason::BadUserNameOrPassword;
    case ConnectCode::NotAuthorized:
      return Reason::NotAuthorized;
  }
  return Reason::UnspecifiedError;
}

}  // namespace rollcall::mqtt
