#include "bench/cases.hpp"

#include <algorithm>

#include "bench/device_subjects.hpp"
#include "bench/mass_subjects.hpp"
#include "bench/request_subjects.hpp"
#include "bench/store_subjects.hpp"
#include "bench/tls_subjects.hpp"

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
      at_least(0.9)},
     {"logins / the wall's", "rollcall.logins_per_s", "wall.logins_per_s", kNoTarget},
     {"memory per quiet device / Mosquitto's", "rollcall.rss_bytes_per_device",
      "mosquitto.rss_bytes_per_device", kNoTarget}},
    {{"rollcall.rss_bytes_per_device", at_most(1024)}},
};

const CaseRow kTlsLogins = {
    "gateway/tls_logins",
    "the same over TLS 1.3, without tickets; resident memory of each quiet device beside plain TCP's",
    {{"tls", start<Logins, RollcallTls>}, {"plain", start<Logins, RollcallJobs>}},
    {{"memory per quiet device over TLS / over TCP", "tls.rss_bytes_per_device", "plain.rss_bytes_per_device",
      kNoTarget},
     {"logins over TLS / over TCP", "tls.logins_per_s", "plain.logins_per_s", kNoTarget}},
    {},
    3,
};

const CaseRow kHandshakes = {
    "gateway/handshakes",
    "full handshakes of TLS 1.3 (RSA 2048) by 16 clients at a time, beside openssl s_server",
    {{"rollcall", start_rollcall_handshakes}, {"openssl", start_openssl_handshakes}},
    {{"handshakes / those of openssl s_server", "rollcall.handshakes_per_s", "openssl.handshakes_per_s",
      kNoTarget},
     {"CPU per handshake / openssl s_server's", "rollcall.cpu_us", "openssl.cpu_us", kNoTarget}},
    {},
};

const CaseRow kMessages = {
    "gateway/messages",
    "one QoS 1 message of 512 bytes to each device: by BatchPub, by a client of Mosquitto, by one of the "
    "wall",
    {{"rollcall", start<Messages, RollcallPubs>},
     {"mosquitto", start<Messages, MosquittoServer>},
     {"wall", start<Messages, WallBroker>}},
    {{"messages / Mosquitto's", "rollcall.messages_per_s", "mosquitto.messages_per_s", at_least(1.2)},
     {"CPU per message / Mosquitto's", "rollcall.cpu_us", "mosquitto.cpu_us", at_most(0.6)},
     {"Mosquitto's messages / the wall's", "mosquitto.messages_per_s", "wall.messages_per_s", kNoTarget}},
    {},
};

const CaseRow kPublishes = {
    "gateway/publishes",
    "devices publish QoS 1 messages of 512 bytes, 1,000 at a time, from each message to its PUBACK",
    {{"rollcall", start<Publishes, RollcallPublishes>}, {"mosquitto", start<Publishes, MosquittoPublishes>}},
    {{"messages / Mosquitto's", "rollcall.messages_per_s", "mosquitto.messages_per_s", at_least(1.1)},
     {"p99 / Mosquitto's", "rollcall.p99_ms", "mosquitto.p99_ms", at_most(1)},
     {"CPU per message / Mosquitto's", "rollcall.cpu_us", "mosquitto.cpu_us", kNoTarget}},
    {},
};

const CaseRow kTransitions = {
    "store/transitions",
    "the store beside a bare SQLite loop with the same rows, indexes and commits; bytes of a row",
    {{"store", start_store_transitions}, {"bare", start_bare_transitions}},
    {{"transitions / the bare loop's, device order", "store.transitions_per_s", "bare.transitions_per_s",
      at_least(0.6)},
     {"transitions / the bare loop's, random order", "store.random_transitions_per_s",
      "bare.random_transitions_per_s", at_least(0.6)},
     {"CPU per transition / the bare loop's, device order", "store.transition_cpu_us",
      "bare.transition_cpu_us", kNoTarget},
     {"CPU per transition / the bare loop's, random order", "store.random_transition_cpu_us",
      "bare.random_transition_cpu_us", kNoTarget},
     {"rows made / the bare loop's", "store.made_rows_per_s", "bare.made_rows_per_s", kNoTarget},
     {"rows cancelled / the bare loop's", "store.cancelled_rows_per_s", "bare.cancelled_rows_per_s",
      kNoTarget}},
    {{"store.untouched_task_bytes", at_most(80)}},
};

