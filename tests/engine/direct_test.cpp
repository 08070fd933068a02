// Direct calls (cloud-api C.7): messages without a job, and calls that wait for a device's answer.
#include <gtest/gtest.h>

#include "engine/awaited.hpp"
#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

using engine::MessageSent;
using engine::SendMessage;

constexpr const char* kLampTsl = R"({"schema":"s","profile":{"productKey":"x"},"events":[],
"properties":[{"identifier":"power","name":"Power","accessMode":"rw","required":false,
  "dataType":{"type":"bool","specs":{"0":"off","1":"on"}}},
 {"identifier":"level","name":"Level","accessMode":"rw","required":false,
  "dataType":{"type":"int","specs":{"min":"0","max":"100","step":"1"}}}],
"services":[{"identifier":"blink","name":"Blink","required":false,"callType":"sync",
  "method":"thing.service.blink","inputData":[],"outputData":[]},
 {"identifier":"reboot","name":"Reboot","required":false,"callType":"async","method":"thing.service.reboot",
  "inputData":[{"identifier":"delay","name":"Delay",
    "dataType":{"type":"int","specs":{"min":"0","max":"60","step":"1"}}}],"outputData":[]}]})";

class DirectCalls : public ::testing::Test {
 protected:
  World world;
  std::string lamps = world.make_product("lamps", kLampTsl);
  DeviceId id = world.make_device(lamps, "lamp-1");

  SendMessage message(JobType type, std::string body) const {
    SendMessage made;
    made.devices.push_back({{}, lamps, "lamp-1"});
    made.type = type;
    made.body = std::move(body);
    made.topic_short_name = type == JobType::Pub ? "get" : "";
    return made;
  }
  SendMessage service(std::string identifier, std::string body = "{}") const {
    SendMessage made = message(JobType::InvokeService, std::move(body));
    made.service_identifier = std::move(identifier);
    return made;
  }
  SendMessage rrpc(int64_t timeout_ms) const {
    SendMessage made = message(JobType::Pub, "question");
    made.topic_short_name.clear();
    made.raw_rrpc = true;
    made.timeout_ms = timeout_ms;
    return made;
  }

  MessageSent sent(Result<engine::Outcome> outcome) {
    EXPECT_TRUE(outcome) << public_message(outcome.error());
    return outcome ? std::get<MessageSent>(*outcome) : MessageSent();
  }
  void refused(SendMessage what, ErrorCode code, std::string_view words = {}) {
    auto outcome = world.call(std::move(what));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, code) << public_message(outcome.error());
    EXPECT_NE(public_message(outcome.error()).find(words), std::string::npos)
        << public_message(outcome.error());
  }
  uint64_t ask(SendMessage what) {
    const uint64_t ticket = world.ask(std::move(what));
    world.settle();
    return ticket;
  }
  void expect_timed_out(uint64_t ticket) {
    const auto outcome = world.answer(ticket);
    ASSERT_TRUE(outcome);
    ASSERT_FALSE(*outcome);
    EXPECT_EQ(outcome->error().code, ErrorCode::DeviceTimeout);
  }
  void answer(const FakeDevice& device, uint32_t alink_id, std::string data = "{}", int32_t code = 200,
              std::optional<std::string> payload = {}) {
    engine::CommandReply reply;
    reply.session = device.session();
    reply.alink_id = alink_id;
    reply.code = code;
    reply.data = std::move(data);
    reply.payload = std::move(payload);
    world.send(std::move(reply));
    world.settle();
  }
};

TEST_F(DirectCalls, SetPropertiesAsAJobDoesAndAreAnsweredAtOnce) {
  FakeDevice& device = world.connect(id);
  const MessageSent first = sent(world.call(message(JobType::SetProperty, R"({"power": "1", "level":10})")));
  const MessageSent second = sent(world.call(message(JobType::SetProperty, R"({"power":0})")));
  ASSERT_EQ(device.pushes.size(), 2u) << "without the wait for a $next";
  const engine::PushTask& push = device.pushes.front();
  EXPECT_EQ(push.content->type, JobType::SetProperty);
  EXPECT_EQ(push.content->body, R"({"power":1,"level":10})");
  EXPECT_EQ(push.direct_id, direct_alink_id(first.message_id));
  EXPECT_FALSE(push.awaited);
  EXPECT_FALSE(push.key.job);
  EXPECT_EQ(second.message_id, first.message_id + 1);
}

TEST_F(DirectCalls, NameTheFieldThatTheThingModelDoesNotTake) {
  FakeDevice& device = world.connect(id);
  refused(message(JobType::SetProperty, R"({"level":101})"), ErrorCode::InvalidFormattedParameter,
          "Items.level");
  refused(message(JobType::SetProperty, R"({"colour":1})"), ErrorCode::InvalidFormattedParameter,
          "Items.colour");
  refused(service("reboot", R"({"delay":61})"), ErrorCode::InvalidFormattedParameter, "Args.delay");
  refused(service("dance"), ErrorCode::InvalidFormattedParameter, "dance");
  EXPECT_TRUE(device.pushes.empty());
}

