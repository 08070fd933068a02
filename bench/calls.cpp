#include <fmt/format.h>

#include "bench/mass_server.hpp"
#include "bench/mass_subjects.hpp"
#include "bench/statistics.hpp"
#include "client/fleet_setup.hpp"
#include "net/http_client.hpp"

namespace rollcall::bench {
namespace {

// The calls, one row each. ListTask is asked for a status that every task has, and for one that none has:
// both must cost a page and no more.
struct Call {
  const char* name;
  const char* action;
  NameValues parameters;
};

class Calls final : public Subject {
 public:
  explicit Calls(const Options& options) : mass_(options), seconds_(options.api_seconds) {
    waiting_ = mass_.make_job();
    const std::string cancelled = mass_.make_job();
    mass_.call("CancelJob", {{"JobId", cancelled}});
    mass_.await_job(cancelled, "CANCELLED");
    const std::string name = client::device_name("mass-", 1);
    calls_ = {{"query_product", "QueryProduct", {{"ProductKey", mass_.product_key}}},
              {"device_status", "GetDeviceStatus", {{"ProductKey", mass_.product_key}, {"DeviceName", name}}},
              {"query_job", "QueryJob", {{"JobId", waiting_}}},
              {"list_all", "ListTask", tasks_of(waiting_, "")},
              {"list_queued_of_queued", "ListTask", tasks_of(waiting_, "QUEUED")},
              {"list_failed_of_queued", "ListTask", tasks_of(waiting_, "FAILED")},
              {"list_cancelled_of_cancelled", "ListTask", tasks_of(cancelled, "CANCELLED")},
              {"list_queued_of_cancelled", "ListTask", tasks_of(cancelled, "QUEUED")}};
  }

  Values round() override {
    Values values;
    net::HttpClientOptions http_options;
    http_options.server = mass_.server.settings.endpoint;
    net::HttpClient http(http_options);
    HttpRequest request;
    request.method = "GET";
    request.target = "/healthz";
    repeat("healthz", values, [&] {
      if (!http.send(request)) give_up("/healthz did not answer");
    });
    for (const Call& call : calls_)
      repeat(call.name, values, [&] { mass_.call(call.action, call.parameters); });
    NameValues last = tasks_of(waiting_, "");
    last.emplace_back("NextToken", last_page_token());
    repeat("list_last", values, [&] { mass_.call("ListTask", last); });
    return values;
  }

 private:
  // Walks over all pages; a token is good for a minute.
  std::string last_page_token() {
    NameValues parameters = tasks_of(waiting_, "");
    parameters.emplace_back("NextToken", "");
    for (std::string before;;) {
      const std::string next = mass_.call("ListTask", parameters).text("NextToken");
      if (next.empty()) return before;
      parameters.back().second = before = next;
    }
  }
  static NameValues tasks_of(const std::string& job, const std::string& status) {
    NameValues parameters = {{"JobId", job}, {"Limit", "50"}};
    if (!status.empty()) parameters.emplace_back("Status", status);
    return parameters;
  }
  // One after the other, for a while.
  template <class Work>
  void repeat(const std::string& name, Values& values, Work&& work) {
    std::vector<double> times_ms;
    const SteadyUs end = clock_.steady() + static_cast<int64_t>(seconds_ * 1e6);
    while (clock_.steady() < end) {
      const SteadyUs begin = clock_.steady();
      work();
      times_ms.push_back(static_cast<double>(clock_.steady() - begin) / 1e3);
    }
    values.emplace_back(name + "_p50_ms", percentile(times_ms, 0.5));
    values.emplace_back(name + "_p99_ms", percentile(times_ms, 0.99));
  }

  MassServer mass_;
  std::string waiting_;
  const double seconds_;
  SystemClock clock_;
  std::vector<Call> calls_;
};

}  // namespace

std::unique_ptr<Subject> start_calls(const Options& options) { return std::make_unique<Calls>(options); }

}  // namespace rollcall::bench