const CaseRow kPostgresql = {
    "store/postgresql",
    "the same on PostgreSQL beside a bare libpq loop: one pipeline of statements over arrays for each commit",
    {{"store", start_postgresql_transitions}, {"bare", start_bare_postgresql_transitions}},
    {{"transitions / the bare loop's, device order", "store.transitions_per_s", "bare.transitions_per_s",
      at_least(0.6)},
     {"transitions / the bare loop's, random order", "store.random_transitions_per_s",
      "bare.random_transitions_per_s", at_least(0.6)},
     {"rows made / the bare loop's", "store.made_rows_per_s", "bare.made_rows_per_s", kNoTarget},
     {"rows cancelled / the bare loop's", "store.cancelled_rows_per_s", "bare.cancelled_rows_per_s",
      kNoTarget}},
    {},
};

const CaseRow kMass = {
    "engine/mass",
    "jobs over very many devices: answered, all rows done, and what others feel meanwhile",
    {{"rollcall", start_mass_operations}, {"bare", start_bare_operations}},
    {{"create: all tasks exist / bare insert", "rollcall.create_ms", "bare.create_ms", at_most(4)},
     {"cancel: all tasks ended / bare update", "rollcall.cancel_ms", "bare.cancel_ms", at_most(4)},
     {"delete: job gone / bare insert", "rollcall.delete_ms", "bare.create_ms", kNoTarget},
     {"fail: all made, tried and failed / bare insert", "rollcall.fail_ms", "bare.create_ms", kNoTarget},
     {"rerun: all queued, tried and failed / bare update", "rollcall.rerun_ms", "bare.cancel_ms", kNoTarget}},
    {{"rollcall.create_answer_ms", at_most(100)},
     {"rollcall.rss_bytes_per_open_task", at_most(100)},
     {"rollcall.create_others_share", at_most(1)},
     {"rollcall.cancel_others_share", at_most(1)},
     {"rollcall.delete_others_share", at_most(1)},
     {"rollcall.fail_others_share", at_most(1)},
     {"rollcall.rerun_others_share", at_most(1)}},
    3,
};

const CaseRow kRestart = {
    "engine/restart",
    "kill -9 with all tasks of a mass job open, then the time until ready",
    {{"rollcall", start_restart}},
    {},
    {{"rollcall.ready_ms", at_most(3'000)}},
};

const CaseRow kCalls = {
    "api/calls",
    "single calls of the API one after the other, beside /healthz, which does nothing",
    {{"rollcall", start_calls}},
    {{"QueryProduct / healthz, p50", "rollcall.query_product_p50_ms", "rollcall.healthz_p50_ms", kNoTarget},
     {"ListTask for a status none has / all have, queued job", "rollcall.list_failed_of_queued_p50_ms",
      "rollcall.list_queued_of_queued_p50_ms", at_most(2)},
     {"ListTask, last page / first page", "rollcall.list_last_p50_ms", "rollcall.list_all_p50_ms",
      at_most(2)},
     {"ListTask for a status none has / all have, cancelled job", "rollcall.list_queued_of_cancelled_p50_ms",
      "rollcall.list_cancelled_of_cancelled_p50_ms", at_most(2)}},
    {},
    3,
};

const CaseRow kRequests = {
    "api/requests",
    "signed QueryJob and QueryJobStatistics over 16 kept connections, beside a bare Beast server",
    {{"rollcall", start_requests}, {"bare", start_bare_requests}},
    {{"requests / the bare server's", "rollcall.requests_per_s", "bare.requests_per_s", at_least(0.5)}},
    {{"rollcall.p99_ms", at_most(5)}},
};

const CaseRow kImport = {
    "fleet/import",
    "rollcall import of a CSV (--large: 1,000,000 devices), and of the same file again",
    {{"rollcall", start_fleet_import}},
    {{"devices a second the second time / the first time", "rollcall.same_devices_per_s",
      "rollcall.new_devices_per_s", kNoTarget}},
    {{"rollcall.new_devices_per_s", at_least(20'000)}},
    3,
};

const CaseRow kTable[] = {kJobs,        kLatency,    kMass,   kRestart,   kPace,
                          kMessages,    kPublishes,  kLogins, kTlsLogins, kHandshakes,
                          kTransitions, kPostgresql, kCalls,  kRequests,  kImport};

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