TEST_F(DirectCalls, RefuseDevicesThatAreNotThere) {
  const SendMessage set = message(JobType::SetProperty, R"({"power":1})");
  refused(set, ErrorCode::DeviceOffline);
  refused(service("blink"), ErrorCode::DeviceOffline);
  refused(service("reboot"), ErrorCode::DeviceOffline);
  refused(rrpc(1'000), ErrorCode::DeviceOffline);
  SendMessage pub = message(JobType::Pub, "bytes");
  EXPECT_GT(sent(world.call(pub)).message_id, 0) << "QoS 0 is for whoever is there";

  FakeDevice& deaf = world.connect(id, false);
  refused(set, ErrorCode::SetDevicePropertyFailed, "subscribed");
  refused(service("reboot"), ErrorCode::InvokeThingServiceFailed, "subscribed");
  refused(rrpc(1'000), ErrorCode::RrpcFailed, "subscribed");
  pub.qos = MessageQos::Qos1;
  refused(pub, ErrorCode::PublishMessageFailed, "subscribed");
  EXPECT_TRUE(deaf.pushes.empty());

  SendMessage unknown = set;
  unknown.devices.front().device_name = "lamp-2";
  refused(unknown, ErrorCode::NotExistedDevice, "lamp-2");
  unknown.devices.front().product_key = "nothing";
  refused(unknown, ErrorCode::NotExistedProduct, "nothing");
  auto foreign = world.call(set, InstanceId{2});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, ErrorCode::NotExistedProduct);
  ASSERT_TRUE(world.call(engine::SetThingEnabled{{{}, lamps, "lamp-1"}, false}));
  refused(set, ErrorCode::DeviceDisabled);
}

TEST_F(DirectCalls, ToAListReachThoseThatAreThere) {
  FakeDevice& here = world.connect(id);
  world.make_device(lamps, "lamp-2");
  SendMessage pub = message(JobType::Pub, "bytes");
  pub.many = true;
  pub.devices.push_back({{}, lamps, "lamp-2"});
  sent(world.call(pub));
  ASSERT_EQ(here.pushes.size(), 1u);
  EXPECT_EQ(here.pushes.front().content->body, "bytes");
  pub.devices.push_back({{}, lamps, "nobody"});
  refused(pub, ErrorCode::NotExistedDevice, "nobody");
  EXPECT_EQ(here.pushes.size(), 1u) << "nothing goes out when one of the list does not exist";
  SendMessage blink = service("blink");
  blink.many = true;
  sent(world.call(blink));
  EXPECT_FALSE(here.pushes.back().content->sync_service) << "a list is called without waiting";
}

TEST_F(DirectCalls, OfASynchronousServiceWaitForTheDevicesAnswer) {
  FakeDevice& device = world.connect(id);
  const uint64_t ticket = ask(service("blink"));
  ASSERT_EQ(device.pushes.size(), 1u);
  EXPECT_TRUE(device.pushes.front().awaited);
  EXPECT_FALSE(world.answer(ticket));
  answer(device, device.pushes.front().direct_id, R"({"ok":1})", 205);
  const auto outcome = world.answer(ticket);
  ASSERT_TRUE(outcome);
  const MessageSent got = sent(*outcome);
  EXPECT_TRUE(got.answered);
  EXPECT_EQ(got.code, 205);
  EXPECT_EQ(got.data, R"({"ok":1})");
}

TEST_F(DirectCalls, OfAnAsynchronousServiceDoNotWait) {
  FakeDevice& device = world.connect(id);
  EXPECT_FALSE(sent(world.call(service("reboot", R"({"delay":5})"))).answered);
  ASSERT_EQ(device.pushes.size(), 1u);
  answer(device, device.pushes.front().direct_id);  // nobody waits for it
}

TEST_F(DirectCalls, TakeTheBytesOfTheRightDeviceOnceAndNoOthers) {
  FakeDevice& device = world.connect(id);
  FakeDevice& other = world.connect(world.make_device(lamps, "lamp-2"));
  const uint64_t ticket = ask(rrpc(5'000));
  const uint32_t wire = device.pushes.at(0).direct_id;
  answer(other, wire, "{}", 200, "from another");
  answer(device, wire + 1, "{}", 200, "of another call");
  answer(device, wire);  // an Alink reply is none to a request with bytes
  EXPECT_FALSE(world.answer(ticket));
  answer(device, wire, "{}", 200, std::string("\0\xff", 2));
  const auto outcome = world.answer(ticket);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(sent(*outcome).data, std::string("\0\xff", 2));
  answer(device, wire, "{}", 200, "again");
  world.pass_ms(10'000);
  EXPECT_FALSE(world.answer(ticket)) << "answered once";
}

TEST_F(DirectCalls, GiveUpWhenTheTimeIsOverAndIgnoreWhatComesLate) {
  FakeDevice& device = world.connect(id);
  const uint64_t quick = ask(rrpc(1'000));
  const uint64_t slow = ask(service("blink"));
  world.pass_ms(900);
  EXPECT_FALSE(world.answer(quick));
  world.pass_ms(200);
  expect_timed_out(quick);
  answer(device, device.pushes.at(0).direct_id, "{}", 200, "late");
  EXPECT_FALSE(world.answer(quick));
  EXPECT_FALSE(world.answer(slow));
  world.pass_ms(7'000);
  expect_timed_out(slow);
}

TEST_F(DirectCalls, TakeTheAnswerOfADeviceThatCameBackMeanwhile) {
  FakeDevice& before = world.connect(id);
  const uint64_t ticket = ask(rrpc(8'000));
  const uint32_t wire = before.pushes.at(0).direct_id;
  const FakeDevice old = before;
  FakeDevice& after = world.connect(id);
  answer(old, wire, "{}", 200, "from the connection before");
  EXPECT_FALSE(world.answer(ticket));
  answer(after, wire, "{}", 200, "now");
  const auto outcome = world.answer(ticket);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(sent(*outcome).data, "now");
}

TEST_F(DirectCalls, AreRefusedWithoutRoomInTheMailboxOfTheCore) {
  FakeDevice& device = world.connect(id);
  world.settle();
  const size_t room = world.room;
  world.room = 0;
  refused(message(JobType::SetProperty, R"({"power":1})"), ErrorCode::MessageRateLimit);
  refused(rrpc(1'000), ErrorCode::MessageRateLimit);
  EXPECT_TRUE(device.pushes.empty());
  world.room = room;
  sent(world.call(message(JobType::SetProperty, R"({"power":1})")));
  EXPECT_EQ(world.room, room) << "what was reserved was used";
}

TEST_F(DirectCalls, DoNotFinishATaskThatIsAnsweredElsewhere) {
  FakeDevice& device = world.connect(id);
  world.pass_ms(2'100);
  engine::CreateJob job = World::custom_job(lamps);
  job.spec.type = JobType::SetProperty;
  job.spec.document = R"({"params":{"power":1}})";
  const JobId made = world.make_job(job);
  world.pass_ms(200);
  ASSERT_EQ(device.pushes.size(), 1u);
  sent(world.call(message(JobType::SetProperty, R"({"power":0})")));
  answer(device, device.pushes.at(1).direct_id);
  EXPECT_EQ(world.task({made, 0}).status, TaskStatus::InProgress);
  answer(device, alink_id(made, 1));
  EXPECT_EQ(world.task({made, 0}).status, TaskStatus::Succeeded);
}

TEST(LastValues, AreWrittenWithinASecondAndMergedWithWhatIsStored) {
  World world;
  const std::string product = world.make_product("lamps", kLampTsl);
  const DeviceId id = world.make_device(product, "lamp-1");
  FakeDevice& device = world.connect(id);
  const DeviceId ids[] = {id};
  const WallMs then{1'600'000'000'000};
  world.send(engine::PropertyReport{device.session(), {{"power", {"1", then}}, {"level", {"5", then}}}});
  engine::SessionRef old = device.session();
  --old.epoch;
  world.send(engine::PropertyReport{old, {{"level", {"99", then}}}});
  world.settle();
  EXPECT_TRUE(world.store->last_values(ids)->empty());
  world.pass_ms(1'000);
  ASSERT_EQ(world.store->last_values(ids)->size(), 1u);
  world.send(engine::PropertyReport{device.session(), {{"level", {"6", then + 1}}}});
  world.settle();
  world.pass_ms(1'000);
  const LastValueMap expected{{"power", {"1", then}}, {"level", {"6", then + 1}}};
  EXPECT_EQ(read_last_values(world.store->last_values(ids)->front().reported), expected);

  engine::Queries queries(*world.store);
  const auto status = queries.property_status(world.store->devices(ids)->front(), "");
  ASSERT_TRUE(status);
  ASSERT_EQ(status->size(), 2u);
  EXPECT_EQ((*status)[1].identifier, "level");
  EXPECT_EQ((*status)[1].data_type, "int");
  EXPECT_EQ((*status)[1].last, (LastValue{"6", then + 1}));
  EXPECT_TRUE(queries.property_status(world.store->devices(ids)->front(), "other")->empty());
}

TEST(AwaitedReplies, AreBoundedAndTakenInTheOrderOfTheirDeadlines) {
  engine::AwaitedReplies awaited;
  for (size_t i = 0; !awaited.full(); ++i) {
    const auto number = static_cast<uint32_t>(i);
    awaited.add({DeviceId{1}, number, {}, 0, SteadyUs{1'000'000 - static_cast<int64_t>(i)}, false});
  }
  EXPECT_EQ(awaited.size(), limits::kAwaitedRepliesMax);
  EXPECT_FALSE(awaited.take_due(SteadyUs{10}));
  const auto first = awaited.take_due(SteadyUs{1'000'000});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->alink_id, limits::kAwaitedRepliesMax - 1);
  EXPECT_FALSE(awaited.full());
  awaited.add(*first);
  awaited.remove(DeviceId{1}, first->alink_id);
  EXPECT_EQ(awaited.find(DeviceId{1}, first->alink_id), nullptr);
  EXPECT_EQ(awaited.size(), limits::kAwaitedRepliesMax - 1);
}

}  // namespace
}  // namespace rollcall::testing
