// What the clients of a crash test know: every acknowledgement that reached them, and what they asked for
// without hearing the end of it. Written by witness_fleet and api_lanes, compared with the stored rows by
// store_audit. Thread: the loop's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/secret.hpp"

namespace rollcall::testing {

// What a setting may be: the last value that was acknowledged, or one that was asked for since.
template <class Value>
class SettingFact {
 public:
  explicit SettingFact(Value first) : asked_{first} {}
  void ask(Value value) { asked_.push_back(value); }
  // The latest one asked for: one call at a time is under way.
  void acknowledge() { asked_.erase(asked_.begin(), asked_.end() - 1); }
  bool may_be(Value value) const { return std::find(asked_.begin(), asked_.end(), value) != asked_.end(); }

 private:
  std::vector<Value> asked_;
};

struct JobFact {
  std::string name;
  std::string type;         // CUSTOM_JOB ...
  std::string target_type;  // DEVICE_LIST ...
  std::string document;
  int64_t tasks = -1;  // targets, where no other call could change them; -1: not known
  bool cancel_asked = false;
  bool cancelled = false;  // acknowledged
  bool delete_asked = false;
  bool deleted = false;  // acknowledged
  bool rerun_asked = false;
  bool rerun = false;  // acknowledged
  SettingFact<int64_t> rate{0};
  SettingFact<bool> paused{false};
  bool change_under_way = false;  // UpdateJob, PauseJob or ResumeJob
};

struct DeviceFact {
  std::string secret;
  std::string iot_id;
};

struct ProductFact {
  std::string name;
  std::string secret;
  bool model_imported = false;
  bool model_published = false;
};

struct GroupFact {
  std::string name;
  std::set<std::string> members;  // "ProductKey/DeviceName", acknowledged
};

// Bits of TaskFact: 1 << TaskStatus.
struct TaskFact {
  uint16_t said = 0;          // sent by the device
  uint16_t acknowledged = 0;  // update_reply 200
  uint16_t puback = 0;        // PUBACK of the QoS 1 report
  uint16_t refused = 0;       // update_reply with another code
};

using DevicePath = std::pair<std::string, std::string>;  // ProductKey, DeviceName

struct Facts {
  std::map<std::string, JobFact> jobs;      // by JobId
  std::set<std::string> job_names_refused;  // CreateJob was answered with an error: it must not be there
  // Cancelled by the test itself when nothing moved any more: what was open there must have had its reason.
  std::set<std::string> cancelled_at_the_end;
  std::map<DevicePath, DeviceFact> devices;
  std::map<std::string, ProductFact> products;                                  // by ProductKey
  std::map<std::string, GroupFact> groups;                                      // by GroupId
  std::map<int64_t, std::pair<std::string, std::vector<std::string>>> applies;  // asked: ProductKey, names
  std::set<int64_t> applied;                                                    // and acknowledged
  std::unordered_map<std::string, TaskFact> tasks;                              // by TaskId
  // Answers 200 to property sets and service calls: (device name, Alink id).
  std::set<std::pair<std::string, uint32_t>> answered_ok;
  // PUBACKs that devices sent for PUB tasks: (device name, content).
  std::set<std::pair<std::string, std::string>> messages_taken;
  // Every id ever handed out, to see that none comes twice.
  std::set<std::string> ids;
  std::vector<std::string> contradictions;  // seen on the wire

  bool store_may_fail = false;  // the disk is meant to: refusals for that reason are no contradictions
  uint64_t store_refusals = 0;
  std::string last_refusal;

  uint64_t acknowledgements = 0;
  std::function<void()> on_acknowledgement;

  void acknowledge() {
    ++acknowledgements;
    if (on_acknowledgement) on_acknowledgement();
  }
  // A call was refused: true when that was the store's trouble, and allowed.
  bool refuse(const std::string& code, const std::string& reason) {
    if (!store_may_fail || (code != "iot.system.SystemException" && code != "ServiceUnavailable"))
      return false;
    ++store_refusals;
    last_refusal = reason;
    return true;
  }
  void new_id(const std::string& id) {
    if (id.empty() || !ids.insert(id).second) contradictions.push_back("the id '" + id + "' was given twice");
  }
};

}  // namespace rollcall::testing
