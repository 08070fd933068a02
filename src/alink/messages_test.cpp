#include "alink/messages.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "base/json.hpp"

namespace rollcall::alink {
namespace {

std::string text_of(const std::function<void(std::string&)>& append) {
  std::string out;
  append(out);
  EXPECT_TRUE(parse_json(out)) << out;
  return out;
}

std::string notify(const TaskText& task, std::string_view document) {
  return text_of([&](std::string& out) { append_job_notify(out, 7542940, task, document); });
}

// The C Link SDK's reader: the value behind the first textual "key", which must stand right behind the colon
// (device-protocol 6.2). Texts come without their quotes.
std::string first_value(std::string_view json, std::string_view key) {
  const std::string quoted = "\"" + std::string(key) + "\":";
  const size_t at = json.find(quoted);
  if (at == std::string_view::npos) return "absent";
  std::string_view rest = json.substr(at + quoted.size());
  if (rest.starts_with('"')) return std::string(rest.substr(1, rest.find('"', 1) - 1));
  if (!rest.starts_with('{')) return std::string(rest.substr(0, rest.find_first_of(",}")));
  int depth = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '{') ++depth;
    if (rest[i] == '}' && --depth == 0) return std::string(rest.substr(0, i + 1));
  }
  return "unfinished";
}

