// Direct calls on the wire: the messages are those of jobs under ids of their own, and an answer is handed
// on once (cloud-api C.7, device-protocol 5.3).
#include "base/limits.hpp"
#include "gateway/test_gateway.hpp"

namespace rollcall::gateway::test {
namespace {

using GatewayDirect = Gateway;
constexpr uint32_t kId = direct_alink_id(77);

engine::PushTask direct(ConnectionRef connection, std::shared_ptr<const JobContent> what, bool awaited) {
  return {connection, 9, TaskKey(), 1, std::move(what), kId, awaited};
}

std::string text_id() { return std::to_string(kId); }

TEST_F(GatewayDirect, SendsPropertySetsAndMessagesWithTheQosAskedForAndReportsNothing) {
  const auto connection = login();
  core.deliver(direct(connection, content(JobType::SetProperty, R"({"on":1})", MessageQos::Qos1), false));
  EXPECT_EQ(received(0), "PUBLISH qos=1 id=1 /sys/a1pk/dev1/thing/service/property/set {\"id\":\"" +
                             text_id() +
                             R"(","version":"1.0.0","method":"thing.service.property.set","params":{"on":1}})"
                             "\n");
  core.deliver(direct(connection, content(JobType::Pub, "bytes", MessageQos::Qos0), false));
  EXPECT_EQ(received(0), "PUBLISH qos=0 id=0 /a1pk/dev1/user/get bytes\n");
  std::string packet;
  mqtt::append_puback(packet, 1);
  send(connection, packet);
  publish(connection, sys("thing/event/property/post"), R"({"id":"1","params":{"on":1}})");
  EXPECT_EQ(asked(), "");
}

TEST_F(GatewayDirect, HandsOnTheBytesThatAnswerAnRrpcOnce) {
  const auto connection = login();
  auto question = content(JobType::Pub, "question");
  question->raw_rrpc = true;
  question->qos = MessageQos::Qos0;
  question->topic_short_name.clear();
  core.deliver(direct(connection, question, true));
  EXPECT_EQ(received(0), "PUBLISH qos=0 id=0 /sys/a1pk/dev1/rrpc/request/" + text_id() + " question\n");
  publish(connection, sys("rrpc/response/" + std::to_string(kId + 1)), "not that one");
  EXPECT_EQ(asked(), "");
  publish(connection, sys("rrpc/response/" + text_id()), "not JSON", 5);
  EXPECT_EQ(asked(), "reply " + text_id() + " code=200 data= message= packet=5 payload=not JSON\n");
  publish(connection, sys("rrpc/response/" + text_id()), "again", 6);
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(received(0), "PUBACK 6\n") << "5 is acknowledged when the engine has taken it";
}

TEST_F(GatewayDirect, AsksOnACustomTopicInTheExtendedForm) {
  const auto connection = login("_ss=1,ext=1");
  auto question = content(JobType::Pub, "question");
  question->raw_rrpc = true;
  question->qos = MessageQos::Qos0;
  core.deliver(direct(connection, question, true));
  const std::string topic = "/ext/rrpc/" + text_id() + "/a1pk/dev1/user/get";
  EXPECT_EQ(received(0), "PUBLISH qos=0 id=0 " + topic + " question\n");
  publish(connection, topic, "yes");
  EXPECT_EQ(asked(), "reply " + text_id() + " code=200 data= message= packet=0 payload=yes\n");
}

TEST_F(GatewayDirect, HandsOnTheWholeAnswerOfASynchronousService) {
  const auto connection = login();
  auto call = content(JobType::InvokeService, "{}", MessageQos::Qos0);
  call->sync_service = true;
  core.deliver(direct(connection, call, true));
  EXPECT_TRUE(received(0).starts_with("PUBLISH qos=0 id=0 /sys/a1pk/dev1/rrpc/request/" + text_id()));
  const std::string data = R"({"long":")" + std::string(limits::kTaskDetailBytesMax, 'x') + "\"}";
  publish(connection, sys("rrpc/response/" + text_id()),
          "{\"id\":\"" + text_id() + R"(","code":200,"data":)" + data + "}");
  EXPECT_EQ(asked(), "reply " + text_id() + " code=200 data=" + data + " message= packet=0\n");
}

TEST_F(GatewayDirect, HandsOnReportedValuesAndAnswersWithoutWaitingForThem) {
  const auto connection = login();
  const std::string topic = sys("thing/event/property/post");
  publish(connection, topic, R"({"id":"1","params":{"a":{"value":1.0,"time":5},"a b":2}})");
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(values, "values {\"a\":{\"v\":1.0,\"t\":5}}\n");
  EXPECT_TRUE(received(0).find("post_reply") != std::string::npos);
  publish(connection, topic,
          R"({"id":"2","params":{"a":")" + std::string(limits::kPropertyReportBytesMax, 'x') + "\"}}");
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(values, "");
  engine.full = true;
  publish(connection, topic, R"({"id":"3","params":{"a":1}})");
  EXPECT_TRUE(sink.closed.empty()) << "nothing that a connection would be given up for";
}

TEST_F(GatewayDirect, TakesNoNotifyReplyForAnAnswer) {
  const auto connection = login();
  auto question = content(JobType::Pub, "question");
  question->raw_rrpc = true;
  core.deliver(direct(connection, question, true));
  publish(connection, sys("thing/job/notify_reply"), "{\"id\":\"" + text_id() + R"(","code":200,"data":{}})");
  EXPECT_EQ(asked(), "");
}

}  // namespace
}  // namespace rollcall::gateway::test
