#include "alink/envelope.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace rollcall::alink {
namespace {

ErrorCode code_of(const auto& result) { return result ? ErrorCode::InternalError : result.error().code; }

Result<JobUpdateContent> update(std::string_view text) {
  ROLLCALL_TRY(const auto request, read_request(text));
  return read_job_update(request);
}

TEST(AlinkEnvelope, Rule6KeepsTheIdAsTheDeviceWroteIt) {
  for (const char* id : {"\"1\"", "7", "\"1|exp-topic|/sys/pk/dn/thing/event/property/post_reply\"",
                         "\"\\u0041\\n\"", "1.50"}) {
    const auto text = "{\"params\":{\"id\":\"inner\"}, \"id\" : " + std::string(id) + " }";
    const auto request = read_request(text);
    ASSERT_TRUE(request) << text;
    EXPECT_EQ(request->id_json, id);
  }
}

TEST(AlinkEnvelope, ReadsAMessageWithoutId) {
  const std::string text = R"({"params":{}})";
  EXPECT_EQ(read_request(text)->id_json, "\"0\"");
  const std::string null_id = R"({"id":null})";
  EXPECT_EQ(read_request(null_id)->id_json, "\"0\"");
}

TEST(AlinkEnvelope, RefusesWhatIsNoObjectWithAShortId) {
  for (const std::string& text : std::initializer_list<std::string>{
           "", "nonsense", "[]", "1", "{\"id\":1", "{\"id\":{}}", "{\"id\":[1]}", "{\"id\":true}",
           "{\"id\":\"1\"}x", "{\"id\":\"" + std::string(300, 'x') + "\"}", "{\"id\":\"\xff\"}",
           "{\"a\":1,\"a\":2}"})
    EXPECT_EQ(code_of(read_request(text)), ErrorCode::InvalidFormattedParameter) << text;
}

TEST(AlinkEnvelope, RefusesMoreThan256KiB) {
  const std::string text = "{\"a\":\"" + std::string(limits::kAlinkBytesMax, 'x') + "\"}";
  EXPECT_EQ(code_of(read_request(text)), ErrorCode::InvalidFormattedParameter);
}

TEST(AlinkEnvelope, ReadsWhetherAReplyIsWanted) {
  EXPECT_TRUE(read_request(R"({"id":"1"})")->wants_reply);
  EXPECT_TRUE(read_request(R"({"id":"1","sys":{"ack":1}})")->wants_reply);
  EXPECT_TRUE(read_request(R"({"id":"1","sys":{}})")->wants_reply);
  EXPECT_FALSE(read_request(R"({"id":"1","sys":{"ack":0}})")->wants_reply);
}

TEST(AlinkEnvelope, ReadsJobGetOfEachKind) {
  for (const char* code : {"$next", "$list", "i5Ks6pF010101"}) {
    const std::string text =
        R"({"id":"1","version":"1.0.0","params":{"taskId":")" + std::string(code) + "\"}}";
    EXPECT_EQ(*read_job_get(*read_request(text)), code);
  }
}

TEST(AlinkEnvelope, RefusesJobGetWithoutATaskId) {
  for (const char* text : {R"({"id":"1"})", R"({"id":"1","params":{}})", R"({"id":"1","params":[]})",
                           R"({"id":"1","params":{"taskId":1}})", R"({"id":"1","params":{"taskId":""}})",
                           R"({"id":"1","params":{"taskId":null}})"})
    EXPECT_EQ(code_of(read_job_get(*read_request(text))), ErrorCode::InvalidFormattedParameter) << text;
  const std::string long_code = R"({"params":{"taskId":")" + std::string(200, 'x') + "\"}}";
  EXPECT_FALSE(read_job_get(*read_request(long_code)));
}

TEST(AlinkEnvelope, ReadsTheUpdateThatTheCLinkSdkSends) {
  const auto read =
      update(R"({"id":"4","version":"1.0.0","params":{"taskId":"T1","status":"SUCCEEDED","progress":100,)"
             R"("statusDetails":{"msg":"ok"}}})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->task_code, "T1");
  EXPECT_EQ(read->event, TaskEvent::ReportSucceeded);
  EXPECT_EQ(read->progress, 100);
  EXPECT_EQ(read->status_details, R"({"msg":"ok"})");
}

TEST(AlinkEnvelope, ReadsUpdatesInAnyOrderAndWithoutOptionalFields) {
  const auto read =
      update(R"({ "params" : { "statusDetails" : { "a" : 10.0 }, "status":"FAILED", "taskId":"T" } })");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->event, TaskEvent::ReportFailed);
  EXPECT_FALSE(read->progress);
  EXPECT_EQ(read->status_details, R"({"a":10.0})");
  const auto bare =
      update(R"({"params":{"taskId":"T","status":"REJECTED","progress":null,"statusDetails":null}})");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->event, TaskEvent::ReportRejected);
  EXPECT_EQ(bare->status_details, "");
}

TEST(AlinkEnvelope, TakesProgressAsNumberOrText) {
  for (const char* progress : {"42", "\"42\"", "42.0"}) {
    const auto read = update(R"({"params":{"taskId":"T","status":"IN_PROGRESS","progress":)" +
                             std::string(progress) + "}}");
    ASSERT_TRUE(read) << progress;
    EXPECT_EQ(read->progress, 42);
  }
}

