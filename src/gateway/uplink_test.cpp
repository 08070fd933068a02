// What devices publish and subscribe, as dialogues (device-protocol 1.9, 2, 4, 5).
#include "gateway/uplink.hpp"

#include "base/limits.hpp"
#include "gateway/test_gateway.hpp"

namespace rollcall::gateway::test {
namespace {

using GatewayUplink = Gateway;

std::string subscribe_packet(std::initializer_list<mqtt::FilterRequest> filters) {
  std::string packet;
  mqtt::append_subscribe(packet, 11, filters);
  return packet;
}

TEST_F(GatewayUplink, GrantsOwnFiltersAndRefusesForeignOnes) {
  const auto connection = login("securemode=3");
  send(connection, subscribe_packet({{"/sys/a1pk/dev1/thing/job/notify", 0},
                                     {"/sys/a1pk/dev2/thing/job/notify", 1},
                                     {"/a1pk/dev1/user/get", 2},
                                     {"#", 0}}));
  EXPECT_EQ(received(0), "SUBACK 11 00800180\n");
  ASSERT_EQ(engine.commands.size(), 1u);
  const auto& reach = std::get<engine::SetReachability>(engine.commands[0]);
  EXPECT_TRUE(reach.reachability->reaches(*content(JobType::CustomJob, "{}")));
  EXPECT_TRUE(reach.reachability->reaches(*content(JobType::Pub, "")));
  EXPECT_FALSE(reach.reachability->reaches(*content(JobType::SetProperty, "{}")));
}

TEST_F(GatewayUplink, TellsTheEngineOnceOfManySubscriptionsInOneRead) {
  const auto connection = login("securemode=3");
  std::string packets;
  for (const char* suffix :
       {"thing/event/property/post_reply", "thing/service/property/set", "rrpc/request/+"}) {
    const std::string filter = sys(suffix);
    packets += subscribe_packet({{filter, 1}});
  }
  send(connection, packets);
  EXPECT_EQ(received(0), "SUBACK 11 01\nSUBACK 11 01\nSUBACK 11 01\n");
  EXPECT_EQ(asked(), "reach [0 device 5 epoch 9]\n");
  send(connection, packets);
  EXPECT_EQ(asked(), "") << "nothing changed";
}

TEST_F(GatewayUplink, BoundsTheSubscriptionsOfADevice) {
  const auto connection = login("securemode=3");
  for (size_t i = 0; i <= limits::kMqttSubscriptionsMax; ++i) {
    const std::string filter = "/a1pk/dev1/user/" + std::to_string(i);
    send(connection, subscribe_packet({{filter, 0}}));
    EXPECT_EQ(received(0), i < limits::kMqttSubscriptionsMax ? "SUBACK 11 00\n" : "SUBACK 11 80\n");
  }
}

TEST_F(GatewayUplink, EndsASubscription) {
  const auto connection = login("_ss=1");
  std::string packet;
  const std::string notify = sys("thing/job/notify");
  mqtt::append_unsubscribe(packet, 12, {notify, "/sys/a1pk/dev2/x"});
  send(connection, packet);
  EXPECT_EQ(received(0), "UNSUBACK 12\n");
  ASSERT_EQ(engine.commands.size(), 1u);
  const auto& reach = std::get<engine::SetReachability>(engine.commands[0]);
  EXPECT_FALSE(reach.reachability->reaches(*content(JobType::CustomJob, "{}")));
}

TEST_F(GatewayUplink, PassesJobGetOnAndAcknowledgesOnlyWithTheReply) {
  const auto connection = login();
  publish(connection, sys("thing/job/get"),
          R"({"id":"1","version":"1.0.0",)"
          R"("params":{"taskId":"$next"}})",
          21);
  publish(connection, sys("thing/job/get"), R"({"id":2,"params":{"taskId":"$list"}})");
  publish(connection, sys("thing/job/get"), R"({"id":"3","params":{"taskId":")" + task() + "\"}}");
  publish(connection, sys("thing/job/get"), R"({"id":"4","params":{"taskId":"nobodys"}})");
  EXPECT_EQ(asked(),
            "get next 0/0 id=\"1\" task=$next packet=21\nget list 0/0 id=2 task=$list packet=0\nget one 70/4 "
            "id=\"3\" task=" +
                task() + " packet=0\nget one 0/0 id=\"4\" task=nobodys packet=0\n");
  EXPECT_EQ(received(0), "");
}

TEST_F(GatewayUplink, AnswersAnIllFormedJobGetAtOnce) {
  const auto connection = login();
  publish(connection, sys("thing/job/get"), R"({"id":"7","params":{}})", 21);
  EXPECT_EQ(received(0),
            "PUBACK 21\nPUBLISH qos=0 id=0 /sys/a1pk/dev1/thing/job/get_reply "
            R"({"id":"7","code":460,"data":{"taskId":""},"message":"params.taskId is missing.",)"
            R"("method":"thing.job.get","version":"1.0"})"
            "\n");
  publish(connection, sys("thing/job/get"), "nonsense");
  EXPECT_NE(received(0).find(R"({"id":"0","code":460,)"), std::string::npos);
  EXPECT_EQ(asked(), "");
}

TEST_F(GatewayUplink, PassesJobUpdateOn) {
  const auto connection = login();
  publish(connection, sys("thing/job/update"),
          R"({"id":"4","params":{"taskId":")" + task() +
              R"(","status":"SUCCEEDED","progress":100,"statusDetails":{"msg": "ok"}}})",
          22);
  EXPECT_EQ(asked(), "update 70/4 event=" + std::to_string(static_cast<int>(TaskEvent::ReportSucceeded)) +
                         " progress=100 details={\"msg\":\"ok\"} id=\"4\" task=" + task() + " packet=22\n");
  EXPECT_EQ(received(0), "") << "PUBACK and reply follow the commit";
}

