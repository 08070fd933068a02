// The direct calls of cloud-api C.7 at the edge: what they ask of the engine, what they refuse before, and
// what they answer.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "api/fake_ports.hpp"
#include "base/crypto.hpp"
#include "base/limits.hpp"

namespace rollcall::api {
namespace {

using engine::MessageSent;
using engine::SendMessage;
using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string json(const ActionAnswer& answer) { return render_json(answer.fields); }

struct DirectActions : ::testing::Test {
  FakeSurroundings world;

  ActionAnswer answered(std::string_view action, Pairs parameters,
                        MessageSent sent = {77, false, 200, {}, {}}) {
    world.engine.outcome = engine::Outcome(std::move(sent));
    ActionAnswer answer = world.run(action, std::move(parameters));
    EXPECT_TRUE(world.warnings.empty()) << world.warnings.header_text();
    EXPECT_EQ(world.engine.actors.back().instance, InstanceId{7});
    return answer;
  }
};

TEST_F(DirectActions, SetDevicePropertyAnswersWithAMessageId) {
  const auto answer = answered("SetDeviceProperty",
                               {{"ProductKey", "p1"}, {"DeviceName", "dev1"}, {"Items", R"({"a":10.0})"}});
  EXPECT_EQ(json(answer), R"({"Data":{"MessageId":"77"}})");
  const auto& asked = world.only<SendMessage>();
  EXPECT_EQ(asked.type, JobType::SetProperty);
  EXPECT_EQ(asked.body, R"({"a":10.0})");
  EXPECT_EQ(asked.qos, MessageQos::Qos0);
  EXPECT_FALSE(asked.many);
}

TEST_F(DirectActions, CallsOfListsAnswerWithTheEnvelopeAlone) {
  const Pairs devices{{"ProductKey", "p1"}, {"DeviceName.1", "dev1"}, {"DeviceName.2", "dev2"}, {"Qos", "1"}};
  const auto with = [&](Pairs more) {
    more.insert(more.end(), devices.begin(), devices.end());
    return more;
  };
  EXPECT_EQ(json(answered("SetDevicesProperty", with({{"Items", R"({"a":1})"}}))), "{}");
  EXPECT_EQ(json(answered("InvokeThingsService", with({{"Identifier", "go"}, {"Args", "{}"}}))), "{}");
  EXPECT_EQ(json(answered("BatchPub", with({{"TopicShortName", "/user/get"}, {"MessageContent", "aGk="}}))),
            "{}");
  EXPECT_EQ(json(answered("BatchPub", with({{"TopicTemplateName", "/p1/${deviceName}/user/a/b"},
                                            {"TopicShortName", "lost"},
                                            {"MessageContent", "aGk="}}))),
            "{}");
  ASSERT_EQ(world.engine.requests.size(), 4u);
  for (const ApiRequest& request : world.engine.requests) {
    const auto& asked = std::get<SendMessage>(request);
    EXPECT_TRUE(asked.many);
    EXPECT_EQ(asked.qos, MessageQos::Qos1);
    ASSERT_EQ(asked.devices.size(), 2u);
    EXPECT_EQ(asked.devices[1].device_name, "dev2");
  }
  EXPECT_EQ(std::get<SendMessage>(world.engine.requests[2]).topic_short_name, "get");
  EXPECT_EQ(std::get<SendMessage>(world.engine.requests[3]).topic_short_name, "a/b");
  EXPECT_EQ(std::get<SendMessage>(world.engine.requests[3]).body, "hi");
}

TEST_F(DirectActions, InvokeThingServiceTellsTheResultOfASynchronousService) {
  const Pairs call{{"IotId", "x1"}, {"Identifier", "module:go"}, {"Args", "{}"}};
  EXPECT_EQ(json(answered("InvokeThingService", call)), R"({"Data":{"MessageId":"77"}})");
  const auto good = answered("InvokeThingService", call, {77, true, 200, R"({"ok":1})", {}});
  EXPECT_FALSE(good.error);
  EXPECT_EQ(json(good), R"({"Data":{"Result":"{\"ok\":1}","MessageId":"77"}})");
  const auto bad = answered("InvokeThingService", call, {77, true, 5'000, "{}", "too hot"});
  ASSERT_TRUE(bad.error);
  EXPECT_EQ(bad.error->code, ErrorCode::InvokeThingServiceFailed);
  EXPECT_EQ(bad.error->message, "The device answered with code 5000: too hot");
  EXPECT_TRUE(bad.fields.has("Data"));
}

TEST_F(DirectActions, PubAnswersWithAMessageIdAtTheTop) {
  const auto answer = answered("Pub", {{"ProductKey", "p1"},
                                       {"TopicFullName", "/p1/dev1/user/a/b"},
                                       {"MessageContent", "aGk="},
                                       {"Qos", "1"},
                                       {"UserProp.1.Key", "k"},
                                       {"UserProp.1.Value", "v"},
                                       {"ResponseTopic", "r"},
                                       {"CorrelationData", "aGk="},
                                       {"ContentType", "t"},
                                       {"PayloadFormatIndicator", "1"},
                                       {"MessageExpiryInterval", "5"},
                                       {"Retained", "true"},
                                       {"TopicAlias", "3"}});
  EXPECT_EQ(json(answer), R"({"MessageId":"77"})");
  const auto& asked = world.only<SendMessage>();
  EXPECT_EQ(asked.devices.at(0).device_name, "dev1");
  EXPECT_EQ(asked.topic_short_name, "a/b");
  EXPECT_EQ(asked.body, "hi");
  EXPECT_EQ(asked.qos, MessageQos::Qos1);
}

TEST_F(DirectActions, RRpcAnswersWithTheBytesAndItsOwnCode) {
  const Pairs call{{"ProductKey", "p1"},
                   {"DeviceName", "dev1"},
                   {"RequestBase64Byte", "aGk="},
                   {"Timeout", "8000"},
                   {"Topic", "/p1/dev1/user/get"}};
  const auto answer = answered("RRpc", call, {77, true, 200, std::string("\0\xff", 2), {}});
  EXPECT_EQ(json(answer), R"({"MessageId":77,"PayloadBase64Byte":"AP8=","RrpcCode":"SUCCESS"})");
  EXPECT_TRUE(world.only<SendMessage>().raw_rrpc);
  EXPECT_EQ(world.only<SendMessage>().timeout_ms, 8'000);
  EXPECT_EQ(world.only<SendMessage>().topic_short_name, "get");
  world.engine.outcome.reset();
  for (const auto& [code, text] : {std::pair(ErrorCode::DeviceOffline, "OFFLINE"),
                                   {ErrorCode::DeviceTimeout, "TIMEOUT"},
                                   {ErrorCode::RrpcFailed, "UNKNOW"}}) {
    world.engine.error = Error(code);
    const auto failed = world.run("RRpc", call);
    ASSERT_TRUE(failed.error);
    EXPECT_EQ(failed.error->code, code);
    EXPECT_EQ(json(failed), "{\"RrpcCode\":\"" + std::string(text) + "\"}");
  }
}

struct BadCall {
  const char* action;
  Pairs parameters;
  ErrorCode code;
};

TEST_F(DirectActions, RefuseBadValuesBeforeTheyReachTheEngine) {
  using enum ErrorCode;
  const Pairs device{{"ProductKey", "p1"}, {"DeviceName", "dev1"}};
  const Pairs list{{"ProductKey", "p1"}, {"DeviceName.1", "dev1"}};
  const auto with = [](Pairs base, Pairs more) {
    base.insert(base.end(), more.begin(), more.end());
    return base;
  };
  Pairs many{{"ProductKey", "p1"}};
  for (int i = 1; i <= 101; ++i)
    many.emplace_back("DeviceName." + std::to_string(i), "dev-" + std::to_string(i));
  const std::string large = base64_encode(std::string(limits::kMessageBytesMax + 1, 'x'));
  const Pairs pub{{"ProductKey", "p1"}, {"TopicFullName", "/p1/dev1/user/get"}};
  const Pairs content{{"MessageContent", "aGk="}};
  const auto topic = [&](std::string text) {
    return with(content, {{"ProductKey", "p1"}, {"TopicFullName", std::move(text)}});
  };
  const Pairs rrpc = with(device, {{"RequestBase64Byte", "aGk="}});
  const std::vector<BadCall> rows = {
      {"SetDeviceProperty", device, Missing},
      {"SetDeviceProperty", {{"Items", "{}"}}, IllegalRequest},
      {"SetDeviceProperty", {{"Items", "{}"}, {"ProductKey", "p1"}}, NullDeviceName},
      {"SetDeviceProperty", with(device, {{"Items", "[]"}}), InvalidFormattedParameter},
      {"SetDeviceProperty", with(device, {{"Items", "{"}}), InvalidFormattedParameter},
      {"SetDeviceProperty", with(device, {{"Items", R"({"a":1,"a":2})"}, {"Qos", "2"}}),
       InvalidFormattedParameter},
      {"SetDeviceProperty", with(device, {{"Items", "{}"}, {"Qos", "x"}}), InvalidFormattedParameter},
      {"SetDeviceProperty", with(device, {{"Items", "{\"a\":\"" + std::string(65'536, 'a') + "\"}"}}),
       InvalidFormattedParameter},
      {"SetDevicesProperty", {{"ProductKey", "p1"}, {"Items", "{}"}}, NoneDeviceNameElement},
      {"SetDevicesProperty",
       {{"ProductKey", "a/b"}, {"Items", "{}"}, {"DeviceName.1", "dev1"}},
       InvalidFormattedProductKey},
      {"SetDevicesProperty", with(many, {{"Items", "{}"}}), DeviceCountExceeded},
      {"SetDevicesProperty", with(list, {{"Items", "{}"}, {"DeviceName.2", "dev1"}}),
       InvalidFormattedParameter},
      {"SetDevicesProperty", with(list, {{"Items", "{}"}, {"DeviceName.2", "?"}}),
       InvalidFormattedDeviceName},
      {"InvokeThingService", with(device, {{"Identifier", "go"}}), Missing},
      {"InvokeThingService", with(device, {{"Args", "{}"}}), Missing},
      {"InvokeThingService", with(device, {{"Identifier", "go"}, {"Args", "1"}}), InvalidFormattedParameter},
      {"InvokeThingsService", with(list, {{"Identifier", "go"}, {"Args", "null"}}),
       InvalidFormattedParameter},
      {"Pub", pub, Missing},
      {"Pub", with(pub, {{"MessageContent", "%%"}}), MessageContentNotBase64},
      {"Pub", with(pub, {{"MessageContent", large}}), InvalidFormattedParameter},
      {"Pub", with(pub, {{"MessageContent", "aGk="}, {"Qos", "-1"}}), InvalidFormattedParameter},
      {"Pub", with(pub, {{"MessageContent", "aGk="}, {"CorrelationData", "%"}}), InvalidFormattedParameter},
      {"Pub", with(pub, {{"MessageContent", "aGk="}, {"PayloadFormatIndicator", "2"}}),
       InvalidFormattedParameter},
      {"Pub", topic("/broadcast/p1/all"), InvalidFormattedTopicName},
      {"Pub", topic("/p2/dev1/user/get"), InvalidFormattedTopicName},
      {"Pub", topic("/p1/dev1/user/"), InvalidFormattedTopicName},
      {"Pub", topic("/p1/dev1/user/+"), InvalidFormattedTopicName},
      {"Pub", topic("/p1/dev1/get"), InvalidFormattedTopicName},
      {"Pub", topic("/sys/p1/dev1/thing/service/property/set"), InvalidFormattedTopicName},
      {"Pub", topic("/p1/dev1/user/" + std::string(128, 'x')), InvalidFormattedTopicName},
      {"Pub", topic("/p1/?/user/get"), InvalidFormattedDeviceName},
      {"BatchPub", with(list, content), NullTopicName},
      {"BatchPub", with(list, {{"MessageContent", "aGk="}, {"TopicTemplateName", "/p1/dev1/user/get"}}),
       InvalidFormattedTopicName},
      {"BatchPub", with(list, {{"MessageContent", "aGk="}, {"TopicShortName", "#"}}),
       InvalidFormattedTopicName},
      {"BatchPub", with(many, {{"MessageContent", "aGk="}, {"TopicShortName", "get"}}), DeviceCountExceeded},
      {"RRpc", rrpc, Missing},
      {"RRpc", with(rrpc, {{"Timeout", "999"}}), InvalidTimeoutValue},
      {"RRpc", with(rrpc, {{"Timeout", "8001"}}), InvalidTimeoutValue},
      {"RRpc", with(rrpc, {{"Timeout", "soon"}}), InvalidTimeoutValue},
      {"RRpc", with(rrpc, {{"Timeout", "1000"}, {"Topic", "/p1/dev2/user/get"}}), InvalidFormattedTopicName},
      {"RRpc", with(device, {{"RequestBase64Byte", "?"}, {"Timeout", "1000"}}), MessageContentNotBase64},
  };
  for (const BadCall& row : rows) {
    const auto answer = world.run(row.action, row.parameters);
    ASSERT_TRUE(answer.error) << row.action;
    EXPECT_EQ(answer.error->code, row.code) << row.action << ": " << public_message(*answer.error);
  }
  EXPECT_TRUE(world.engine.requests.empty());
}

}  // namespace
}  // namespace rollcall::api
