// What a device says of itself, what is kept of what it did, and who listens to the rest.
#include "gateway/test_gateway.hpp"

namespace rollcall::gateway {
namespace {

using GatewayTags = test::Gateway;
using GatewayFirmware = test::Gateway;
using GatewayLog = test::Gateway;
using GatewayFeed = test::Gateway;
using GatewayPace = test::Gateway;

std::string lines(Core& core, size_t entries_max = 100) {
  std::string out;
  for (const DeviceLogEntry& entry : core.log_of(DeviceId{5}, "a1pk", "dev1", entries_max))
    out += std::string(device_log_kind_text(entry.kind)) + " " + entry.topic + " " + entry.text + "\n";
  return out;
}

TEST_F(GatewayTags, AcknowledgesTagsOnceTheyAreStored) {
  const auto connection = login();
  publish(connection, sys("thing/deviceinfo/delete"), R"({"id":"2","params":[{"attrKey":"k"}]})", 7);
  EXPECT_EQ(received(0), "");
  EXPECT_EQ(asked(), "tags -k id=\"2\" task= packet=7\n");
  core.deliver(engine::TagReply{connection, true, {}, {"\"2\"", "", 7}});
  const std::string answer = received(0);
  EXPECT_TRUE(answer.starts_with("PUBACK 7\n")) << answer;
  EXPECT_NE(answer.find("thing/deviceinfo/delete_reply {\"id\":\"2\",\"code\":200"), std::string::npos);
}

TEST_F(GatewayTags, TellsTheDeviceWhyTheyAreNot) {
  const auto connection = login();
  publish(connection, sys("thing/deviceinfo/update"), R"({"id":"3","params":[{"attrKey":"k"}]})");
  EXPECT_EQ(asked(), "");
  EXPECT_NE(received(0).find(R"({"id":"3","code":460,"data":{},"message":"params [0].attrValue is absent)"),
            std::string::npos);
  core.deliver(
      engine::TagReply{connection, false, fail(ErrorCode::TooManyTags, "too many"), {"\"4\"", "", 0}});
  EXPECT_NE(received(0).find("too many"), std::string::npos);
  EXPECT_NE(lines(core).find("REFUSED thing/deviceinfo/update too many"), std::string::npos);
}

TEST_F(GatewayTags, LeavesTheReplyOutThatADeviceDoesNotWant) {
  const auto connection = login();
  publish(connection, sys("thing/deviceinfo/update"),
          R"({"id":"3","params":[{"attrKey":"k","attrValue":"v"}],"sys":{"ack":0}})", 8);
  EXPECT_EQ(asked(), "tags k=v id= task= packet=8\n");
  core.deliver(engine::TagReply{connection, false, {}, {"", "", 8}});
  EXPECT_EQ(received(0), "PUBACK 8\n");
}

// What SDKs tell about themselves is no tag of the device (device-protocol 5.5).
TEST_F(GatewayTags, AnswersTagsOfTheSystemAtOnce) {
  const auto connection = login();
  publish(connection, sys("thing/deviceinfo/update"),
          R"({"id":"3","params":[{"attrKey":"SYS_SDK_LANGUAGE","attrValue":"NodeJS","domain":"SYSTEM"}]})");
  EXPECT_EQ(asked(), "");
  EXPECT_NE(received(0).find(R"({"id":"3","code":200)"), std::string::npos);
}

TEST_F(GatewayFirmware, IsReportedAndAcknowledged) {
  const auto connection = login();
  publish(connection, "/ota/device/inform/a1pk/dev1", R"({"id":"1","params":{"version":"app-1.0.0"}})", 3);
  EXPECT_EQ(asked(), "firmware app-1.0.0\n");
  EXPECT_EQ(received(0), "PUBACK 3\n");
}

TEST_F(GatewayFirmware, OfAModuleOrUnreadableIsAcknowledgedOnly) {
  const auto connection = login();
  for (const char* text : {R"({"id":"1","params":{"version":"1","module":"mcu"}})", R"({"id":"1"})", "x",
                           R"({"id":"1","params":{"version":"a\u0007b"}})"}) {
    publish(connection, "/ota/device/inform/a1pk/dev1", text, 3);
    EXPECT_EQ(asked(), "") << text;
    EXPECT_EQ(received(0), "PUBACK 3\n");
  }
}

TEST_F(GatewayLog, TellsWhatADeviceDidNewestFirst) {
  const auto connection = login();
  clock.advance_ms(10);
  publish(connection, "/a1pk/dev1/user/update", "hello");
  clock.advance_ms(10);
  core.deliver(push(connection, content(JobType::Pub, "world")));
  clock.advance_ms(10);
  core.on_closed(connection);
  EXPECT_EQ(lines(core),
            "DISCONNECTED  CONNECTION_LOST\n"
            "DOWNLINK /a1pk/dev1/user/get QoS 1, 5 bytes: world\n"
            "UPLINK /a1pk/dev1/user/update QoS 0, 5 bytes: hello\n"
            "LOGIN  from 10.0.0.7:4711, client id x\n");
  EXPECT_EQ(lines(core, 1), "DISCONNECTED  CONNECTION_LOST\n");
  EXPECT_EQ(core.log_of(DeviceId{6}, "a1pk", "dev2", 100).size(), 0u);
}

TEST_F(GatewayLog, SaysWhatWasSignedOnAMismatchAndKeepsTheSecret) {
  core.on_open(ref(0), "10.0.0.7:4711");
  send(ref(0), connect_packet("signmethod=hmacsha1,timestamp=12", 60, "dev1", "wrong"));
  found(ref(0));
  EXPECT_EQ(received(0), "CONNACK 4\n");
  const std::string text = lines(core);
  EXPECT_NE(
      text.find("LOGIN_REFUSED  signature mismatch, signmethod hmacsha1, content was "
                "clientIdxdeviceNamedev1productKeya1pktimestamp12, the password had 32 characters, from "
                "10.0.0.7:4711"),
      std::string::npos)
      << text;
  EXPECT_EQ(text.find(kSecret), std::string::npos);
}

TEST_F(GatewayLog, KeepsRefusalsApartFromTheTrafficOfOthers) {
  const auto connection = login();
  publish(connection, "/sys/a1pk/dev2/thing/job/get", "x");
  for (size_t i = 0; i < limits::kDeviceLogLines + 10; ++i) {
    clock.advance_ms(100);
    publish(connection, "/a1pk/dev1/user/update", "x");
  }
  const auto entries = core.log_of(DeviceId{5}, "a1pk", "dev1", limits::kDeviceLogLines + 100);
  EXPECT_EQ(entries.size(), limits::kDeviceLogLines + 1);
  EXPECT_EQ(entries.back().kind, DeviceLogKind::Refused);
  EXPECT_EQ(entries.back().topic, "/sys/a1pk/dev2/thing/job/get");
}

TEST_F(GatewayLog, ShowsBytesThatAreNoTextAsDots) {
  const auto connection = login();
  publish(connection, "/a1pk/dev1/user/update", std::string_view("a\0\xff", 3));
  EXPECT_NE(lines(core).find("3 bytes: a..\n"), std::string::npos) << lines(core);
}

struct Listener final : UplinkListener {
  std::vector<std::string> taken;
  bool full = false;
  bool take(const UplinkMessage& message) override {
    if (full) return false;
    taken.push_back(message.device_name + " " + message.topic + " " + message.payload);
    return true;
  }
};

TEST_F(GatewayFeed, HandsOnWhatNothingHereConsumes) {
  Listener listener;
  core.feed().attach(&listener);
  const auto connection = login();
  publish(connection, "/a1pk/dev1/user/update", "hello");
  publish(connection, sys("thing/event/alarm/post"), R"({"id":"1","params":{}})");
  publish(connection, sys("thing/event/property/post"), R"({"id":"1","params":{}})");
  publish(connection, sys("thing/job/get"), R"({"id":"1","params":{"taskId":"$next"}})");
  EXPECT_EQ(listener.taken, (std::vector<std::string>{
                                "dev1 /a1pk/dev1/user/update hello",
                                "dev1 " + sys("thing/event/alarm/post") + R"( {"id":"1","params":{}})",
                                "dev1 " + sys("thing/event/property/post") + R"( {"id":"1","params":{}})"}));
  EXPECT_EQ(probe.uplinks_taken.value(), 3u);
  EXPECT_EQ(probe.uplinks_dropped.value(), 0u);
}

TEST_F(GatewayFeed, KeepsTheOrderOfAListenerThatHadNoRoomAndCountsWhatIsTooMuch) {
  Listener listener;
  config.device_publishes_per_second = 0;
  UplinkFeed feed(probe);
  feed.attach(&listener);
  listener.full = true;
  const alink::DeviceNames names{"a1pk", "dev1"};
  for (size_t i = 0; i < limits::kUplinkFeedEntriesMax + 3; ++i)
    feed.offer(DeviceId{5}, names, clock.wall(), "t", std::to_string(i));
  EXPECT_EQ(feed.waiting(), limits::kUplinkFeedEntriesMax);
  EXPECT_EQ(probe.uplinks_dropped.value(), 3u);
  listener.full = false;
  feed.flush();
  ASSERT_EQ(listener.taken.size(), limits::kUplinkFeedEntriesMax);
  EXPECT_EQ(listener.taken[1], "dev1 t 1");
  EXPECT_EQ(feed.waiting(), 0u);
}

TEST_F(GatewayFeed, IsBoundedInBytes) {
  Listener listener;
  UplinkFeed feed(probe);
  feed.attach(&listener);
  listener.full = true;
  const std::string large(limits::kUplinkFeedBytesMax / 4, 'x');
  for (int i = 0; i < 10; ++i) feed.offer(DeviceId{5}, {"a1pk", "dev1"}, clock.wall(), "t", large);
  EXPECT_EQ(feed.waiting(), 3u);
  feed.attach(nullptr);
  EXPECT_EQ(probe.uplinks_dropped.value(), 10u);
}

TEST_F(GatewayPace, CutsADeviceThatPublishesTooFast) {
  const auto connection = login();
  const auto burst = limits::kDevicePublishesPerSecond * limits::kPublishBurstSeconds;
  for (int64_t i = 0; i <= burst; ++i) publish(connection, "/a1pk/dev1/user/update", "x");
  EXPECT_FALSE(sink.closed.contains(0));
  publish(connection, "/a1pk/dev1/user/update", "x");
  EXPECT_TRUE(sink.closed.contains(0));
  EXPECT_EQ(asked(), "close [0 device 5 epoch 9] TOO_FAST\n");
  EXPECT_EQ(probe.too_fast_cuts.value(), 1u);
  EXPECT_NE(lines(core).find("REFUSED /a1pk/dev1/user/update more than 100 messages a second"),
            std::string::npos);
}

TEST_F(GatewayPace, LetsADeviceKeepItsPaceForEver) {
  const auto connection = login();
  for (int i = 0; i < 5'000; ++i) {
    publish(connection, "/a1pk/dev1/user/update", "x");
    clock.advance_ms(1'000 / limits::kDevicePublishesPerSecond);
  }
  EXPECT_FALSE(sink.closed.contains(0));
}

}  // namespace
}  // namespace rollcall::gateway
