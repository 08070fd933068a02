// What the engine's effects become on the wire (device-protocol 4, 5; DESIGN 5.11, 5.12).
#include "gateway/downlink.hpp"

#include "base/limits.hpp"
#include "gateway/test_gateway.hpp"

namespace rollcall::gateway::test {
namespace {

using GatewayDownlink = Gateway;

std::string puback(uint16_t packet_id) {
  std::string packet;
  mqtt::append_puback(packet, packet_id);
  return packet;
}

TEST_F(GatewayDownlink, PushesACustomJobAndReportsItsPuback) {
  const auto connection = login();
  core.deliver(push(connection, content(JobType::CustomJob, R"({"key":"value"})")));
  EXPECT_EQ(received(0), "PUBLISH qos=1 id=1 /sys/a1pk/dev1/thing/job/notify {\"id\":\"" + id() +
                             R"(","version":"1.0","params":{"task":{"taskId":")" + task() +
                             R"(","status":"SENT","jobDocument":{"key":"value"}}}})"
                             "\n");
  EXPECT_EQ(asked(), "");
  send(connection, puback(1));
  EXPECT_EQ(asked(), "confirmed 70/4 attempt 2\n");
  send(connection, puback(1));
  EXPECT_EQ(asked(), "");
}

TEST_F(GatewayDownlink, KeepsTheQosOfTheJobWhateverTheDeviceSubscribedWith) {
  // The C SDK 3.2 subscribes with QoS 0 and still acknowledges a QoS 1 notification (device-protocol 1.8).
  const auto connection = login("securemode=3");
  std::string packet;
  mqtt::append_subscribe(packet, 1, {{"/sys/a1pk/dev1/thing/job/notify", 0}});
  send(connection, packet);
  received(0);
  core.deliver(push(connection, content(JobType::CustomJob, "{}", MessageQos::Qos1)));
  EXPECT_TRUE(received(0).starts_with("PUBLISH qos=1 id=1 "));
  core.deliver(push(connection, content(JobType::CustomJob, "{}", MessageQos::Qos0)));
  EXPECT_TRUE(received(0).starts_with("PUBLISH qos=0 id=0 "));
}

TEST_F(GatewayDownlink, TakesNotifyReplyForAConfirmationOnce) {
  const auto connection = login();
  core.deliver(push(connection, content(JobType::CustomJob, "{}", MessageQos::Qos1)));
  publish(connection, sys("thing/job/notify_reply"), "{\"id\":\"" + id() + R"(","code":200,"data":{}})", 6);
  EXPECT_EQ(asked(), "confirmed 70/4 attempt 2\n");
  received(0);
  send(connection, puback(1));
  publish(connection, sys("thing/job/notify_reply"), R"({"id":"1","code":200,"data":{}})");
  publish(connection, sys("thing/job/notify_reply"), "nonsense", 7);
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(received(0), "PUBACK 7\n");
}

TEST_F(GatewayDownlink, DropsPushesOfAnotherEpochOrConnection) {
  const auto connection = login();
  core.deliver(push(connection, content(JobType::CustomJob, "{}"), 8));
  core.deliver(push(ref(0, 2), content(JobType::CustomJob, "{}")));
  core.deliver(push(ref(99), content(JobType::CustomJob, "{}")));
  EXPECT_EQ(received(0), "");
  core.on_closed(connection);
  core.deliver(push(connection, content(JobType::CustomJob, "{}")));
  EXPECT_EQ(received(0), "");
}

TEST_F(GatewayDownlink, SetsPropertiesWithQos0) {
  const auto connection = login();
  core.deliver(push(connection, content(JobType::SetProperty, R"({"LightSwitch":1})")));
  EXPECT_EQ(received(0), "PUBLISH qos=0 id=0 /sys/a1pk/dev1/thing/service/property/set {\"id\":\"" + id() +
                             R"(","version":"1.0.0","method":"thing.service.property.set",)"
                             R"("params":{"LightSwitch":1}})"
                             "\n");
}

TEST_F(GatewayDownlink, SeesThePropertyThatItSetInAReport) {
  const auto connection = login();
  core.deliver(push(connection, content(JobType::SetProperty, R"({"LightSwitch":1})")));
  received(0);
  const std::string topic = sys("thing/event/property/post");
  publish(connection, topic, R"({"id":"1","params":{"LightSwitch":0}})");
  EXPECT_EQ(asked(), "");
  publish(connection, topic, R"({"id":"1","params":{"LightSwitch":{"value":1,"time":5}}})");
  EXPECT_EQ(asked(), "seen 70/4 attempt 2\n");
  publish(connection, topic, R"({"id":"1","params":{"LightSwitch":1}})");
  EXPECT_EQ(asked(), "") << "once";
}

