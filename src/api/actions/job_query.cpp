// QueryJob, ListJob, QueryJobStatistics (cloud-api A.6 to A.8).
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/reading.hpp"
#include "api/render_job.hpp"

namespace rollcall::api {
namespace {

constexpr int64_t kJobPageMax = 50;  // cloud-api A.7

void query_job(const ActionContext& context, Call& call, Answer answer) {
  const auto job = read_job_id(call.parameters, context.codec);
  if (!job) return refuse_call(answer, job.error());
  run_query(context, call, answer,
            [instance = call.actor.instance, job = *job,
             key = context.codec_key](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto info, queries.job(instance, job));
              return render_job(info, IdCodec(key));
            });
}

void list_job(const ActionContext& context, Call& call, Answer answer) {
  const auto page = read_page(call.parameters, kJobPageMax);
  if (!page) return refuse_call(answer, page.error());
  std::optional<JobStatus> status;
  if (const std::string_view text = text_of(call.parameters, "Status"); !text.empty()) {
    status = parse_job_status(text);
    if (!status)
      return refuse_call(answer, refuse("Status", "a job status such as IN_PROGRESS", text).value());
  }
  run_query(context, call, answer,
            [instance = call.actor.instance, status, page = *page,
             key = context.codec_key](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto list, queries.list_jobs(instance, status, page.page, page.page_size));
              return render_job_list(list, page.page, page.page_size, IdCodec(key));
            });
}

void query_job_statistics(const ActionContext& context, Call& call, Answer answer) {
  const auto job = read_job_id(call.parameters, context.codec);
  if (!job) return refuse_call(answer, job.error());
  run_query(context, call, answer,
            [instance = call.actor.instance, job = *job](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto info, queries.job(instance, job));
              return render_job_statistics(info.job);
            });
}

// --- the rows

constexpr ParameterSpec kListJob[] = {
    {.name = "PageSize", .required = true, .kind = Integer, .ill_formed = kPageError, .rule = "1 to 50"},
    {.name = "CurrentPage", .required = true, .kind = Integer, .ill_formed = kPageError, .rule = "from 1"},
    {.name = "Status", .rule = "a job status such as IN_PROGRESS; all when absent"},
};
constexpr ParameterSpec kJobIdOnly[] = {
    {.name = "JobId", .required = true, .rule = "of a job of the instance"},
};

constexpr ActionRow kRows[] = {
    {"ListJob", 5, kVendor, list_job, kListJob},
    {"QueryJob", 5, kVendor, query_job, kJobIdOnly},
    {"QueryJobStatistics", 5, kVendor, query_job_statistics, kJobIdOnly},
};

}  // namespace

std::span<const ActionRow> job_query_actions() noexcept { return kRows; }

}  // namespace rollcall::api