TEST(AlinkMessages, NotifiesAJobByteForByte) {
  EXPECT_EQ(notify({"i5Ks6pF010101", "SENT", {}}, R"({"key":"value"})"),
            R"({"id":"7542940","version":"1.0","params":{"task":{"taskId":"i5Ks6pF010101","status":"SENT",)"
            R"("jobDocument":{"key":"value"}}}})");
  EXPECT_EQ(notify({"T", "SENT", JobFileLink{"Md5", "ab", "https://h/p?a=1&b=2"}}, "{}"),
            R"({"id":"7542940","version":"1.0","params":{"task":{"taskId":"T","status":"SENT",)"
            R"("jobFile":{"signMethod":"Md5",)"
            R"("sign":"ab","fileUrl":"https://h/p?a=1&b=2"},"jobDocument":{}}}})");
}

TEST(AlinkMessages, TellsOfCancelledAndRemovedTasksWithAnEmptyDocument) {
  // The C SDK 3.2 ignores a task without the key jobDocument (device-protocol 4.1).
  EXPECT_EQ(notify({"T", "CANCELLED", {}}, "{}"),
            R"({"id":"7542940","version":"1.0","params":{"task":{"taskId":"T","status":"CANCELLED",)"
            R"("jobDocument":{}}}})");
  EXPECT_EQ(notify({"T", "REMOVED", {}}, "{}"),
            R"({"id":"7542940","version":"1.0","params":{"task":{"taskId":"T","status":"REMOVED",)"
            R"("jobDocument":{}}}})");
}

TEST(AlinkMessages, Rule3IsCompact) {
  const std::string all =
      notify({"T", "SENT", {}}, R"({"a":1})") + text_of([](std::string& out) {
        append_job_get_reply(out, "\"1\"", "$next", TaskWithDocument{{"T", "SENT", {}}, "{}"});
      }) +
      text_of([](std::string& out) {
        append_job_list_reply(out, "\"1\"", {{"T", "SENT", {}}, {"U", "SENT", {}}});
      }) +
      text_of([](std::string& out) { append_job_update_reply(out, "\"1\"", "T", {}); }) +
      text_of([](std::string& out) { append_property_set(out, 1, "{}"); }) +
      text_of([](std::string& out) { append_service_call(out, 1, "restart", "{}"); }) +
      text_of([](std::string& out) { append_reply(out, "1", "thing/event/property/post", {}); });
  EXPECT_EQ(all.find_first_of(" \n\t"), std::string::npos) << all;
}

TEST(AlinkMessages, Rule4PutsTheKeysSoThatATextualReaderFindsTheRightOnes) {
  const std::string document =
      R"({"id":"EVIL","code":1,"taskId":"EVIL","status":"CANCELLED","jobFile":{},"a":{"b":1}})";
  const std::string pushed = notify({"T1", "SENT", JobFileLink{"Md5", "ab", "http://f"}}, document);
  EXPECT_EQ(first_value(pushed, "id"), "7542940");
  EXPECT_EQ(first_value(pushed, "taskId"), "T1");
  EXPECT_EQ(first_value(pushed, "status"), "SENT");
  EXPECT_EQ(first_value(pushed, "fileUrl"), "http://f");
  EXPECT_EQ(first_value(pushed, "jobDocument"), document);
  const std::string got = text_of([&](std::string& out) {
    append_job_get_reply(out, "\"9\"", "T1", TaskWithDocument{{"T1", "IN_PROGRESS", {}}, document});
  });
  EXPECT_EQ(first_value(got, "id"), "9");
  EXPECT_EQ(first_value(got, "code"), "200");
  EXPECT_EQ(first_value(got, "taskId"), "T1");
  EXPECT_EQ(first_value(got, "status"), "IN_PROGRESS");
  const std::string call =
      text_of([](std::string& out) { append_property_set(out, 5, R"({"id":1,"method":2})"); });
  EXPECT_EQ(first_value(call, "id"), "5");
  EXPECT_EQ(first_value(call, "method"), "thing.service.property.set");
  EXPECT_EQ(first_value(call, "params"), R"({"id":1,"method":2})");
}

TEST(AlinkMessages, Rule4SurvivesBracesInDocumentsThatTheModelHasEscaped) {
  const std::string document = compact_json(R"({ "a" : "x}y{z", "u" : "http:\/\/h" })", true);
  EXPECT_EQ(first_value(notify({"T", "SENT", {}}, document), "jobDocument"), document);
}

TEST(AlinkMessages, Rule5MakesIdsTextsOfDigits) {
  for (const uint32_t id : {0u, 1u, 4294967295u}) {
    std::string out;
    append_job_notify_head(out, id, {"T", "SENT", {}});
    EXPECT_TRUE(out.starts_with("{\"id\":\"" + std::to_string(id) + "\",")) << out;
  }
}

TEST(AlinkMessages, Rule6RepeatsTheIdVerbatim) {
  const std::string id = R"("1|exp-topic|/sys/pk/dn/thing/event/property/post_reply")";
  EXPECT_EQ(text_of([&](std::string& out) { append_reply(out, id, "thing/event/property/post", {}); }),
            "{\"id\":" + id +
                R"(,"code":200,"data":{},"message":"success","method":"thing.event.property.post",)"
                R"("version":"1.0"})");
}

TEST(AlinkMessages, Rule7GivesEveryReplyIdCodeDataAndMessage) {
  const std::string replies[] = {
      text_of([](std::string& out) { append_job_get_reply(out, "\"1\"", "$next", {}); }),
      text_of([](std::string& out) { append_job_list_reply(out, "\"1\"", {}); }),
      text_of([](std::string& out) {
        append_job_get_failure(out, "\"1\"", "T", {460, "no"});
      }),
      text_of([](std::string& out) { append_job_update_reply(out, "\"1\"", "T", {}); }),
      text_of([](std::string& out) {
        append_job_update_reply(out, "\"1\"", "T", Failure{460, "no"});
      }),
      text_of([](std::string& out) {
        append_reply(out, "\"1\"", "thing/config/get", {400, "{}", "none"});
      }),
  };
  for (const std::string& reply : replies) {
    const auto value = parse_json(reply);
    ASSERT_TRUE(value) << reply;
    const auto& object = value->as_object();
    EXPECT_TRUE(object.at("id").is_string()) << reply;
    EXPECT_TRUE(object.at("code").is_int64()) << reply;
    EXPECT_TRUE(object.at("data").is_object()) << reply;
    EXPECT_TRUE(object.at("message").is_string()) << reply;
  }
}

TEST(AlinkMessages, AnswersNextByteForByte) {
  EXPECT_EQ(
      text_of([](std::string& out) {
        append_job_get_reply(out, "\"1\"", "$next", TaskWithDocument{{"T", "SENT", {}}, R"({"a":10.0})"});
      }),
      R"({"id":"1","code":200,"data":{"taskId":"$next","task":{"taskId":"T","status":"SENT",)"
      R"("jobDocument":{"a":10.0}}},)"
      R"("message":"success","method":"thing.job.get","version":"1.0"})");
  EXPECT_EQ(text_of([](std::string& out) { append_job_get_reply(out, "\"1\"", "$next", {}); }),
            R"({"id":"1","code":200,"data":{"taskId":"$next"},"message":"success","method":"thing.job.get",)"
            R"("version":"1.0"})");
}

TEST(AlinkMessages, AnswersListWithoutTheWordTasksWhenThereAreNone) {
  EXPECT_EQ(
      text_of([](std::string& out) {
        append_job_list_reply(out, "\"1\"", {{"T", "IN_PROGRESS", {}}, {"U", "QUEUED", {}}});
      }),
      R"({"id":"1","code":200,"data":{"taskId":"$list","tasks":[{"taskId":"T","status":"IN_PROGRESS"},)"
      R"({"taskId":"U","status":"QUEUED"}]},"message":"success","method":"thing.job.get","version":"1.0"})");
  EXPECT_EQ(text_of([](std::string& out) { append_job_list_reply(out, "\"1\"", {}); }),
            R"({"id":"1","code":200,"data":{"taskId":"$list"},"message":"success","method":"thing.job.get",)"
            R"("version":"1.0"})");
}

TEST(AlinkMessages, AnswersUpdatesByteForByte) {
  EXPECT_EQ(text_of([](std::string& out) { append_job_update_reply(out, "\"4\"", "T1", {}); }),
            R"({"id":"4","code":200,"data":{"taskId":"T1"},"message":"success","method":"thing.job.update",)"
            R"("version":"1.0"})");
  EXPECT_EQ(text_of([](std::string& out) {
              append_job_update_reply(out, "\"4\"", "T\"1", Failure{71012, "a \"b\""});
            }),
            R"({"id":"4","code":71012,"data":{"taskId":"T\"1"},"message":"a \"b\"",)"
            R"("method":"thing.job.update","version":"1.0"})");
}

