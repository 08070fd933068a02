// Which messages a device's connection takes: the automatic list of `_ss=1` or the filters it subscribed to,
// minus what it unsubscribed from (device-protocol 2.4). A FilterSet is immutable and shared: its texts hold
// no names, so thousands of devices with the same SDK share one. The gateway changes a device's set by making
// a new one; the engine asks it whether a job's message would arrive. Thread: FilterSet immutable, any;
// FilterSetPool the core that owns it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "alink/topics.hpp"
#include "model/reachability.hpp"

namespace rollcall::alink {

// From the extension list of the client id (device-protocol 1.1).
struct SubscriptionMode {
  bool automatic = false;  // _ss=1
  bool ext_rrpc = false;   // ext, bit 0: RRPC comes on /ext/rrpc/...
  bool operator==(const SubscriptionMode&) const = default;
};

class FilterSet final : public Reachability {
 public:
  enum class Change : uint8_t {
    Changed,
    Same,     // the filter was there, or was not there
    Foreign,  // not this device's topics, or longer than limits::kMqttFilterBytesMax: SUBACK 0x80
    Full,     // limits::kMqttSubscriptionsMax: SUBACK 0x80
  };

  explicit FilterSet(SubscriptionMode mode = {}) : mode_(mode) {}

  // Both are for a copy that is not shared yet.
  Change subscribe(std::string_view filter, const DeviceNames& names);
  Change unsubscribe(std::string_view filter, const DeviceNames& names);

  // Would a message on this topic of this device be delivered? Linear in the number of filters.
  bool deliverable(std::string_view topic, const DeviceNames& names) const;
  // The same for /sys/{pk}/{dn}/{suffix}.
  bool deliverable_system(std::string_view suffix) const;
  bool deliverable_ntp_response() const { return matches("/ext/ntp/{}/response"); }

  bool job_notify() const { return deliverable_system(kJobNotify); }
  bool property_set() const { return deliverable_system(kPropertySet); }
  bool service(std::string_view identifier) const;
  // A synchronous call of that service, in the form that this device understands.
  bool rrpc(std::string_view service_identifier) const;
  bool user_topic(std::string_view short_name) const;
  // A request with bytes on that user topic, or on the system's own when it is empty.
  bool raw_rrpc(std::string_view short_name) const;

  bool reaches(const JobContent& content) const override;

  SubscriptionMode mode() const noexcept { return mode_; }
  size_t filter_count() const noexcept { return filters_.size(); }
  size_t hash() const noexcept;
  bool operator==(const FilterSet& other) const noexcept {
    return mode_ == other.mode_ && filters_ == other.filters_ && ended_ == other.ended_;
  }

 private:
  bool matches(std::string_view nameless_topic) const;

  SubscriptionMode mode_;
  std::vector<std::string> filters_;  // subscribed, sorted, without names
  std::vector<std::string> ended_;    // automatic subscriptions that UNSUBSCRIBE ended, sorted, without names
};

// Equal sets become one object. Forgets sets that nobody holds any more when it has grown to twice its last
// size.
class FilterSetPool {
 public:
  std::shared_ptr<const FilterSet> intern(FilterSet set);
  size_t entries() const noexcept { return sets_.size(); }

 private:
  std::unordered_multimap<size_t, std::weak_ptr<const FilterSet>> sets_;
  size_t sweep_at_ = 64;
};

}  // namespace rollcall::alink
