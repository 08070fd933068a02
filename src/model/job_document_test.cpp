#include "model/job_document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"

namespace rollcall {
namespace {

using testing::StartsWith;

JobContent taken(JobType type, const std::string& document) {
  auto content = read_job_document(type, document);
  EXPECT_TRUE(content) << document << ": " << (content ? "" : content.error().message);
  return content ? *content : JobContent{};
}

std::string refusal(JobType type, const std::string& document) {
  const auto content = read_job_document(type, document);
  if (content) return "accepted";
  EXPECT_EQ(content.error().code, ErrorCode::InvalidFormattedParameter);
  return content.error().message;
}

TEST(JobDocument, OfAnyTypeIsAJsonObject) {
  for (const JobType type : {JobType::CustomJob, JobType::Pub, JobType::SetProperty, JobType::InvokeService})
    for (const char* document : {"", " ", "[]", "1", "null", "\"{}\"", "{", "{}}", "{} {}", "{'a':1}",
                                 "{\"a\":1,}", R"({"a":1,"a":2})",
                                 R"({"a":{"b":1,)"
                                 R"("b":2}})",
                                 "\xEF\xBB\xBF{}", "{\"a\":\"\xFF\"}", "{\"a\":NaN}", "{\"a\":01}"})
      EXPECT_THAT(refusal(type, document), StartsWith("JobDocument: ")) << document;
}

TEST(JobDocument, HasAtMost65536CodePoints) {
  const auto document = [](const std::string& character, size_t code_points) {
    std::string text = R"({"a":")";
    for (size_t i = 0; i < code_points - 8; ++i) text += character;
    return text + "\"}";
  };
  EXPECT_EQ(refusal(JobType::CustomJob, document("x", limits::kJobDocumentCharactersMax)), "accepted");
  EXPECT_EQ(refusal(JobType::CustomJob, document("灯", limits::kJobDocumentCharactersMax)), "accepted");
  for (const char* character : {"x", "灯"})
    EXPECT_THAT(refusal(JobType::CustomJob, document(character, limits::kJobDocumentCharactersMax + 1)),
                StartsWith("JobDocument: has at most 65536 characters"));
}

TEST(JobDocument, NestsAtMostAsDeepAsTheReaderGoes) {
  const auto nested = [](size_t depth) {
    return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(refusal(JobType::CustomJob, nested(30)), "accepted");
  EXPECT_THAT(refusal(JobType::CustomJob, nested(30'000)), StartsWith("JobDocument: "));
}

// device-protocol 6.2: what the C SDK's reader needs.
TEST(CustomJob, IsCompactedWithNumbersAsWrittenAndBracesInStringsEscaped) {
  const std::pair<const char*, const char*> rows[] = {
      {"{}", "{}"},
      {" {\n\t\"operatingMode\" : 23 }\r\n", R"({"operatingMode":23})"},
      {R"({"a":10.0,"b":1E1,"c":-0,"d":123456789012345678901234567890})",
       R"({"a":10.0,"b":1E1,"c":-0,"d":123456789012345678901234567890})"},
      {R"({"a":"x{y}z"})", R"({"a":"x\u007by\u007dz"})"},
      {R"({"a{b":{"c":"}"}})", R"({"a\u007bb":{"c":"\u007d"}})"},
      {R"({"a":"b\/c"})", R"({"a":"b/c"})"},
      {R"({"a":"\\{ \" "})", R"({"a":"\\\u007b \" "})"},
      {R"({"a":"灯 \u706f & <"})", R"({"a":"灯 \u706f & <"})"},
  };
  for (const auto& [document, body] : rows) {
    const JobContent content = taken(JobType::CustomJob, document);
    EXPECT_EQ(content.body, body);
    EXPECT_EQ(content.type, JobType::CustomJob);
  }
}

TEST(CustomJob, BodyMeansTheSameAsTheDocument) {
  EXPECT_TRUE(rc::check([] {
    std::string document = "{";
    for (const auto& text : *rc::gen::container<std::vector<std::string>>(
             rc::gen::container<std::string>(rc::gen::elementOf(std::string("{}[]\"\\/ab ,:\n"))))) {
      if (document.size() > 1) document += " , ";
      append_json_string(document, std::to_string(document.size()) + text);
      document += " : ";
      append_json_string(document, text);
    }
    document += "}";
    const auto content = read_job_document(JobType::CustomJob, document);
    RC_ASSERT(content.has_value());
    RC_ASSERT(*parse_json(content->body) == *parse_json(document));
  }));
}

TEST(Pub, DecodesItsMessage) {
  const JobContent content =
      taken(JobType::Pub, R"({"topicShortName":"get",)"
                          R"("messageContent":"eyJ0ZXN0IjoidGFzayBiYXRjaHB1YiBicm9hZGNhc3QifQ=="})");
  EXPECT_EQ(content.topic_short_name, "get");
  EXPECT_EQ(content.body, R"({"test":"task batchpub broadcast"})");
  const std::string bytes("\0\xFF\n{}", 5);
  EXPECT_EQ(taken(JobType::Pub, R"({"messageContent":")" + base64_encode(bytes) +
                                    R"(",)"
                                    R"("topicShortName":"a/b"})")
                .body,
            bytes);
}

TEST(Pub, AcceptsMembersThatItDoesNotKnow) {
  EXPECT_EQ(taken(JobType::Pub, R"({"topicShortName":"get","messageContent":"YQ==","qos":1})").body, "a");
}

std::string pub_topic(const std::string& topic) {
  std::string document = R"({"messageContent":"YQ==","topicShortName":)";
  append_json_string(document, topic);
  return refusal(JobType::Pub, document + "}");
}

TEST(Pub, TakesTopicSuffixesThatFitATopic) {
  for (const std::string& topic :
       {std::string("a"), std::string("update/error"), std::string("get/"), std::string("a//b"),
        std::string("灯"), std::string("a b"), std::string("$x"), std::string(77, 'a')})
    EXPECT_EQ(pub_topic(topic), "accepted") << topic;
  const std::string longest = "/a1AbcDEFgh1/" + std::string(32, 'd') + "/user/" + std::string(77, 'a');
  EXPECT_EQ(longest.size(), limits::kMqttTopicBytesMax);
}

TEST(Pub, RefusesTopicSuffixesThatAreNone) {
  for (const std::string& topic : {std::string(), std::string("/get"), std::string("a/+"), std::string("+"),
                                   std::string("#"), std::string("a#b"), std::string(78, 'a'),
                                   std::string("a\0b", 3), std::string("a\nb"), std::string("\x7F")})
    EXPECT_THAT(pub_topic(topic), StartsWith("JobDocument.topicShortName: ")) << topic;
}

TEST(Pub, NamesTheMemberThatIsMissingOrWrong) {
  const std::pair<const char*, const char*> rows[] = {
      {"{}", "JobDocument.topicShortName: is missing"},
      {R"({"TopicShortName":"get","messageContent":"YQ=="})", "JobDocument.topicShortName: is missing"},
      {R"({"topicShortName":5,"messageContent":"YQ=="})", "JobDocument.topicShortName: must be a text"},
      {R"({"topicShortName":null,"messageContent":"YQ=="})", "JobDocument.topicShortName: must be a text"},
      {R"({"topicShortName":"get"})", "JobDocument.messageContent: is missing"},
      {R"({"topicShortName":"get",)"
       R"("messageContent":""})",
       "JobDocument.messageContent: must be a text that is not empty"},
      {R"({"topicShortName":"get","messageContent":{}})", "JobDocument.messageContent: must be a text"},
      {R"({"topicShortName":"get",)"
       R"("messageContent":"YQ="})",
       "JobDocument.messageContent: must be Base64, not \"YQ=\""},
      {R"({"topicShortName":"get","messageContent":"Y Q=="})", "JobDocument.messageContent: must be Base64"},
      {R"({"topicShortName":"get","messageContent":"Y-_="})", "JobDocument.messageContent: must be Base64"},
  };
  for (const auto& [document, start] : rows)
    EXPECT_THAT(refusal(JobType::Pub, document), StartsWith(start)) << document;
}

TEST(SetProperty, SendsItsParamsCompactAndAsWritten) {
  EXPECT_EQ(
      taken(JobType::SetProperty, R"({ "params" : { "brightness" : 10.0 , "label" : "a {b}\/ c" } })").body,
      R"({"brightness":10.0,"label":"a {b}\/ c"})");
  EXPECT_EQ(taken(JobType::SetProperty, R"({"params":{"zone:mode":"eco"},)"
                                        R"("more":1})")
                .body,
            R"({"zone:mode":"eco"})");
}

TEST(SetProperty, NeedsAnObjectWithAtLeastOneProperty) {
  for (const char* document :
       {"{}", R"({"params":{}})", R"({"params":{ }})", R"({"params":[]})", R"({"params":null})",
        R"({"params":"{}"})", R"({"Params":{"a":1}})", R"({"brightness":80})"})
    EXPECT_THAT(refusal(JobType::SetProperty, document), StartsWith("JobDocument.params: ")) << document;
}

TEST(InvokeService, SendsItsParamsToItsService) {
  const JobContent content = taken(JobType::InvokeService, R"({"serviceIdentifier":"reboot",)"
                                                           R"("params":{"delay": 5}})");
  EXPECT_EQ(content.service_identifier, "reboot");
  EXPECT_EQ(content.body, R"({"delay":5})");
  EXPECT_EQ(taken(JobType::InvokeService, R"({"serviceIdentifier":"zone:probe_2"})").service_identifier,
            "zone:probe_2");
}

TEST(InvokeService, MayHaveNoParams) {
  EXPECT_EQ(taken(JobType::InvokeService, R"({"serviceIdentifier":"reboot"})").body, "{}");
  EXPECT_EQ(taken(JobType::InvokeService, R"({"serviceIdentifier":"reboot","params":{ }})").body, "{}");
}

TEST(InvokeService, NamesTheMemberThatIsMissingOrWrong) {
  const std::pair<std::string, const char*> rows[] = {
      {"{}", "JobDocument.serviceIdentifier: is missing"},
      {R"({"params":{}})", "JobDocument.serviceIdentifier: is missing"},
      {R"({"serviceIdentifier":""})", "JobDocument.serviceIdentifier: must be a text that is not empty"},
      {R"({"serviceIdentifier":7})", "JobDocument.serviceIdentifier: must be a text"},
      {R"({"serviceIdentifier":"a/b"})", "JobDocument.serviceIdentifier: is identifier or module:identifier"},
      {R"({"serviceIdentifier":"a+"})", "JobDocument.serviceIdentifier: is"},
      {R"({"serviceIdentifier":"a b"})", "JobDocument.serviceIdentifier: is"},
      {R"({"serviceIdentifier":":b"})", "JobDocument.serviceIdentifier: is"},
      {R"({"serviceIdentifier":"a:"})", "JobDocument.serviceIdentifier: is"},
      {R"({"serviceIdentifier":"a:b:c"})", "JobDocument.serviceIdentifier: is"},
      {R"({"serviceIdentifier":")" + std::string(51, 'a') + "\"}", "JobDocument.serviceIdentifier: is"},
      {R"({"serviceIdentifier":")" + std::string(31, 'a') + ":b\"}", "JobDocument.serviceIdentifier: is"},
      {R"({"serviceIdentifier":"a","params":[1]})", "JobDocument.params: must be an object"},
      {R"({"serviceIdentifier":"a","params":"{}"})", "JobDocument.params: must be an object"},
  };
  for (const auto& [document, start] : rows)
    EXPECT_THAT(refusal(JobType::InvokeService, document), StartsWith(start)) << document;
}

TEST(JobDocumentParams, AreTheCallersOwnText) {
  EXPECT_EQ(job_document_params(R"({"params": { "a" : 10.0 } })"), R"({ "a" : 10.0 })");
  EXPECT_EQ(job_document_params(R"({"serviceIdentifier":"a"})"), "{}");
  EXPECT_FALSE(job_document_params(R"({"params":5})"));
}

}  // namespace
}  // namespace rollcall