TEST(AlinkMessages, CallsServicesByteForByte) {
  EXPECT_EQ(
      text_of([](std::string& out) { append_property_set(out, 1001, R"({"LightSwitch":1})"); }),
      R"({"id":"1001","version":"1.0.0","method":"thing.service.property.set","params":{"LightSwitch":1}})");
  EXPECT_EQ(text_of([](std::string& out) {
              append_service_call(out, 1002, "module:test_service", R"({"key1":"v"})");
            }),
            R"({"id":"1002","version":"1.0.0","method":"thing.service.module:test_service",)"
            R"("params":{"key1":"v"}})");
}

TEST(AlinkMessages, AnswersNtpInTexts) {
  EXPECT_EQ(text_of([](std::string& out) {
              append_ntp_response(out, "17", WallMs{1795375026856}, WallMs{1795375026857});
            }),
            R"({"deviceSendTime":"17","serverRecvTime":"1795375026856","serverSendTime":"1795375026857"})");
}

TEST(AlinkMessages, LeavesSlashesAmpersandsAndChineseAsTheyAre) {
  const std::string out = notify({"T", "SENT", JobFileLink{"Sha256", "ab", "https://文件/x?a&b"}}, "{}");
  EXPECT_NE(out.find("\"https://文件/x?a&b\""), std::string::npos) << out;
}

}  // namespace
}  // namespace rollcall::alink