TEST_F(GatewayUplink, RefusesUpdatesThatOnlyTheServerMayMake) {
  const auto connection = login();
  for (const char* status : {"QUEUED", "SENT", "CANCELLED", "REMOVED", "TIMED_OUT", "FINE"}) {
    publish(connection, sys("thing/job/update"),
            R"({"id":"4","params":{"taskId":"T1","status":")" + std::string(status) + "\"}}", 22);
    const std::string answer = received(0);
    EXPECT_NE(answer.find(R"({"id":"4","code":460,"data":{"taskId":"T1"},)"), std::string::npos) << answer;
    EXPECT_TRUE(answer.starts_with("PUBACK 22\n"));
  }
  EXPECT_EQ(asked(), "");
}

TEST_F(GatewayUplink, AnswersStatusDetailsThatAreNoObjectWith71012) {
  const auto connection = login();
  publish(connection, sys("thing/job/update"),
          R"({"id":"4","params":{"taskId":"T1","status":"FAILED","statusDetails":"text"}})");
  EXPECT_NE(received(0).find(R"("code":71012,"data":{"taskId":"T1"})"), std::string::npos);
}

TEST_F(GatewayUplink, SendsNoReplyToADeviceThatDoesNotTakeIt) {
  const auto connection = login("securemode=3");
  publish(connection, sys("thing/job/update"), "nonsense", 5);
  publish(connection, sys("thing/event/property/post"), R"({"id":"1","params":{}})", 6);
  EXPECT_EQ(received(0), "PUBACK 5\nPUBACK 6\n");
}

TEST_F(GatewayUplink, DropsForeignPublishesButAcknowledgesThem) {
  const auto connection = login();
  publish(connection, "/sys/a1pk/dev2/thing/job/update",
          R"({"id":"1","params":{"taskId":"T",)"
          R"("status":"FAILED"}})",
          5);
  publish(connection, "/sys/a1pk/dev2/thing/job/get", "x");
  EXPECT_EQ(received(0), "PUBACK 5\n");
  EXPECT_EQ(asked(), "");
  EXPECT_FALSE(sink.closed.contains(0));
}

