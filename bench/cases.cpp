#include "bench/cases.hpp"

#include <algorithm>

#include "bench/device_subjects.hpp"

namespace rollcall::bench {
namespace {

constexpr Target at_least(double value) { return {Target::Bound::AtLeast, value}; }
constexpr Target at_most(double value) { return {Target::Bound::AtMost, value}; }
constexpr std::nullopt_t kNoTarget = std::nullopt;

const CaseRow kJobs = {
    "engine/jobs",
    "whole durable jobs (push, two reports with replies, history on) in device order and in random order",
    {{"rollcall", start<Jobs, RollcallJobs>},
     {"mosquitto", start<Messages, MosquittoServer>},
     {"wall", start<Jobs, WallJobs>}},
    {{"jobs / messages Mosquitto delivers", "rollcall.jobs_per_s", "mosquitto.messages_per_s", at_least(0.5)},
     {"jobs in random order / messages Mosquitto delivers", "rollcall.random_jobs_per_s",
      "mosquitto.messages_per_s", at_least(0.5)},
     {"CPU per job / per Mosquitto message", "rollcall.cpu_us", "mosquitto.cpu_us", at_most(2)},
     {"CPU per job in random order / per Mosquitto message", "rollcall.random_cpu_us", "mosquitto.cpu_us",
      at_most(2)},
     {"jobs / the wall's, which stores nothing", "rollcall.jobs_per_s", "wall.jobs_per_s", kNoTarget},
     {"jobs in random order / the wall's", "rollcall.random_jobs_per_s", "wall.random_jobs_per_s",
      kNoTarget}},
    {},
};

const CaseRow kLatency = {
    "engine/latency",
    "5,000 reports/s, from the moment a report is due to its update_reply, in both orders",
    {{"rollcall", start<Latency, RollcallJobs>}, {"wall", start<Latency, WallJobs>}},
    {},
    {{"rollcall.p99_ms", at_most(20)}},
    3,
};

const CaseRow kPace = {
    "engine/pace",
    "one job at 1,000 tasks a minute (--long: over ten minutes)",
    {{"rollcall", start<Pace, RollcallJobs>}},
    {},
    {{"rollcall.error_percent", at_most(1)},
     {"rollcall.most_in_a_minute", at_most(1'000)},
     {"rollcall.jitter_p99_ms", at_most(100)}},
    1,
};

const CaseRow kLogins = {
    "gateway/logins",
    "a whole fleet comes back at once; resident memory of each device that is connected and quiet",
    {{"rollcall", start<Logins, RollcallJobs>},
     {"mosquitto", start<Logins, MosquittoServer>},
     {"wall", start<Logins, WallJobs>}},
    {{"logins / Mosquitto's, which checks nothing", "rollcall.logins_per_s", "mosquitto.logins_per_s",
      kNoTarget},
     {"logins / the wall's", "rollcall.logins_per_s", "wall.logins_per_s", kNoTarget},
     {"memory per quiet device / Mosquitto's", "rollcall.rss_bytes_per_device",
      "mosquitto.rss_bytes_per_device", kNoTarget}},
    {{"rollcall.rss_bytes_per_device", at_most(2560)}},
};

const CaseRow kMessages = {
    "gateway/messages",
    "one QoS 1 message of 512 bytes to each device: the peer beside the wall, without Rollcall",
    {{"mosquitto", start<Messages, MosquittoServer>}, {"wall", start<Messages, WallBroker>}},
    {{"Mosquitto's messages / the wall's", "mosquitto.messages_per_s", "wall.messages_per_s", kNoTarget}},
    {},
};

const CaseRow kTable[] = {kJobs, kLatency, kPace, kLogins, kMessages};

}  // namespace

std::span<const CaseRow> case_table() { return kTable; }

std::vector<const CaseRow*> find_cases(const std::string& name) {
  std::vector<const CaseRow*> found;
  for (const CaseRow& row : kTable) {
    const std::string_view whole = row.name;
    if (whole == name || whole.substr(0, whole.find('/')) == name) found.push_back(&row);
  }
  return found;
}

}  // namespace rollcall::bench
