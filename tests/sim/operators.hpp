// The people and programs that call the API of the simulated server: they set the world up, then create jobs
// and interfere with them at random moments, signed and over the network like any application, so that an
// answer may be lost and nobody knows what came of the call. What they were promised goes to Truth. Thread:
// the world's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/request_signing.hpp"
#include "sim/device.hpp"
#include "sim/parts.hpp"
#include "sim/server_process.hpp"
#include "sim/truth.hpp"

namespace rollcall::sim {

// The answer of one call, or that there was none.
struct ApiAnswer {
  bool arrived = false;
  bool success = false;
  std::string body;
  std::string code;  // of a refusal
  // A raw member of the answer, or empty.
  std::string_view raw(std::initializer_list<std::string_view> path) const;
  std::string text(std::initializer_list<std::string_view> path) const;
};

struct SimProduct {
  std::string key;
  int strangers = 0;  // registrations that were not answered, or not yet
};
struct SimMember {
  Identity identity;
  size_t product = 0;
  bool deletion_asked = false;
  bool disable_asked = false;
  int disables = 0;            // how often
  int disables_under_way = 0;  // of these, not answered yet
};
struct SimGroup {
  std::string code;
  std::map<DeviceId, bool> members;  // true: acknowledged
};

class Operators {
 public:
  Operators(Parts& parts, ServerProcess& server);

  // Products, groups and the first devices, on a world without faults. False: something was refused.
  bool set_up(const std::function<void()>& run_a_little);
  void begin();  // from now on at random moments
  void stop();   // no new calls
  // Resumes and enables what was paused and disabled, as long as it takes.
  void make_peace();
  // A device that was registered: the world makes a client of it.
  std::function<void(const Identity&)> on_device;

  std::vector<SimMember>& members() { return members_; }
  int64_t calls() const { return calls_; }
  int64_t successes() const { return successes_; }

 private:
  using Done = std::function<void(const ApiAnswer&)>;
  void call(const std::string& action, NameValues parameters, Done done);
  void again(double per_minute, void (Operators::*what)());
  SimMember* find(DeviceId device);

  void register_device();
  void join_group();
  void create_job();
  NameValues job_parameters(JobFacts& facts);
  void choose_targets(JobFacts& facts, NameValues& parameters, std::function<void()>& settle);
  void interfere();
  void rerun_job(JobFacts& facts, const std::string& code);
  void cancel_job(JobFacts& facts, const std::string& code);
  void delete_job(JobFacts& facts, const std::string& code);
  void update_job(JobFacts& facts, const std::string& code);
  void pause_job(JobFacts& facts, const std::string& code, bool pause);
  void disable_device(bool disable);
  void enable_device(SimMember& member);
  void delete_device();
  void read();
  void poison();
  void read_statistics(JobFacts& facts, const std::string& code);
  struct TasksSeen {
    std::set<std::string> ids;
    size_t at_least = 0;
  };
  void list_tasks(JobFacts& facts, const std::string& code, std::string token,
                  std::shared_ptr<TasksSeen> seen);
  // Page after page of ListTaskEvents.
  struct EventListing {
    JobFacts* facts = nullptr;
    std::optional<TaskKey> task;  // else the whole job
    NameValues parameters;
    std::map<TaskKey, size_t> known;  // when it was asked for
    std::map<TaskKey, std::vector<std::string>> seen;
  };
  void look_at_events(JobFacts& facts, const std::string& code);
  void list_events(std::shared_ptr<EventListing> listing, const std::string& token);
  void explain_task(JobFacts& facts);

  Parts& parts_;
  ServerProcess& server_;
  bool running_ = false;
  std::vector<SimProduct> products_;
  std::vector<SimGroup> groups_;
  std::vector<SimMember> members_;
  std::vector<std::pair<JobFacts*, std::string>> jobs_;  // acknowledged, with their codes
  int next_marker_ = 1;
  int next_name_ = 1;
  int registering_ = 0;  // calls under way
  int jobs_asked_ = 0;
  uint64_t next_nonce_ = 1;
  int64_t calls_ = 0, successes_ = 0;
};

}  // namespace rollcall::sim
