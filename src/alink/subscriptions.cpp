#include "alink/subscriptions.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/topic_filter.hpp"

namespace rollcall::alink {
namespace {

// device-protocol 2.4: the documented list, then the four that the C Link SDK 4 relies on beside it. Replies
// to /sys topics need no row: under _ss=1 they are always delivered.
constexpr std::string_view kAutomatic[] = {
    "/sys/{}/thing/model/down_raw",
    "/sys/{}/rrpc/request/+",
    "/sys/{}/thing/service/+",
    "/sys/{}/thing/service/property/set",
    "/sys/{}/thing/service/property/get",
    "/sys/{}/thing/gateway/permit",
    "/sys/{}/thing/topo/change",
    "/ota/device/upgrade/{}",
    "/ota/device/request/{}",
    "/sys/{}/thing/config/push",
    "/sys/{}/thing/lan/prefix/update",
    "/shadow/get/{}",
    "/sys/{}/thing/awss/enrollee/checkin",
    "/sys/{}/thing/awss/device/switchap",
    "/sys/{}/thing/bootstrap/config/push",
    "/sys/{}/thing/bootstrap/notify",
    "/sys/{}/_thing/event/notify",
    "/sys/{}/thing/job/notify",
    "/ext/rrpc/+/sys/{}/thing/service/+",
    "/ext/ntp/{}/response",
};

bool is_automatic(std::string_view nameless_topic) {
  if (nameless_topic.starts_with("/sys/{}/") && nameless_topic.ends_with("_reply")) return true;
  return std::any_of(std::begin(kAutomatic), std::end(kAutomatic), [nameless_topic](std::string_view filter) {
    return filter_matches(filter, nameless_topic);
  });
}

bool any_matches(const std::vector<std::string>& filters, std::string_view nameless_topic) {
  return std::any_of(filters.begin(), filters.end(), [nameless_topic](const std::string& filter) {
    return filter_matches(filter, nameless_topic);
  });
}

bool insert_sorted(std::vector<std::string>& texts, const std::string& text) {
  const auto at = std::lower_bound(texts.begin(), texts.end(), text);
  if (at != texts.end() && *at == text) return false;
  texts.insert(at, text);
  return true;
}

bool erase_sorted(std::vector<std::string>& texts, const std::string& text) {
  const auto at = std::lower_bound(texts.begin(), texts.end(), text);
  if (at == texts.end() || *at != text) return false;
  texts.erase(at);
  return true;
}

bool contains_row(std::string_view nameless_filter) {
  return std::find(std::begin(kAutomatic), std::end(kAutomatic), nameless_filter) != std::end(kAutomatic);
}

}  // namespace

FilterSet::Change FilterSet::subscribe(std::string_view filter, const DeviceNames& names) {
  if (filter.size() > limits::kMqttFilterBytesMax) return Change::Foreign;
  const std::string nameless = without_names(filter, names);
  if (nameless.empty()) return Change::Foreign;
  const bool known = std::binary_search(filters_.begin(), filters_.end(), nameless);
  if (!known && filters_.size() >= limits::kMqttSubscriptionsMax) return Change::Full;
  const bool revived = erase_sorted(ended_, nameless);
  return insert_sorted(filters_, nameless) || revived ? Change::Changed : Change::Same;
}

FilterSet::Change FilterSet::unsubscribe(std::string_view filter, const DeviceNames& names) {
  if (filter.size() > limits::kMqttFilterBytesMax) return Change::Foreign;
  const std::string nameless = without_names(filter, names);
  if (nameless.empty()) return Change::Foreign;
  const bool explicit_one = erase_sorted(filters_, nameless);
  // A filter of the device's own making that it takes back leaves the automatic ones alone, unless it names
  // one of them.
  if (!mode_.automatic || (explicit_one && !contains_row(nameless)) ||
      ended_.size() >= limits::kMqttSubscriptionsMax)
    return explicit_one ? Change::Changed : Change::Same;
  return insert_sorted(ended_, nameless) || explicit_one ? Change::Changed : Change::Same;
}

bool FilterSet::matches(std::string_view nameless_topic) const {
  if (any_matches(filters_, nameless_topic)) return true;
  return mode_.automatic && is_automatic(nameless_topic) && !any_matches(ended_, nameless_topic);
}

bool FilterSet::deliverable(std::string_view topic, const DeviceNames& names) const {
  const std::string nameless = without_names(topic, names);
  return !nameless.empty() && matches(nameless);
}

bool FilterSet::deliverable_system(std::string_view suffix) const {
  return matches("/sys/{}/" + std::string(suffix));
}

bool FilterSet::service(std::string_view identifier) const {
  return matches("/sys/{}/thing/service/" + std::string(identifier));
}

bool FilterSet::rrpc(std::string_view service_identifier) const {
  if (mode_.ext_rrpc) return matches("/ext/rrpc/0/sys/{}/thing/service/" + std::string(service_identifier));
  return matches("/sys/{}/rrpc/request/0");
}

bool FilterSet::user_topic(std::string_view short_name) const {
  return matches("/{}/user/" + std::string(short_name));
}

bool FilterSet::raw_rrpc(std::string_view short_name) const {
  if (short_name.empty()) return matches("/sys/{}/rrpc/request/0");
  return matches("/ext/rrpc/0/{}/user/" + std::string(short_name));
}

bool FilterSet::reaches(const JobContent& content) const {
  switch (content.type) {
    case JobType::CustomJob:
      return job_notify();
    case JobType::SetProperty:
      return property_set();
    case JobType::InvokeService:
      return content.sync_service ? rrpc(content.service_identifier) : service(content.service_identifier);
    case JobType::Pub:
      return content.raw_rrpc ? raw_rrpc(content.topic_short_name) : user_topic(content.topic_short_name);
  }
  return false;
}

size_t FilterSet::hash() const noexcept {
  size_t sum = (mode_.automatic ? 1u : 0u) + (mode_.ext_rrpc ? 2u : 0u);
  const auto add = [&sum](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) sum = sum * 1'099'511'628'211u + std::hash<std::string>{}(text);
    sum = sum * 31 + texts.size();
  };
  add(filters_);
  add(ended_);
  return sum;
}

std::shared_ptr<const FilterSet> FilterSetPool::intern(FilterSet set) {
  const size_t hash = set.hash();
  const auto [first, last] = sets_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    auto known = it->second.lock();
    if (known && *known == set) return known;
  }
  if (sets_.size() >= sweep_at_) {
    std::erase_if(sets_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<size_t>(64, 2 * sets_.size());
  }
  auto made = std::make_shared<const FilterSet>(std::move(set));
  sets_.emplace(hash, made);
  return made;
}

}  // namespace rollcall::alink