TEST_F(GatewayUplink, AcceptsWhatNothingConsumes) {
  const auto connection = login();
  uint16_t packet_id = 0;
  for (const char* topic :
       {"/ota/device/request/a1pk/dev1", "/ota/device/progress/a1pk/dev1", "/shadow/update/a1pk/dev1",
        "/a1pk/dev1/user/update", "/sys/a1pk/dev1/thing/log/post", "/sys/a1pk/dev1/thing/topo/add"}) {
    publish(connection, topic, "anything", ++packet_id);
    EXPECT_EQ(received(0), "PUBACK " + std::to_string(packet_id) + "\n") << topic;
  }
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(probe.uplinks_dropped.value(), 6u);
}

TEST_F(GatewayUplink, Rule6AnswersPropertyPostsWithTheIdAsItWas) {
  const auto connection = login();
  const std::string topic = sys("thing/event/property/post");
  const std::string node_id = "\"1|exp-topic|" + topic + "_reply\"";
  publish(connection, topic,
          "{\"id\":" + node_id +
              R"(,"version":"1.0","params":{"LightSwitch":0},)"
              R"("method":"thing.event.property.post"})");
  EXPECT_EQ(received(0), "PUBLISH qos=0 id=0 " + topic + "_reply {\"id\":" + node_id +
                             R"(,"code":200,"data":{},"message":"success",)"
                             R"("method":"thing.event.property.post","version":"1.0"})"
                             "\n");
}

TEST_F(GatewayUplink, SendsOneCopyThoughTwoFiltersMatch) {
  const auto connection = login("securemode=3");
  send(connection, subscribe_packet({{"/sys/a1pk/dev1/thing/event/property/post_reply", 1},
                                     {"/sys/a1pk/dev1/thing/event/+/post_reply", 1}}));
  received(0);
  publish(connection, sys("thing/event/property/post"), R"({"id":"1","params":{}})");
  const std::string answer = received(0);
  EXPECT_EQ(answer.find("PUBLISH"), answer.rfind("PUBLISH"));
  EXPECT_NE(answer, "");
}

TEST_F(GatewayUplink, LeavesOutTheReplyThatADeviceDoesNotWant) {
  const auto connection = login();
  publish(connection, sys("thing/event/property/post"), R"({"id":"1","params":{},"sys":{"ack":0}})", 9);
  EXPECT_EQ(received(0), "PUBACK 9\n");
}

TEST_F(GatewayUplink, AnswersEventsTagsAndConfig) {
  const auto connection = login();
  publish(connection, sys("thing/event/alarm/post"), R"({"id":"1","params":{}})");
  EXPECT_NE(received(0).find("/thing/event/alarm/post_reply {\"id\":\"1\",\"code\":200,\"data\":{}"),
            std::string::npos);
  publish(connection, sys("thing/deviceinfo/update"),
          R"({"id":"2","params":[{"attrKey":"k",)"
          R"("attrValue":"v"}]})");
  EXPECT_EQ(received(0), "");  // once they are stored
  EXPECT_EQ(asked(), "tags k=v id=\"2\" task= packet=0\n");
  core.deliver(engine::TagReply{connection, false, {}, {"\"2\"", "", 0}});
  EXPECT_NE(received(0).find("/thing/deviceinfo/update_reply {\"id\":\"2\",\"code\":200"), std::string::npos);
  publish(connection, sys("thing/config/get"), R"({"id":"3","params":{}})");
  EXPECT_NE(received(0).find("/thing/config/get_reply {\"id\":\"3\",\"code\":400,\"data\":{}"),
            std::string::npos);
  publish(connection, sys("thing/event/alarm/post"), "nonsense");
  EXPECT_NE(received(0).find("{\"id\":\"0\",\"code\":460"), std::string::npos);
}

TEST_F(GatewayUplink, TellsTheTime) {
  const auto connection = login();
  publish(connection, "/ext/ntp/a1pk/dev1/request", R"({"deviceSendTime":"17"})");
  const std::string now = std::to_string(clock.wall().value);
  EXPECT_EQ(
      received(0),
      "PUBLISH qos=0 id=0 /ext/ntp/a1pk/dev1/response {\"deviceSendTime\":\"17\",\"serverRecvTime\":\"" +
          now + "\",\"serverSendTime\":\"" + now + "\"}\n");
  publish(connection, "/ext/ntp/a1pk/dev1/request", "nonsense", 4);
  EXPECT_EQ(received(0), "PUBACK 4\n");
}

