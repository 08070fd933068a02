#include "client/job_text.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "client/api_client.hpp"

namespace rollcall::client {
namespace {

tl::unexpected<Error> usage(std::string text) {
  return fail(ErrorCode::InvalidFormattedParameter, std::move(text));
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

Result<std::string> device_list(const JobOrder& order) {
  std::string out;
  for (const std::string& device : order.devices) {
    const size_t slash = device.find('/');
    const bool full = slash != std::string::npos;
    const std::string product = full ? device.substr(0, slash) : order.device_product;
    const std::string name = full ? device.substr(slash + 1) : device;
    if (product.empty() || name.empty())
      return usage("device " + device +
                   " needs its product: PRODUCTKEY/NAME, or --device-product PRODUCTKEY");
    if (!out.empty()) out += ',';
    out += R"({"productKey":)" + quoted(product) + R"(,"deviceName":)" + quoted(name) + "}";
  }
  return out;
}

Result<std::string> target_config(const JobOrder& order) {
  const int targets = !order.product_key.empty() + !order.group_id.empty() + !order.devices.empty();
  if (targets != 1) return usage("give one target: --product KEY, --group ID or --device NAME ...");
  if (!order.product_key.empty())
    return R"({"targetType":"PRODUCT_KEY","targetProduct":)" + quoted(order.product_key) + "}";
  if (!order.group_id.empty())
    return R"({"targetType":"GROUP_ID","targetGroup":)" + quoted(order.group_id) + "}";
  ROLLCALL_TRY(const std::string devices, device_list(order));
  return R"({"targetType":"DEVICE_LIST","targetDevices":[)" + devices + "]}";
}

int64_t count_of(std::string_view statistics, std::string_view name) {
  const auto raw = json_member(statistics, name);
  return raw ? parse_int(json_text(*raw)).value_or(0) : 0;
}

}  // namespace

Result<NameValues> job_parameters(const JobOrder& order) {
  ROLLCALL_TRY(std::string target, target_config(order));
  NameValues out = {{"JobName", order.name},
                    {"Type", order.type},
                    {"JobDocument", order.document},
                    {"TargetConfig", std::move(target)}};
  if (!order.description.empty()) out.emplace_back("Description", order.description);
  if (order.per_minute > 0 || order.qos) {
    const int64_t rate = order.per_minute > 0 ? order.per_minute : limits::kRolloutPerMinuteDefault;
    std::string rollout = fmt::format(R"({{"maximumPerMinute":{})", rate);
    if (order.qos) rollout += fmt::format(R"(,"messageQoS":"QoS{}")", *order.qos);
    out.emplace_back("RolloutConfig", rollout + "}");
  }
  if (order.timeout_minutes > 0)
    out.emplace_back("TimeoutConfig",
                     fmt::format(R"({{"inProgressTimeoutInMinutes":{}}})", order.timeout_minutes));
  if (order.scheduled_at_ms > 0) out.emplace_back("ScheduledTime", std::to_string(order.scheduled_at_ms));
  return out;
}

JobCounts read_counts(std::string_view statistics) {
  JobCounts counts;
  counts.total = count_of(statistics, "Total");
  counts.queued = count_of(statistics, "Queued");
  counts.sent = count_of(statistics, "Sent");
  counts.in_progress = count_of(statistics, "InProgress");
  counts.succeeded = count_of(statistics, "Succeeded");
  counts.failed = count_of(statistics, "Failed");
  counts.rejected = count_of(statistics, "Rejected");
  counts.timed_out = count_of(statistics, "TimeOut");
  counts.cancelled = count_of(statistics, "Cancelled");
  return counts;
}

std::string progress_line(const JobCounts& counts, size_t bar_cells) {
  const int64_t ended = counts.ended();
  const double share = counts.total > 0 ? static_cast<double>(ended) / static_cast<double>(counts.total) : 0;
  const auto filled = static_cast<size_t>(share * static_cast<double>(bar_cells));
  std::string line = "[" + std::string(filled, '#') + std::string(bar_cells - filled, '-') + "]";
  line += fmt::format(" {:3}%  {}/{}", static_cast<int>(share * 100), ended, counts.total);
  const auto add = [&line](std::string_view name, int64_t count) {
    if (count > 0) line += fmt::format("  {} {}", name, count);
  };
  add("succeeded", counts.succeeded);
  add("failed", counts.failed);
  add("rejected", counts.rejected);
  add("timed out", counts.timed_out);
  add("cancelled", counts.cancelled);
  add("running", counts.in_progress);
  add("sent", counts.sent);
  add("waiting", counts.queued);
  return line;
}

bool is_final_job_status(std::string_view status) noexcept {
  return status == "COMPLETED" || status == "CANCELLED" || status == "TIMED_OUT";
}

}  // namespace rollcall::client
