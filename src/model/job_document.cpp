#include "model/job_document.hpp"

#include <algorithm>

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

// The topic /{ProductKey}/{DeviceName}/user/{suffix} has at most 128 bytes (device-protocol 1.9); a
// ProductKey has 11, a DeviceName at most 32.
constexpr size_t kTopicSuffixBytesMax =
    limits::kMqttTopicBytesMax - 1 - 11 - 1 - 32 - std::string_view("/user/").size();

bool is_topic_suffix(std::string_view text) {
  if (text.size() > kTopicSuffixBytesMax || !utf8_length(text) || text.front() == '/') return false;
  return std::none_of(text.begin(), text.end(), [](char c) {
    return c == '+' || c == '#' || static_cast<uint8_t>(c) < 0x20 || c == 0x7F;
  });
}

// "identifier" or "module:identifier" (cloud-api A.1).
bool is_service_identifier(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view last = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const std::string_view module = colon == std::string_view::npos ? "m" : text.substr(0, colon);
  return !last.empty() && !module.empty() && last.size() <= 50 && module.size() <= 30 &&
         is_letters_digits(last, "_") && is_letters_digits(module, "_");
}

Status read_pub(std::string_view document, JobContent& content) {
  ROLLCALL_TRY(content.topic_short_name, text_member(document, "topicShortName"));
  const std::string& topic = content.topic_short_name;
  if (!is_topic_suffix(topic))
    return fail(bad("JobDocument.topicShortName",
                    "is the part of the topic behind /user/: 1 to " + std::to_string(kTopicSuffixBytesMax) +
                        " bytes, without + and # and a leading /, not \"" + excerpt(topic) + "\""));
  ROLLCALL_TRY(const std::string text, text_member(document, "messageContent"));
  auto payload = base64_decode(text);
  if (!payload)
    return fail(bad("JobDocument.messageContent", "must be Base64, not \"" + excerpt(text) + "\""));
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
    return fail(bad("JobDocument", "has at most " + std::to_string(limits::kJobDocumentCharactersMax) +
                                       " characters of UTF-8"));
  auto parsed = parse_json(document);
  if (!parsed) return fail(bad("JobDocument", parsed.error().message));
  if (!parsed->is_object()) return fail(bad("JobDocument", "must be a JSON object"));
  JobContent content;
  content.type = type;
  switch (type) {
    case JobType::CustomJob:
      content.body = compact_json(document, true);
      break;
    case JobType::Pub:
      ROLLCALL_TRY_STATUS(read_pub(document, content));
      break;
    case JobType::SetProperty: {
      ROLLCALL_TRY(std::string_view params, job_document_params(document));
      if (json_members(params).empty())
        return fail(bad("JobDocument.params", "must set at least one property"));
      content.body = compact_json(params, false);
      break;
    }
    case JobType::InvokeService: {
      ROLLCALL_TRY(content.service_identifier, text_member(document, "serviceIdentifier"));
      if (!is_service_identifier(content.service_identifier))
        return fail(bad("JobDocument.serviceIdentifier",
                        "is identifier or module:identifier of letters, digits and _, not \"" +
                            excerpt(content.service_identifier) + "\""));
      ROLLCALL_TRY(std::string_view params, job_document_params(document));
      content.body = compact_json(params, false);
      break;
    }
  }
  return content;
}

}  // namespace rollcall
