// A Rollcall server with very many registered devices that never connect, so that its tasks stay QUEUED; and
// other callers, who measure what they feel meanwhile. Used by the mass, restart and api cases. Thread: the
// child's main, but Bystanders own one thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/subject.hpp"
#include "client/call_arguments.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::bench {

class MassServer {
 public:
  explicit MassServer(const Options& options);

  // Calls an action that must succeed.
  client::ApiAnswer call(const std::string& action, const NameValues& parameters);
  bool knows(const std::string& action);
  // A job over all devices; waits for nothing. `extra` are more parameters of CreateJob.
  NameValues job_parameters(const NameValues& extra = {}) const;
  std::string make_job();  // and waits until all its tasks exist
  // Polls until the job's status is none of INITIALIZING, CANCELLING, REMOVING and, if given, is `status`.
  void await_job(const std::string& job, const std::string& status);

  net::CoreLoop loop;
  testing::RollcallServer server;
  std::string product_key;

 private:
  void register_devices(size_t count);
  std::unique_ptr<client::ApiClient> api_;
};

// Calls one after the other on a thread of their own, from construction to finish().
class Bystanders {
 public:
  explicit Bystanders(MassServer& mass);
  ~Bystanders();
  // The milliseconds of each call. Gives up when one was refused.
  std::vector<double> finish();

 private:
  void call_on();
  MassServer& mass_;
  std::atomic<bool> stop_{false};
  std::vector<double> latencies_ms_;
  std::string refusal_;
  std::thread thread_;
};

}  // namespace rollcall::bench
