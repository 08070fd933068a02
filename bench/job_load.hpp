// Devices that work off jobs, one task each at a time: acknowledge the notification, report IN_PROGRESS, wait
// for its reply, report SUCCEEDED, wait for its reply. They log in as the simulated devices of client/ do.
// The order and the moment of their reports is what a case chooses. Thread: the loop's.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/secret.hpp"
#include "bench/mqtt_load.hpp"
#include "client/device.hpp"

namespace rollcall::bench {

struct DeviceKeys {
  std::string product_key;
  std::vector<std::pair<std::string, Secret>> devices;  // name and secret, in the order of registration
};

enum class ReplyOrder : uint8_t {
  Device,  // at once, so in the order of the pushes, which is the order of the rows
  Random,  // shuffled: a device answers when its number is drawn from those that wait, half of all at first
};

class JobLoad final : public MqttLoad, private client::DeviceTimers {
 public:
  JobLoad(net::CoreLoop& loop, uint16_t port, const DeviceKeys& keys, bool tls = false);
  ~JobLoad() override;

  // Makes ready for the next job; then start it at the server.
  void expect_job(ReplyOrder order);
  bool finished() const { return finished_ == connections(); }

  // Instead: the notifications are only acknowledged, and reports wait for paced_reports().
  void expect_job_held();
  bool all_notified() const { return notified_ == connections(); }
  // Sends each device's next report at a fixed rate, whether replies come or not, and returns the
  // milliseconds from the moment when each was due to its reply.
  std::vector<double> paced_reports(ReplyOrder order, int64_t reports_per_second);

  // When each notification of this job came.
  const std::vector<SteadyUs>& notified_at() const { return notified_at_; }

 private:
  enum class Step : uint8_t { Idle, Notified, Started, Finished };
  struct State {
    std::string task;
    SteadyUs due;
    Step step = Step::Idle;
  };

  void append_login(size_t index, std::string& out) override;
  void on_packet(size_t index, const mqtt::Packet& packet, std::string& out) override;
  void on_notify(size_t index, std::string_view payload, std::string& out);
  void on_reply(size_t index, std::string_view payload, std::string& out);
  void append_report(size_t index, std::string& out);
  void release();
  void clear(bool held, ReplyOrder order);
  void arm(uint32_t, uint32_t, int64_t) override {}
  size_t draw(size_t bound);

  const DeviceKeys& keys_;
  client::DeviceSettings settings_;
  std::vector<State> states_;
  std::vector<uint32_t> waiting_;  // shuffled replies, or the sequence of the paced ones
  std::vector<SteadyUs> notified_at_;
  std::vector<double> latencies_ms_;
  size_t notified_ = 0, finished_ = 0, paced_ = 0;
  int64_t paced_per_second_ = 0;  // 0: not paced
  SteadyUs paced_from_;
  ReplyOrder order_ = ReplyOrder::Device;
  bool held_ = false;
  uint64_t random_state_ = 88172645463325252ULL;
  std::string text_, topic_;
};

}  // namespace rollcall::bench