TEST_F(GatewayUplink, PassesRepliesOfPropertySetsAndServicesOn) {
  const auto connection = login();
  publish(connection, sys("thing/service/property/set_reply"), R"({"id":"1001","code":200,"data":{}})", 31);
  publish(connection, sys("thing/service/restart_reply"), R"({"id":"1002","code":200,"data":{"out": 20}})");
  publish(connection, sys("thing/service/restart_reply"),
          R"({"code":9201,"data":{},"id":"123","message":"device offLine","version":"1.0"})");
  EXPECT_EQ(asked(),
            "reply 1001 code=200 data={} message= packet=31\nreply 1002 code=200 data={\"out\":20} message= "
            "packet=0\n"
            "reply 123 code=9201 data={} message=device offLine packet=0\n");
  EXPECT_EQ(received(0), "") << "PUBACK follows the commit";
}

TEST_F(GatewayUplink, TakesTheIdOfRrpcAnswersFromTheTopic) {
  const auto connection = login();
  publish(connection, sys("rrpc/response/77"), R"({"id":"3","code":200,"data":{"ok":1}})");
  publish(connection, "/ext/rrpc/78/sys/a1pk/dev1/thing/service/restart",
          R"({"id":"78","code":200,)"
          R"("data":{}})");
  EXPECT_EQ(
      asked(),
      "reply 77 code=200 data={\"ok\":1} message= packet=0\nreply 78 code=200 data={} message= packet=0\n");
  publish(connection, "/ext/rrpc/79/a1pk/dev1/user/x", "bytes", 3);
  publish(connection, sys("rrpc/response/many"), "{}", 4);
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(received(0), "PUBACK 3\nPUBACK 4\n");
}

TEST_F(GatewayUplink, SwallowsRepliesThatSayNothing) {
  const auto connection = login();
  publish(connection, sys("thing/service/restart_reply"), R"({"id":"1002"})", 8);
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(received(0), "PUBACK 8\n");
}

TEST_F(GatewayUplink, DropsAnOutputThatIsTooLongToKeep) {
  const auto connection = login();
  publish(connection, sys("thing/service/restart_reply"),
          R"({"id":"1","code":200,"data":{"a":")" + std::string(5000, 'x') + "\"}}");
  EXPECT_EQ(
      asked(),
      "reply 1 code=200 data={} message=The output was longer than 4096 bytes and was dropped. packet=0\n");
}

TEST_F(GatewayUplink, GivesUpUnacknowledgedWhenTheEngineIsFull) {
  const auto connection = login();
  engine.full = true;
  publish(connection, sys("thing/job/update"), R"({"id":"4","params":{"taskId":"T","status":"FAILED"}})", 22);
  EXPECT_EQ(received(0), "");
  EXPECT_TRUE(sink.closed.contains(0));
  EXPECT_EQ(probe.engine_full.value(), 1u);
  engine.full = false;
  core.on_closed(connection);
  core.tick(clock.steady());
  EXPECT_EQ(asked(), "close [0 device 5 epoch 9] OVERLOADED\n");
}

TEST(GatewayPropertyReport, ShowsValuesBareOrWrapped) {
  EXPECT_TRUE(report_shows(R"({"a":1,"b":"x"})", R"({"a":1})"));
  EXPECT_TRUE(report_shows(R"({"a":{"value":1,"time":5},"b":2})", R"({"a":1,"b":2.0})"));
  EXPECT_TRUE(report_shows(R"({"a":{"x":1}})", R"({"a":{"x":1}})"));
  EXPECT_TRUE(report_shows(R"({"a":true})", R"({"a":1})"));
  EXPECT_FALSE(report_shows(R"({"a":1})", R"({"a":2})"));
  EXPECT_FALSE(report_shows(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(report_shows(R"({"a":"1"})", R"({"a":1})"));
  EXPECT_FALSE(report_shows(R"({})", R"({"a":1})"));
  EXPECT_FALSE(report_shows(R"({"a":1})", R"({})"));
  EXPECT_FALSE(report_shows(R"({"a":{"value":2}})", R"({"a":1})"));
}

}  // namespace
}  // namespace rollcall::gateway::test