TEST(AlinkEnvelope, RefusesProgressOutsideItsRange) {
  for (const char* progress :
       {"-1", "101", "1.5", "\"\"", "\"abc\"", "true", "{}", "1e300", "99999999999999999999"})
    EXPECT_EQ(code_of(update(R"({"params":{"taskId":"T","status":"IN_PROGRESS","progress":)" +
                             std::string(progress) + "}}")),
              ErrorCode::InvalidFormattedParameter)
        << progress;
}

TEST(AlinkEnvelope, RefusesStatusesThatOnlyTheServerSets) {
  for (const char* status : {"QUEUED", "SENT", "CANCELLED", "REMOVED", "TIMED_OUT", "succeeded", "DONE", ""})
    EXPECT_EQ(code_of(update(R"({"params":{"taskId":"T","status":")" + std::string(status) + "\"}}")),
              ErrorCode::InvalidFormattedParameter)
        << status;
  EXPECT_FALSE(update(R"({"params":{"taskId":"T"}})"));
  EXPECT_FALSE(update(R"({"params":{"taskId":"T","status":1}})"));
}

TEST(AlinkEnvelope, AnswersStatusDetailsThatAreNoObjectWith71012) {
  for (const char* details : {"\"text\"", "[1]", "1", "true"}) {
    const auto read =
        update(R"({"params":{"taskId":"T","status":"FAILED","statusDetails":)" + std::string(details) + "}}");
    ASSERT_FALSE(read) << details;
    EXPECT_EQ(error_row(read.error().code).alink_code, 71012);
  }
}

TEST(AlinkEnvelope, RefusesStatusDetailsOfMoreThan4096Bytes) {
  const std::string head = R"({"params":{"taskId":"T","status":"FAILED","statusDetails":{"a":")";
  EXPECT_TRUE(update(head + std::string(4096 - 8, 'x') + "\"}}}"));
  EXPECT_FALSE(update(head + std::string(4096 - 7, 'x') + "\"}}}"));
}

TEST(AlinkEnvelope, FindsTheTaskCodeOfARefusedUpdate) {
  const std::string text = R"({"params":{"taskId":"T9","status":"SENT"}})";
  EXPECT_EQ(job_update_task_code(*read_request(text)), "T9");
  const std::string none = R"({"params":{}})";
  EXPECT_EQ(job_update_task_code(*read_request(none)), "");
}

TEST(AlinkEnvelope, ReadsRepliesOfDevices) {
  const auto plain = read_device_reply(R"({"id":"1001","code":200,"data":{}})");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->alink_id, 1001u);
  EXPECT_EQ(plain->code, 200);
  EXPECT_EQ(plain->data, "{}");
  const auto failed = read_device_reply(
      R"({"code":9201,"data":{ "a" : 1 },"id":123,"message":"device \u0041","version":"1.0"})");
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->alink_id, 123u);
  EXPECT_EQ(failed->code, 9201);
  EXPECT_EQ(failed->data, R"({"a":1})");
  EXPECT_EQ(failed->message, "device A");
  EXPECT_EQ(read_device_reply(R"({"id":"4294967295","code":"200"})")->data, "{}");
}

TEST(AlinkEnvelope, RefusesRepliesWithoutACodeOrAnIdOfOurs) {
  for (const char* text :
       {R"({"id":"1"})", R"({"code":200})", R"({"id":"x","code":200})", R"({"id":"4294967296","code":200})",
        R"({"id":"-1","code":200})", R"({"id":"1","code":"ok"})", R"({"id":"1","code":1.5})", "x"})
    EXPECT_FALSE(read_device_reply(text)) << text;
}

TEST(AlinkEnvelope, TakesTheIdOfAnRrpcAnswerFromItsTopic) {
  EXPECT_EQ(read_device_reply(R"({"id":"3","code":200,"data":{"ok":1}})", 77)->alink_id, 77u);
  EXPECT_EQ(read_device_reply(R"({"code":200})", 77)->alink_id, 77u);
}

TEST(AlinkEnvelope, CutsLongMessagesBetweenCharacters) {
  std::string chinese;
  for (int i = 0; i < 2000; ++i) chinese += "设";
  const auto reply = read_device_reply(R"({"id":"1","code":400,"message":")" + chinese + "\"}");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->message.size(), 4095u);
}

TEST(AlinkEnvelope, ShowsANulInAMessageAsAQuestionMark) {
  const auto reply = read_device_reply(R"({"id":"1","code":400,"message":"a\u0000b\u0001"})");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->message, "a?b\x01");
}

TEST(AlinkEnvelope, ReadsPropertyPostsRaw) {
  const std::string text = R"({"id":"1","version":"1.0","params":{"LightSwitch": 0},"sys":{"ack":1}})";
  EXPECT_EQ(*read_property_post(*read_request(text)), R"({"LightSwitch": 0})");
  const std::string bad = R"({"id":"1","params":[1]})";
  EXPECT_FALSE(read_property_post(*read_request(bad)));
}

TEST(AlinkEnvelope, ReadsNtpRequests) {
  EXPECT_EQ(*read_ntp_request(R"({"deviceSendTime":"1795375026856"})"), "1795375026856");
  EXPECT_EQ(*read_ntp_request(R"({"deviceSendTime":1795375026856})"), "1795375026856");
  for (const char* text :
       {"{}", R"({"deviceSendTime":""})", R"({"deviceSendTime":"noon"})", R"({"deviceSendTime":{}})", "x"})
    EXPECT_FALSE(read_ntp_request(text)) << text;
}

}  // namespace
}  // namespace rollcall::alink
