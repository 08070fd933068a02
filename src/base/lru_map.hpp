// A map from texts to values with a bound: a new entry beyond it pushes out the one that was not used for
// longest. Thread: its owner's.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace rollcall {

template <class Value>
class LruMap {
 public:
  explicit LruMap(size_t entries_max) : entries_max_(entries_max) {}

  // The entry of that key, made when there is none; from now on the one that was used last. What it pushes
  // out is handed to `pushed_out` before.
  template <class PushedOut>
  Value& use(std::string_view key, PushedOut pushed_out) {
    if (const auto found = places_.find(key); found != places_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->second;
    }
    if (entries_.size() >= entries_max_ && !entries_.empty()) {
      pushed_out(std::as_const(entries_.back().second));
      places_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(std::string(key), Value());
    places_.emplace(entries_.front().first, entries_.begin());
    return entries_.front().second;
  }
  Value& use(std::string_view key) {
    return use(key, [](const Value&) {});
  }
  // Nullptr when there is none. Does not count as use.
  Value* find(std::string_view key) {
    const auto found = places_.find(key);
    return found == places_.end() ? nullptr : &found->second->second;
  }
  void erase(std::string_view key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return;
    const auto entry = found->second;
    places_.erase(found);
    entries_.erase(entry);
  }
  size_t size() const noexcept { return entries_.size(); }

 private:
  size_t entries_max_;
  std::list<std::pair<std::string, Value>> entries_;                                    // the last used first
  std::unordered_map<std::string_view, typename decltype(entries_)::iterator> places_;  // keys of entries_
};

}  // namespace rollcall
