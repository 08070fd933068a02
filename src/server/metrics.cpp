#include "server/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "model/job.hpp"
#include "model/task.hpp"

namespace rollcall::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string name, std::string help, MetricType type) {
  MetricFamily made;
  made.name = std::move(name);
  made.help = std::move(help);
  made.type = type;
  return made;
}

void add_counter(MetricFamily& to, const Counter& counter, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = static_cast<double>(counter.value());
  to.metric.push_back(std::move(metric));
}

void add_gauge(MetricFamily& to, const Gauge& gauge, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = static_cast<double>(gauge.value());
  to.metric.push_back(std::move(metric));
}

MetricFamily one_counter(std::string name, std::string help, const Counter& counter) {
  MetricFamily made = family(std::move(name), std::move(help), MetricType::Counter);
  add_counter(made, counter);
  return made;
}

MetricFamily one_gauge(std::string name, std::string help, const Gauge& gauge) {
  MetricFamily made = family(std::move(name), std::move(help), MetricType::Gauge);
  add_gauge(made, gauge);
  return made;
}

MetricFamily latency(std::string name, std::string help, const LatencyHistogram& histogram) {
  MetricFamily made = family(std::move(name), std::move(help), MetricType::Histogram);
  ClientMetric metric;
  uint64_t cumulative = 0;
  for (size_t i = 0; i < LatencyHistogram::kBucketUs.size(); ++i) {
    cumulative += histogram.bucket(i);
    metric.histogram.bucket.push_back(
        {cumulative, static_cast<double>(LatencyHistogram::kBucketUs[i]) / 1e6});
  }
  cumulative += histogram.bucket(LatencyHistogram::kBucketUs.size());
  metric.histogram.sample_count = cumulative;
  metric.histogram.sample_sum = static_cast<double>(histogram.sum_us()) / 1e6;
  made.metric.push_back(std::move(metric));
  return made;
}

}  // namespace

std::string render_metrics(const engine::EngineProbe& engine, const gateway::GatewayProbe& gateway,
                           const net::HandshakeProbe& handshakes) {
  std::vector<MetricFamily> all;
  all.push_back(one_gauge("rollcall_devices_connected", "Devices with a session.", engine.devices_connected));
  MetricFamily tasks =
      family("rollcall_tasks_total", "Transitions of tasks into each status.", MetricType::Counter);
  for (size_t i = 1; i <= kTaskStatusCount; ++i)
    add_counter(tasks, engine.tasks_total[i],
                {{"status", std::string(task_status_text(static_cast<TaskStatus>(i)))}});
  all.push_back(std::move(tasks));
  MetricFamily jobs = family(
      "rollcall_jobs", "Jobs by status: open ones, and those that ended since the start.", MetricType::Gauge);
  for (size_t i = 1; i <= 8; ++i)
    add_gauge(jobs, engine.jobs[i], {{"status", std::string(job_status_text(static_cast<JobStatus>(i)))}});
  all.push_back(std::move(jobs));
  all.push_back(latency("rollcall_commit_seconds", "Time of one commit of the store.", engine.commit));
  all.push_back(
      one_counter("rollcall_commands_total", "Commands taken by the engine.", engine.commands_total));
  all.push_back(one_counter("rollcall_commit_failures_total", "Commits that failed and changed nothing.",
                            engine.commit_failures_total));
  all.push_back(one_gauge("rollcall_offline_messages",
                          "Direct messages with QoS 1 that their devices have not acknowledged.",
                          engine.messages_waiting));
  all.push_back(one_counter("rollcall_offline_messages_kept_total", "Those that were taken in.",
                            engine.messages_kept_total));
  all.push_back(one_counter("rollcall_offline_messages_dropped_total",
                            "Those that were too many for their device, or that expired.",
                            engine.messages_dropped_total));
  all.push_back(one_gauge("rollcall_store_log_bytes", "Bytes in the write-ahead log.", engine.log_bytes));
  all.push_back(one_gauge("rollcall_mqtt_connections", "Open device connections.", gateway.connections));
  all.push_back(
      one_counter("rollcall_mqtt_publishes_in_total", "PUBLISH packets from devices.", gateway.publishes_in));
  all.push_back(
      one_counter("rollcall_mqtt_publishes_out_total", "PUBLISH packets to devices.", gateway.publishes_out));
  all.push_back(one_counter("rollcall_uplinks_taken_total",
                            "Events, property reports and custom messages of devices that were handed on.",
                            gateway.uplinks_taken));
  all.push_back(one_counter("rollcall_uplinks_dropped_total",
                            "The same that nobody listened to, or had room for.", gateway.uplinks_dropped));
  all.push_back(
      one_counter("rollcall_logins_damped_total",
                  "Logins refused without looking, after too many failures of that device from there.",
                  gateway.logins_damped));
  all.push_back(one_counter("rollcall_too_fast_cuts_total",
                            "Connections cut because their device published too fast.",
                            gateway.too_fast_cuts));
  MetricFamily shaken =
      family("rollcall_tls_handshakes_total",
             "Handshakes of devices over TLS; those that were resumed are done, too.", MetricType::Counter);
  add_counter(shaken, handshakes.done, {{"result", "done"}});
  add_counter(shaken, handshakes.resumed, {{"result", "resumed"}});
  add_counter(shaken, handshakes.failed, {{"result", "failed"}});
  all.push_back(std::move(shaken));
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace rollcall::server
