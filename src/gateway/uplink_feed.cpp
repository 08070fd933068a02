#include "gateway/uplink_feed.hpp"

#include <utility>

#include "base/limits.hpp"

namespace rollcall::gateway {
namespace {

size_t bytes_of(const UplinkMessage& message) {
  return sizeof(UplinkMessage) + message.product_key.size() + message.device_name.size() +
         message.topic.size() + message.payload.size();
}

}  // namespace

void UplinkFeed::attach(UplinkListener* listener) {
  listener_ = listener;
  if (listener_ != nullptr) return flush();
  probe_.uplinks_dropped.add(waiting_.size());
  waiting_.clear();
  waiting_bytes_ = 0;
}

void UplinkFeed::offer(DeviceId device, const alink::DeviceNames& names, WallMs at, std::string_view topic,
                       std::string_view payload) {
  if (listener_ == nullptr) return probe_.uplinks_dropped.add();
  UplinkMessage message{at,
                        device,
                        std::string(names.product_key),
                        std::string(names.device_name),
                        std::string(topic),
                        std::string(payload)};
  if (waiting_.empty() && listener_->take(message)) return probe_.uplinks_taken.add();
  const size_t bytes = bytes_of(message);
  if (waiting_.size() >= limits::kUplinkFeedEntriesMax ||
      waiting_bytes_ + bytes > limits::kUplinkFeedBytesMax)
    return probe_.uplinks_dropped.add();
  waiting_bytes_ += bytes;
  waiting_.push_back(std::move(message));
}

void UplinkFeed::flush() {
  while (listener_ != nullptr && !waiting_.empty() && listener_->take(waiting_.front())) {
    probe_.uplinks_taken.add();
    waiting_bytes_ -= bytes_of(waiting_.front());
    waiting_.pop_front();
  }
}

}  // namespace rollcall::gateway
