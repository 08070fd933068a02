#include "model/job_document.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall {
namespace {

Error bad(std::string_view path, std::string_view rule) {
  return Error(ErrorCode::InvalidFormattedParameter, std::string(path) + ": " + std::string(rule));
}

// A member that must be a non-empty string.
Result<std::string> text_member(std::string_view document, std::string_view key) {
  const std::string path = "JobDocument." + std::string(key);
  const auto raw = json_member(document, key);
  if (!raw) return fail(bad(path, "is missing"));
  auto text = json_unquote(*raw);
  if (!text || text->empty()) return fail(bad(path, "must be a text that is not empty"));
  return std::move(*text);
}

Status read_pub(std::string_view document, JobContent& content) {
  ROLLCALL_TRY(content.topic_short_name, text_member(document, "topicShortName"));
  const std::string& topic = content.topic_short_name;
  if (topic.front() == '/' || topic.find_first_of("+#") != std::string::npos || topic.size() > 80 || !utf8_length(topic) ||
      topic.find('\0') != std::string::npos)
    return fail(bad("JobDocument.topicShortName", "is the part of the topic behind /user/, at most 80 bytes, without + and #, not \"" +
                                                      excerpt(topic) + "\""));
  const auto raw = json_member(document, "messageContent");
  if (!raw) return fail(bad("JobDocument.messageContent", "is missing"));
  const auto text = json_unquote(*raw);
  auto payload = text ? base64_decode(*text) : std::nullopt;
  if (!payload) return fail(bad("JobDocument.messageContent", "must be Base64"));
  content.body = std::move(*payload);
  return {};
}

}  // namespace

Result<std::string_view> job_document_params(std::string_view document) {
  const auto raw = json_member(document, "params");
  if (!raw) return std::string_view("{}");
  if (raw->empty() || raw->front() != '{') return fail(bad("JobDocument.params", "must be an object"));
  return *raw;
}

Result<JobContent> read_job_document(JobType type, std::string_view document) {
  const auto length = utf8_length(document);
  if (!length || *length > limits::kJobDocumentCharactersMax)
    return fail(bad("JobDocument", "has at most " + std::to_string(limits::kJobDocumentCharactersMax) + " characters of UTF-8"));
  auto parsed = parse_json(document);
  if (!parsed) return fail(bad("JobDocument", parsed.error().message));
  if (!parsed->is_object()) return fail(bad("JobDocument", "must be a JSON object"));
  JobContent content;
  content.type = type;
  switch (type) {
    case JobType::CustomJob: content.body = compact_json(document, true); break;
    case JobType::Pub: ROLLCALL_TRY_STATUS(read_pub(document, content)); break;
    case JobType::SetProperty: {
      ROLLCALL_TRY(std::string_view params, job_document_params(document));
      if (json_members(params).empty()) return fail(bad("JobDocument.params", "must set at least one property"));
      content.body = compact_json(params, false);
      break;
    }
    case JobType::InvokeService: {
      ROLLCALL_TRY(content.service_identifier, text_member(document, "serviceIdentifier"));
      if (!is_letters_digits(content.service_identifier, "_:") || content.service_identifier.size() > 80)
        return fail(bad("JobDocument.serviceIdentifier", "holds letters, digits, _ and : only, not \"" +
                                                             excerpt(content.service_identifier) + "\""));
      ROLLCALL_TRY(std::string_view params, job_document_params(document));
      content.body = compact_json(params, false);
      break;
    }
  }
  return content;
}

}  // namespace rollcall
