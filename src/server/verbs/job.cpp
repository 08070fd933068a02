// `rollcall job`: device jobs for people: create, list, show, watch, tasks, cancel (DESIGN 6).
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "client/api_client.hpp"
#include "client/job_text.hpp"
#include "net/core_loop.hpp"
#include "net/signals.hpp"
#include "server/verbs/client_options.hpp"
#include "server/verbs/verbs.hpp"

namespace rollcall::server {
namespace {

constexpr int kExitJobFailures = 3;  // the job has ended, but not all tasks succeeded
constexpr int64_t kWatchMs = 1'000;
constexpr size_t kBarCells = 30;
constexpr int kTasksPerCall = 100;

using client::ApiAnswer;
using client::ApiClient;

struct Options {
  ClientOptions client;
  client::JobOrder order;
  std::string job_id;
  std::string status;
  int64_t limit = 20;
  int qos = -1;
  bool watch = false;
};

// Runs `work` with a client; a failure of it becomes a text and an exit status.
int with_client(const Options& options, const std::function<Result<int>(ApiClient&)>& work) {
  auto settings = read_client_options(options.client);
  if (!settings) {
    complain(public_message(settings.error()));
    return kExitUsage;
  }
  const SystemClock clock;
  SystemRandom random;
  ApiClient api(std::move(*settings), clock, random);
  const auto result = work(api);
  if (result) return *result;
  complain(public_message(result.error()));
  return result.error().code == ErrorCode::InvalidFormattedParameter ? kExitUsage : kExitFailed;
}

std::string member(std::string_view object, std::string_view name) {
  const auto raw = json_member(object, name);
  return raw ? client::json_text(*raw) : std::string();
}

// "@FILE" is the content of the file.
Result<std::string> read_document(const std::string& given) {
  if (!given.starts_with('@')) return given;
  std::ifstream file(given.substr(1), std::ios::binary);
  if (!file) return fail(ErrorCode::InvalidFormattedParameter, "cannot read " + given.substr(1));
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

Result<client::JobCounts> query_counts(ApiClient& api, const std::string& job_id) {
  ROLLCALL_TRY(const ApiAnswer answer, api.require("QueryJobStatistics", {{"JobId", job_id}}));
  return client::read_counts(answer.raw("Data"));
}

// Redraws one line on a terminal; elsewhere prints a line when something changed.
class Progress {
 public:
  void show(const std::string& line) {
    if (line == last_) return;
    last_ = line;
    if (terminal_)
      std::printf("\r\033[K%s", line.c_str());
    else
      std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }
  void end() {
    if (terminal_) std::printf("\n");
    std::fflush(stdout);
  }

 private:
  const bool terminal_ = ::isatty(STDOUT_FILENO) == 1;
  std::string last_;
};

Result<int> watch_job(ApiClient& api, const std::string& job_id) {
  net::CoreLoop loop;
  bool stopped = false;
  const net::SignalWatch signals(loop, [&stopped](int) { stopped = true; });
  Progress progress;
  for (;;) {
    // The status first: counts asked after it are the last ones of a job that has ended.
    ROLLCALL_TRY(const ApiAnswer job, api.require("QueryJob", {{"JobId", job_id}}));
    ROLLCALL_TRY(const client::JobCounts counts, query_counts(api, job_id));
    const std::string status = job.text("Data.Status");
    progress.show(client::progress_line(counts, kBarCells) + "  " + status);
    if (client::is_final_job_status(status)) {
      progress.end();
      return counts.total > 0 && counts.succeeded == counts.total ? kExitOk : kExitJobFailures;
    }
    if (loop.run_until([&stopped] { return stopped; }, kWatchMs)) {
      progress.end();
      return kExitFailed;
    }
  }
}

Result<int> create_job(ApiClient& api, const Options& options) {
  client::JobOrder order = options.order;
  ROLLCALL_TRY(order.document, read_document(order.document));
  if (options.qos >= 0) order.qos = options.qos;
  ROLLCALL_TRY(const NameValues parameters, client::job_parameters(order));
  ROLLCALL_TRY(const ApiAnswer answer, api.require("CreateJob", parameters));
  std::string job_id = answer.text("Data.JobId");
  if (job_id.empty()) job_id = answer.text("JobId");
  std::printf("%s\n", job_id.c_str());
  std::fflush(stdout);
  return options.watch ? watch_job(api, job_id) : Result<int>(kExitOk);
}

Result<int> list_jobs(ApiClient& api, const Options& options) {
  NameValues parameters = {{"PageSize", std::to_string(options.limit)}, {"CurrentPage", "1"}};
  if (!options.status.empty()) parameters.emplace_back("Status", options.status);
  ROLLCALL_TRY(const ApiAnswer answer, api.require("ListJob", parameters));
  const auto jobs = json_elements(answer.raw("Data.data"));
  if (jobs.empty()) std::printf("no jobs\n");
  for (std::string_view job : jobs)
    std::printf("%-24s  %-14s  %-15s  %s  %s\n", member(job, "JobId").c_str(), member(job, "Status").c_str(),
                member(job, "Type").c_str(), member(job, "UtcCreate").c_str(),
                member(job, "JobName").c_str());
  const int64_t total = answer.number("Total");
  if (total > static_cast<int64_t>(jobs.size()))
    std::printf("%zu of %lld; more with --limit\n", jobs.size(), static_cast<long long>(total));
  return kExitOk;
}

Result<int> show_job(ApiClient& api, const Options& options) {
  ROLLCALL_TRY(const ApiAnswer job, api.require("QueryJob", {{"JobId", options.job_id}}));
  ROLLCALL_TRY(const client::JobCounts counts, query_counts(api, options.job_id));
  const std::string_view data = job.raw("Data");
  for (const auto& [name, raw] : json_members(data))
    std::printf("%-16s  %s\n", name.c_str(), client::json_text(raw).c_str());
  std::printf("%-16s  %s\n", "Tasks", client::progress_line(counts, kBarCells).c_str());
  return kExitOk;
}

Result<int> list_tasks(ApiClient& api, const Options& options) {
  NameValues parameters = {{"JobId", options.job_id}};
  if (!options.status.empty()) parameters.emplace_back("Status", options.status);
  int64_t left = options.limit;
  std::string next;
  while (left > 0) {
    NameValues page = parameters;
    page.emplace_back("Limit", std::to_string(std::min<int64_t>(left, kTasksPerCall)));
    if (!next.empty()) page.emplace_back("NextToken", next);
    ROLLCALL_TRY(const ApiAnswer answer, api.require("ListTask", page));
    const auto tasks = json_elements(answer.raw("Data.data"));
    for (std::string_view task : tasks)
      std::printf("%-28s  %-12s  %3s%%  %s  %s/%s\n", member(task, "TaskId").c_str(),
                  member(task, "Status").c_str(), member(task, "Progress").c_str(),
                  member(task, "UtcModified").c_str(), member(task, "ProductKey").c_str(),
                  member(task, "DeviceName").c_str());
    left -= static_cast<int64_t>(tasks.size());
    next = answer.text("NextToken");
    if (next.empty() || tasks.empty()) return kExitOk;
  }
  std::printf("more with --limit\n");
  return kExitOk;
}

Result<int> cancel_job(ApiClient& api, const Options& options) {
  ROLLCALL_TRY(const ApiAnswer answer, api.require("CancelJob", {{"JobId", options.job_id}}));
  std::printf("cancelled\n");
  return kExitOk;
}

using Work = Result<int> (*)(ApiClient&, const Options&);

CLI::App* add_work(CLI::App* job, const char* name, const char* help, Work work,
                   const std::shared_ptr<Options>& options, int& exit_code) {
  CLI::App* verb = job->add_subcommand(name, help);
  add_client_options(*verb, options->client, "--endpoint");
  verb->callback([options, work, &exit_code] {
    exit_code = with_client(*options, [&options, work](ApiClient& api) { return work(api, *options); });
  });
  return verb;
}

void add_create_options(CLI::App* create, const std::shared_ptr<Options>& options) {
  client::JobOrder& order = options->order;
  create->add_option("--name", order.name, "JobName")->required();
  create->add_option("--type", order.type, "CUSTOM_JOB, SET_PROPERTY, INVOKE_SERVICE or PUB")
      ->capture_default_str();
  create->add_option("--document", order.document, "JobDocument as JSON, or @FILE")->capture_default_str();
  create->add_option("--description", order.description, "Description");
  create->add_option("--product", order.product_key, "Target: all devices of this ProductKey");
  create->add_option("--group", order.group_id, "Target: all devices of this GroupId");
  create->add_option("--device", order.devices, "Target: device NAME or PRODUCTKEY/NAME; may be repeated");
  create->add_option("--device-product", order.device_product, "ProductKey of the devices given by name");
  create->add_option("--rate", order.per_minute, "Tasks pushed a minute at most");
  create->add_option("--qos", options->qos, "QoS of the message, 0 or 1")->check(CLI::Range(0, 1));
  create->add_option("--timeout", order.timeout_minutes, "Minutes a task may be IN_PROGRESS");
  create->add_option("--at", order.scheduled_at_ms, "Start then, in milliseconds since 1970");
  create->add_flag("--watch", options->watch, "Watch it until it ends");
}

}  // namespace

void add_job(CLI::App& app, int& exit_code) {
  CLI::App* job = app.add_subcommand("job", "Create, list, show, watch and cancel jobs");
  job->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  add_create_options(
      add_work(job, "create", "Create a job and print its JobId", create_job, options, exit_code), options);
  CLI::App* list = add_work(job, "list", "List jobs, newest first", list_jobs, options, exit_code);
  CLI::App* show = add_work(job, "show", "Show a job and its counts", show_job, options, exit_code);
  CLI::App* watch = add_work(
      job, "watch", "Follow a job to its end; exit status 0 when all tasks succeeded, else 3",
      [](ApiClient& api, const Options& given) { return watch_job(api, given.job_id); }, options, exit_code);
  CLI::App* tasks = add_work(job, "tasks", "List the tasks of a job", list_tasks, options, exit_code);
  CLI::App* cancel = add_work(job, "cancel", "Cancel a job", cancel_job, options, exit_code);
  for (CLI::App* verb : {show, watch, tasks, cancel})
    verb->add_option("JOBID", options->job_id, "JobId")->required();
  for (CLI::App* verb : {list, tasks}) {
    verb->add_option("--status", options->status, "Only those with this status");
    verb->add_option("--limit", options->limit, "How many at most")
        ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}))
        ->capture_default_str();
  }
}

}  // namespace rollcall::server