TEST_F(GatewayDownlink, ForgetsAPropertySetThatWasAnswered) {
  const auto connection = login();
  core.deliver(push(connection, content(JobType::SetProperty, R"({"LightSwitch":1})")));
  publish(connection, sys("thing/service/property/set_reply"),
          "{\"id\":\"" + id() +
              R"(","code":200,)"
              R"("data":{}})");
  asked();
  publish(connection, sys("thing/event/property/post"), R"({"id":"1","params":{"LightSwitch":1}})");
  EXPECT_EQ(asked(), "");
}

TEST_F(GatewayDownlink, CallsServicesInTheFormThatTheDeviceUnderstands) {
  const std::string text = "{\"id\":\"" + id() +
                           R"(","version":"1.0.0",)"
                           R"("method":"thing.service.restart","params":{"a":1}})" +
                           "\n";
  auto call = content(JobType::InvokeService, R"({"a":1})");
  auto sync_call = content(JobType::InvokeService, R"({"a":1})");
  sync_call->sync_service = true;
  const auto plain = login("_ss=1,ext=0", 0);
  core.deliver(push(plain, call));
  EXPECT_EQ(received(0), "PUBLISH qos=0 id=0 /sys/a1pk/dev1/thing/service/restart " + text);
  core.deliver(push(plain, sync_call));
  EXPECT_EQ(received(0), "PUBLISH qos=0 id=0 /sys/a1pk/dev1/rrpc/request/" + id() + " " + text);
  const auto ext = login("_ss=1,ext=3", 1);
  core.deliver(push(ext, call));
  EXPECT_EQ(received(1), "PUBLISH qos=0 id=0 /sys/a1pk/dev1/thing/service/restart " + text);
  core.deliver(push(ext, sync_call));
  EXPECT_EQ(received(1),
            "PUBLISH qos=0 id=0 /ext/rrpc/" + id() + "/sys/a1pk/dev1/thing/service/restart " + text);
}

TEST_F(GatewayDownlink, PublishesRawBytesToCustomTopics) {
  const auto connection = login();
  core.deliver(push(connection, content(JobType::Pub, "raw bytes", MessageQos::Qos0)));
  EXPECT_EQ(received(0), "PUBLISH qos=0 id=0 /a1pk/dev1/user/get raw bytes\n");
  EXPECT_EQ(asked(), "written 70/4 attempt 2\n");
  core.deliver(push(connection, content(JobType::Pub, "raw bytes", MessageQos::Qos1)));
  EXPECT_EQ(received(0), "PUBLISH qos=1 id=1 /a1pk/dev1/user/get raw bytes\n");
  EXPECT_EQ(asked(), "");
  send(connection, puback(1));
  EXPECT_EQ(asked(), "confirmed 70/4 attempt 2\n");
}

TEST_F(GatewayDownlink, DoesNotReportAsWrittenWhatTheConnectionDidNotTake) {
  const auto connection = login();
  sink.full = true;
  core.deliver(push(connection, content(JobType::Pub, "raw bytes", MessageQos::Qos0)));
  EXPECT_EQ(asked(), "close [0 device 5 epoch 9] TOO_SLOW\n");
  EXPECT_TRUE(sink.closed.contains(0));
}

TEST_F(GatewayDownlink, TellsOfACancelledTask) {
  const auto connection = login();
  core.deliver(engine::TellTask{connection, 9, TaskKey{JobId{70}, 4}, 2, TaskStatus::Cancelled});
  EXPECT_EQ(received(0), "PUBLISH qos=1 id=1 /sys/a1pk/dev1/thing/job/notify {\"id\":\"" + id() +
                             R"(","version":"1.0","params":{"task":{"taskId":")" + task() +
                             R"(","status":"CANCELLED","jobDocument":{}}}})"
                             "\n");
  send(connection, puback(1));
  EXPECT_EQ(asked(), "");
  core.deliver(engine::TellTask{connection, 8, TaskKey{JobId{70}, 4}, 2, TaskStatus::Cancelled});
  EXPECT_EQ(received(0), "");
}

TEST_F(GatewayDownlink, TellsOfARemovedTaskInTheDevicesOwnWord) {
  const auto connection = login();
  core.deliver(engine::TellTask{connection, 9, TaskKey{JobId{70}, 4}, 2, TaskStatus::Cancelled, true});
  EXPECT_EQ(received(0), "PUBLISH qos=1 id=1 /sys/a1pk/dev1/thing/job/notify {\"id\":\"" + id() +
                             R"(","version":"1.0","params":{"task":{"taskId":")" + task() +
                             R"(","status":"REMOVED","jobDocument":{}}}})"
                             "\n");
}

