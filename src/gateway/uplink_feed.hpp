// What devices say and Rollcall itself does not consume: events, property reports, custom topics. One bounded
// feed per core hands it to one listener; what finds no listener, or no room, is counted as dropped, so that
// nothing disappears silently. Thread: its core.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "alink/topics.hpp"
#include "base/clock.hpp"
#include "gateway/gateway_config.hpp"
#include "model/ids.hpp"

namespace rollcall::gateway {

struct UplinkMessage {
  WallMs at;
  DeviceId device;
  std::string product_key;
  std::string device_name;
  std::string topic;
  std::string payload;
};

class UplinkListener {
 public:
  virtual ~UplinkListener() = default;
  // False when it has no room now: the message is offered again by the next flush().
  virtual bool take(const UplinkMessage& message) = 0;
};

class UplinkFeed {
 public:
  explicit UplinkFeed(GatewayProbe& probe) : probe_(probe) {}

  // Nullptr: none, and what waits is dropped. The listener outlives the feed or is taken away before.
  void attach(UplinkListener* listener);
  void offer(DeviceId device, const alink::DeviceNames& names, WallMs at, std::string_view topic,
             std::string_view payload);
  // Hands on what waits, in order. Called about once a second.
  void flush();
  size_t waiting() const noexcept { return waiting_.size(); }

 private:
  GatewayProbe& probe_;
  UplinkListener* listener_ = nullptr;
  std::deque<UplinkMessage> waiting_;  // at most limits::kUplinkFeedEntriesMax and ...BytesMax
  size_t waiting_bytes_ = 0;
};

}  // namespace rollcall::gateway
