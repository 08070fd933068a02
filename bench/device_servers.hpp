// Servers that devices connect to, each started as a child process on a free port: Rollcall, Mosquitto as the
// peer, and the wall. Used by the subjects of engine/ and gateway/ cases. Thread: the loop's; made before it
// runs.
#pragma once

#include <memory>
#include <string>

#include "bench/job_load.hpp"
#include "bench/message_load.hpp"
#include "bench/publish_load.hpp"
#include "bench/subject.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::bench {

class MosquittoServer {
 public:
  MosquittoServer(const Options& options, net::CoreLoop& loop, size_t devices);
  testing::Process& process() { return process_; }
  std::unique_ptr<MessageLoad> make_load() const;

 protected:
  net::CoreLoop& loop_;
  const size_t devices_;
  const uint16_t port_;

 private:
  testing::ScratchFolder folder_;
  testing::Process process_;
};

// The same, whose clients publish to topics that nobody has subscribed to.
class MosquittoPublishes final : public MosquittoServer {
 public:
  using MosquittoServer::MosquittoServer;
  std::unique_ptr<PublishLoad> make_load() const {
    return std::make_unique<PublishLoad>(loop_, port_, devices_, nullptr);
  }
};

// The wall as a broker ...
class WallBroker {
 public:
  WallBroker(const Options& options, net::CoreLoop& loop, size_t devices);
  testing::Process& process() { return process_; }
  std::unique_ptr<MessageLoad> make_load() const;

 protected:
  net::CoreLoop& loop_;
  const size_t devices_;
  const uint16_t port_;
  testing::ScratchFolder folder_;
  testing::Process process_;
};

// ... and as a server of jobs.
class WallJobs final : public WallBroker {
 public:
  WallJobs(const Options& options, net::CoreLoop& loop, size_t devices);
  std::unique_ptr<JobLoad> make_load() const;
  // Pushes to every device; the wall knows no pace.
  void start_job(int64_t per_minute);

 private:
  DeviceKeys keys_;
};

// Rollcall with its devices registered; started again since, so that what the registration left in memory
// does not hide what connections take.
class RollcallJobs {
 public:
  RollcallJobs(const Options& options, net::CoreLoop& loop, size_t devices);
  testing::Process& process() { return server_.process; }
  std::unique_ptr<JobLoad> make_load() const;
  void start_job(int64_t per_minute);

 protected:
  RollcallJobs(const Options& options, net::CoreLoop& loop, size_t devices, bool tls);

 protected:
  uint16_t port() const;

  net::CoreLoop& loop_;
  testing::RollcallServer server_;
  std::unique_ptr<client::ApiClient> api_;
  DeviceKeys keys_;

 private:
  const bool tls_;
};

// The same, whose devices are sent messages by the API ...
class RollcallPubs final : public RollcallJobs {
 public:
  using RollcallJobs::RollcallJobs;
  std::unique_ptr<PubLoad> make_load() const {
    return std::make_unique<PubLoad>(loop_, port(), keys_, *api_);
  }
};
// ... or publish themselves.
class RollcallPublishes final : public RollcallJobs {
 public:
  using RollcallJobs::RollcallJobs;
  std::unique_ptr<PublishLoad> make_load() const {
    return std::make_unique<PublishLoad>(loop_, port(), keys_.devices.size(), &keys_);
  }
};

// The same, with the load over TLS.
class RollcallTls final : public RollcallJobs {
 public:
  RollcallTls(const Options& options, net::CoreLoop& loop, size_t devices)
      : RollcallJobs(options, loop, devices, true) {}
};

}  // namespace rollcall::bench