TEST_F(GatewayDownlink, AnswersNextListAndOne) {
  const auto connection = login();
  const TaskKey first{JobId{70}, 4};
  const auto document = content(JobType::CustomJob, R"({"a":10.0})");
  engine::JobGetReply next{
      connection, engine::GetKind::Next, {"\"1\"", "$next", 21}, {{first, TaskStatus::Sent, document}}};
  core.deliver(next);
  EXPECT_EQ(received(0),
            "PUBACK 21\nPUBLISH qos=0 id=0 /sys/a1pk/dev1/thing/job/get_reply "
            R"({"id":"1","code":200,"data":{"taskId":"$next","task":{"taskId":")" +
                task() +
                R"(","status":"SENT","jobDocument":{"a":10.0}}},"message":"success",)"
                R"("method":"thing.job.get","version":"1.0"})"
                "\n");
  core.deliver(engine::JobGetReply{connection, engine::GetKind::Next, {"\"1\"", "$next", 0}, {}});
  EXPECT_NE(received(0).find(R"("data":{"taskId":"$next"},)"), std::string::npos);
  core.deliver(engine::JobGetReply{
      connection, engine::GetKind::List, {"\"1\"", "$list", 0}, {{first, TaskStatus::InProgress, nullptr}}});
  EXPECT_NE(received(0).find(R"("data":{"taskId":"$list","tasks":[{"taskId":")" + task() +
                             R"(",)"
                             R"("status":"IN_PROGRESS"}]})"),
            std::string::npos);
  core.deliver(engine::JobGetReply{connection, engine::GetKind::One, {"\"1\"", "nobodys", 0}, {}});
  EXPECT_NE(received(0).find(R"("data":{"taskId":"nobodys"},)"), std::string::npos);
}

TEST_F(GatewayDownlink, AnswersUpdatesWithTheEnginesVerdict) {
  const auto connection = login();
  core.deliver(engine::JobUpdateReply{connection, {"\"4\"", "T1", 22}, {}});
  EXPECT_EQ(received(0),
            "PUBACK 22\nPUBLISH qos=0 id=0 /sys/a1pk/dev1/thing/job/update_reply "
            R"({"id":"4","code":200,"data":{"taskId":"T1"},"message":"success",)"
            R"("method":"thing.job.update","version":"1.0"})"
            "\n");
  core.deliver(engine::JobUpdateReply{connection, {"\"4\"", "T1", 0}, fail(ErrorCode::NotExistedTask)});
  EXPECT_NE(received(0).find(R"({"id":"4","code":460,"data":{"taskId":"T1"},)"
                             R"("message":"The task does not exist.")"),
            std::string::npos);
}

TEST_F(GatewayDownlink, AcknowledgesWithoutReplyWhenTheDeviceDoesNotTakeReplies) {
  const auto connection = login("securemode=3");
  core.deliver(engine::JobUpdateReply{connection, {"\"4\"", "T1", 22}, {}});
  core.deliver(engine::Ack{connection, 23});
  core.deliver(engine::Ack{connection, 0});
  EXPECT_EQ(received(0), "PUBACK 22\nPUBACK 23\n");
}

TEST_F(GatewayDownlink, DropsAnswersForConnectionsThatAreGone) {
  const auto connection = login();
  core.on_closed(connection);
  asked();
  core.deliver(engine::Ack{connection, 23});
  core.deliver(engine::JobUpdateReply{connection, {"\"4\"", "T1", 22}, {}});
  core.deliver(engine::JobGetReply{connection, engine::GetKind::Next, {"\"1\"", "$next", 21}, {}});
  EXPECT_EQ(received(0), "");
  EXPECT_EQ(asked(), "");
}

TEST_F(GatewayDownlink, BoundsTheUnconfirmedPushes) {
  const auto connection = login();
  for (size_t i = 0; i < limits::kMqttInFlightMax + 5; ++i)
    core.deliver(push(connection, content(JobType::CustomJob, "{}")));
  EXPECT_EQ(probe.publishes_out.value(), limits::kMqttInFlightMax);
  for (size_t i = 0; i < 3 * limits::kMqttInFlightMax; ++i)
    core.deliver(push(connection, content(JobType::CustomJob, "{}", MessageQos::Qos0)));
  EXPECT_EQ(probe.publishes_out.value(), 4 * limits::kMqttInFlightMax);
}

}  // namespace
}  // namespace rollcall::gateway::test
