#include "client/device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "alink/messages.hpp"
#include "base/clock.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A connection whose other end is the test: what the device sends is decoded, what it gets is encoded.
class Dialogue : public DeviceTimers {
 public:
  explicit Dialogue(Behaviour behaviour = {}) {
    settings.product_key = "a1pk";
    settings.behaviour = behaviour;
  }

  void arm(uint32_t, uint32_t work, int64_t delay_ms) override { armed.emplace_back(work, delay_ms); }

  DeviceContext context() { return {settings, *this, stats, clock.steady(), out}; }

  void open() {
    auto now = context();
    device.on_open(now);
  }
  bool receive(const std::string& bytes) {
    auto now = context();
    return device.on_bytes(now, bytes);
  }
  void log_in() {
    open();
    std::string bytes;
    mqtt::append_connack(bytes, mqtt::ConnectCode::Accepted);
    receive(bytes);
    sent();
  }
  void publish(const std::string& topic, const std::string& payload, uint16_t packet_id = 0) {
    std::string bytes;
    const auto qos = static_cast<uint8_t>(packet_id == 0 ? 0 : 1);
    mqtt::append_publish(bytes, {topic, packet_id, false, false, qos}, payload);
    receive(bytes);
  }
  void notify(const std::string& code, const std::string& status = "SENT") {
    std::string text;
    alink::append_job_notify(text, 7, {code, status, std::nullopt}, R"({"taskId":"no","status":"no"})");
    publish("/sys/a1pk/dev1/thing/job/notify", text, 3);
  }
  void reply(const std::string& code, std::optional<alink::Failure> failure = std::nullopt) {
    std::string text;
    alink::append_job_update_reply(text, R"("4")", code, failure);
    publish("/sys/a1pk/dev1/thing/job/update_reply", text);
  }
  void fire() {
    auto due = std::exchange(armed, {});
    for (const auto& [work, delay_ms] : due) {
      auto now = context();
      device.on_timer(now, work);
    }
  }
  bool check() {
    auto now = context();
    return device.on_check(now);
  }

  // Everything sent since the last call, as text: "PUBACK 3", "PINGREQ", "<topic behind the names>
  // <payload>".
  std::vector<std::string> sent() {
    std::vector<std::string> lines;
    mqtt::PacketReader reader;
    const auto outcome = reader.feed(out, [&](const mqtt::Packet& packet) {
      if (const auto* publish = std::get_if<mqtt::PublishView>(&packet)) {
        lines.push_back(std::string(publish->topic) + " " + std::string(publish->payload));
      } else if (const auto* ack = std::get_if<mqtt::PubAck>(&packet)) {
        lines.push_back("PUBACK " + std::to_string(ack->packet_id));
      } else if (std::holds_alternative<mqtt::PingReq>(packet)) {
        lines.emplace_back("PINGREQ");
      } else if (std::holds_alternative<mqtt::ConnectView>(packet)) {
        lines.emplace_back("CONNECT");
      } else if (const auto* subscribe = std::get_if<mqtt::SubscribeView>(&packet)) {
        auto filters = subscribe->filters();
        while (const auto filter = filters.next()) lines.push_back("SUBSCRIBE " + std::string(filter->first));
      }
      return mqtt::Reading::Continue;
    });
    EXPECT_FALSE(outcome.error);
    EXPECT_EQ(reader.kept_bytes(), 0u);
    out.clear();
    return lines;
  }

  DeviceSettings settings;
  ManualClock clock;
  DeviceStats stats;
  std::string out;
  std::vector<std::pair<uint32_t, int64_t>> armed;
  Device device{0, "dev1", Secret("secret")};
};

std::string update(int id, const std::string& code, const std::string& rest) {
  return R"(/sys/a1pk/dev1/thing/job/update {"id":")" + std::to_string(id) +
         R"(","version":"1.0.0","params":{"taskId":")" + code + R"(",)" + rest + "}}";
}
const std::string kSubscribed = "SUBSCRIBE /a1pk/dev1/user/#";
const std::string kStarted = R"("status":"IN_PROGRESS","progress":0)";
const std::string kDone = R"("status":"SUCCEEDED","progress":100)";

TEST(Device, LogsInAsTheCLinkSdkDoes) {
  Dialogue dialogue;
  dialogue.open();
  mqtt::PacketReader reader;
  bool seen = false;
  reader.feed(dialogue.out, [&](const mqtt::Packet& packet) {
    const auto& connect = std::get<mqtt::ConnectView>(packet);
    EXPECT_EQ(
        connect.client_id,
        "a1pk.dev1|timestamp=2524608000000,_ss=1,_v=sdk-c-4.1.0,securemode=3,signmethod=hmacsha256,ext=3|");
    EXPECT_EQ(connect.user_name, "dev1&a1pk");
    // device-protocol 1.3, vector V1
    EXPECT_EQ(connect.password, "289fd61f7d62b57592ac14e13f17ba6362461289eddb73815304b6fa19072875");
    EXPECT_TRUE(connect.clean_session);
    seen = true;
    return mqtt::Reading::Continue;
  });
  EXPECT_TRUE(seen);
  EXPECT_EQ(dialogue.device.state(), DeviceState::LoggingIn);
}

TEST(Device, SubscribesToUserTopicsOnly) {
  Dialogue dialogue;
  dialogue.open();
  std::string bytes;
  mqtt::append_connack(bytes, mqtt::ConnectCode::Accepted);
  EXPECT_TRUE(dialogue.receive(bytes));
  EXPECT_THAT(dialogue.sent(), ElementsAre("CONNECT", kSubscribed));
}

TEST(Device, IsOfflineAfterARefusedLogin) {
  Dialogue dialogue;
  dialogue.open();
  std::string bytes;
  mqtt::append_connack(bytes, mqtt::ConnectCode::BadUserOrPassword);
  EXPECT_FALSE(dialogue.receive(bytes));
  EXPECT_EQ(dialogue.device.refusal(), 4);
  EXPECT_NE(dialogue.device.state(), DeviceState::Online);
}

TEST(Device, ReportsTheResultOnlyAfterTheStartWasAcknowledged) {
  Dialogue dialogue;
  dialogue.log_in();
  dialogue.notify("T1");
  EXPECT_THAT(dialogue.sent(), ElementsAre("PUBACK 3", update(1, "T1", kStarted)));
  dialogue.reply("T1");
  EXPECT_THAT(dialogue.sent(), ElementsAre(update(2, "T1", kDone)));
  EXPECT_EQ(dialogue.stats.succeeded, 0u);
  dialogue.reply("T1");
  EXPECT_EQ(dialogue.stats.succeeded, 1u);
  EXPECT_EQ(dialogue.stats.running, 1u);
  EXPECT_EQ(dialogue.device.open_work(), 0u);
  EXPECT_THAT(dialogue.sent(), IsEmpty());
}

TEST(Device, WaitsForItsDelayBeforeTheResult) {
  Dialogue dialogue(Behaviour{0, 0, 0, 500, 500, 1});
  dialogue.log_in();
  dialogue.notify("T1");
  dialogue.reply("T1");
  dialogue.sent();
  ASSERT_EQ(dialogue.armed.size(), 1u);
  EXPECT_EQ(dialogue.armed[0].second, 500);
  dialogue.fire();
  EXPECT_THAT(dialogue.sent(), ElementsAre(update(2, "T1", kDone)));
}

TEST(Device, ReportsProgressInTheMiddleOfALongJob) {
  Dialogue dialogue(Behaviour{0, 0, 0, 4'000, 4'000, 1});
  dialogue.log_in();
  dialogue.notify("T1");
  dialogue.reply("T1");
  dialogue.sent();
  dialogue.fire();
  EXPECT_THAT(dialogue.sent(), ElementsAre(update(2, "T1", R"("status":"IN_PROGRESS","progress":50)")));
  dialogue.reply("T1");
  dialogue.fire();
  EXPECT_THAT(dialogue.sent(), ElementsAre(update(3, "T1", kDone)));
  EXPECT_EQ(dialogue.stats.running, 1u);
}

TEST(Device, FailsRejectsOrKeepsSilentAsToldByItsShares) {
  Dialogue failing(Behaviour{1, 0, 0, 0, 0, 1});
  failing.log_in();
  failing.notify("T1");
  failing.reply("T1");
  EXPECT_THAT(failing.sent().back(), HasSubstr(R"("status":"FAILED")"));

  Dialogue rejecting(Behaviour{0, 1, 0, 0, 0, 1});
  rejecting.log_in();
  rejecting.notify("T1");
  EXPECT_THAT(rejecting.sent().back(), HasSubstr(R"("status":"REJECTED","progress":0,"statusDetails":{)"));
  rejecting.reply("T1");
  EXPECT_EQ(rejecting.stats.rejected, 1u);

  Dialogue silent(Behaviour{0, 0, 1, 0, 0, 1});
  silent.log_in();
  silent.notify("T1");
  EXPECT_THAT(silent.sent(), ElementsAre("PUBACK 3"));
  EXPECT_EQ(silent.stats.silent, 1u);
}

TEST(Device, DropsAJobThatIsCancelled) {
  Dialogue dialogue(Behaviour{0, 0, 0, 500, 500, 1});
  dialogue.log_in();
  dialogue.notify("T1");
  dialogue.reply("T1");
  dialogue.notify("T1", "CANCELLED");
  dialogue.sent();
  dialogue.fire();
  EXPECT_THAT(dialogue.sent(), IsEmpty());
  EXPECT_EQ(dialogue.stats.cancelled, 1u);
  EXPECT_EQ(dialogue.device.open_work(), 0u);
}

TEST(Device, IgnoresACancellationOfAJobItDoesNotHave) {
  Dialogue dialogue;
  dialogue.log_in();
  dialogue.notify("T1", "CANCELLED");
  EXPECT_THAT(dialogue.sent(), ElementsAre("PUBACK 3"));
  EXPECT_EQ(dialogue.stats.cancelled, 0u);
}

TEST(Device, DoesNotStartTwiceWhenTheSameTaskIsPushedAgain) {
  Dialogue dialogue;
  dialogue.log_in();
  dialogue.notify("T1");
  dialogue.sent();
  dialogue.notify("T1");
  EXPECT_THAT(dialogue.sent(), ElementsAre("PUBACK 3"));
  EXPECT_EQ(dialogue.stats.received, 1u);
}

TEST(Device, DropsAJobWhoseReportIsRefused) {
  Dialogue dialogue;
  dialogue.log_in();
  dialogue.notify("T1");
  dialogue.sent();
  dialogue.reply("T1", alink::Failure{460, "the task has ended"});
  EXPECT_THAT(dialogue.sent(), IsEmpty());
  EXPECT_EQ(dialogue.stats.refused, 1u);
  EXPECT_EQ(dialogue.device.open_work(), 0u);
}

TEST(Device, SendsAReportAgainThatWasNotAcknowledged) {
  Dialogue dialogue;
  dialogue.log_in();
  dialogue.notify("T1");
  dialogue.sent();
  dialogue.clock.advance_ms(14'000);
  EXPECT_TRUE(dialogue.check());
  EXPECT_THAT(dialogue.sent(), IsEmpty());
  dialogue.clock.advance_ms(2'000);
  EXPECT_TRUE(dialogue.check());
  EXPECT_THAT(dialogue.sent(), ElementsAre(update(2, "T1", kStarted)));
  EXPECT_EQ(dialogue.stats.repeated, 1u);
}

TEST(Device, SendsItsOpenReportAgainAfterAReconnect) {
  Dialogue dialogue;
  dialogue.log_in();
  dialogue.notify("T1");
  dialogue.reply("T1");
  dialogue.device.on_closed();
  dialogue.sent();
  dialogue.open();
  std::string bytes;
  mqtt::append_connack(bytes, mqtt::ConnectCode::Accepted);
  dialogue.receive(bytes);
  EXPECT_THAT(dialogue.sent(), ElementsAre("CONNECT", kSubscribed, update(3, "T1", kDone)));
}

TEST(Device, FinishesAJobWhoseDelayEndedWhileItWasOffline) {
  Dialogue dialogue(Behaviour{0, 0, 0, 500, 500, 1});
  dialogue.log_in();
  dialogue.notify("T1");
  dialogue.reply("T1");
  dialogue.device.on_closed();
  dialogue.sent();
  dialogue.fire();
  EXPECT_THAT(dialogue.sent(), IsEmpty());
  dialogue.log_in();
  EXPECT_EQ(dialogue.device.open_work(), 1u);
  dialogue.reply("T1");
  EXPECT_EQ(dialogue.stats.succeeded, 1u);
}

TEST(Device, AnswersAPropertySetUnderItsId) {
  Dialogue dialogue;
  dialogue.log_in();
  std::string text;
  alink::append_property_set(text, 1001, R"({"LightSwitch":1})");
  dialogue.publish("/sys/a1pk/dev1/thing/service/property/set", text);
  EXPECT_THAT(dialogue.sent(), ElementsAre("/sys/a1pk/dev1/thing/service/property/set_reply "
                                           R"({"id":"1001","code":200,"data":{}})"));
  EXPECT_EQ(dialogue.stats.succeeded, 1u);
}

TEST(Device, AnswersAnAsynchronousServiceAfterItsDelay) {
  Dialogue dialogue(Behaviour{0, 0, 0, 300, 300, 1});
  dialogue.log_in();
  std::string text;
  alink::append_service_call(text, 1002, "Restart", "{}");
  dialogue.publish("/sys/a1pk/dev1/thing/service/Restart", text);
  EXPECT_THAT(dialogue.sent(), IsEmpty());
  dialogue.fire();
  EXPECT_THAT(dialogue.sent(), ElementsAre("/sys/a1pk/dev1/thing/service/Restart_reply "
                                           R"({"id":"1002","code":200,"data":{}})"));
}

TEST(Device, AnswersBothFormsOfASynchronousCall) {
  Dialogue dialogue;
  dialogue.log_in();
  std::string text;
  alink::append_service_call(text, 1003, "SelfTest", "{}");
  dialogue.publish("/ext/rrpc/55/sys/a1pk/dev1/thing/service/SelfTest", text);
  dialogue.publish("/sys/a1pk/dev1/rrpc/request/56", text);
  EXPECT_THAT(dialogue.sent(), ElementsAre("/ext/rrpc/55/sys/a1pk/dev1/thing/service/SelfTest "
                                           R"({"id":"1003","code":200,"data":{}})",
                                           "/sys/a1pk/dev1/rrpc/response/56 "
                                           R"({"id":"1003","code":200,"data":{}})"));
}

TEST(Device, AcknowledgesAMessageOfAUserTopic) {
  Dialogue dialogue;
  dialogue.log_in();
  dialogue.publish("/a1pk/dev1/user/get", "any bytes", 9);
  EXPECT_THAT(dialogue.sent(), ElementsAre("PUBACK 9"));
  EXPECT_EQ(dialogue.stats.messages, 1u);
}

TEST(Device, SendsNotifyReplyOnlyWhenAsked) {
  Dialogue dialogue;
  dialogue.settings.notify_reply = true;
  dialogue.log_in();
  dialogue.notify("T1");
  EXPECT_EQ(dialogue.sent().at(1),
            R"(/sys/a1pk/dev1/thing/job/notify_reply {"id":"7","code":200,"data":{}})");
}

TEST(Device, PingsWhenItWasQuietAndGivesUpOnASilentServer) {
  Dialogue dialogue;
  dialogue.log_in();
  dialogue.clock.advance_ms(399'000);
  EXPECT_TRUE(dialogue.check());
  EXPECT_THAT(dialogue.sent(), IsEmpty());
  dialogue.clock.advance_ms(2'000);
  EXPECT_TRUE(dialogue.check());
  EXPECT_THAT(dialogue.sent(), ElementsAre("PINGREQ"));
  std::string bytes;
  mqtt::append_pingresp(bytes);
  dialogue.receive(bytes);
  dialogue.clock.advance_ms(401'000);
  EXPECT_TRUE(dialogue.check());
  dialogue.clock.advance_ms(401'000);
  EXPECT_FALSE(dialogue.check());
}

TEST(Device, GivesUpOnBytesThatAreNoMqtt) {
  Dialogue dialogue;
  dialogue.log_in();
  EXPECT_FALSE(dialogue.receive(std::string("\xff\xff\xff\xff\xff\xff", 6)));
}

TEST(Device, SharesComeOutAsTold) {
  int failed = 0;
  for (int i = 0; i < 200; ++i) {
    Dialogue dialogue(Behaviour{0.25, 0, 0, 0, 0, 9});
    dialogue.device = Device(static_cast<uint32_t>(i), "dev1", Secret("secret"));
    dialogue.log_in();
    dialogue.notify("T1");
    dialogue.reply("T1");
    failed += dialogue.sent().back().find("FAILED") != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(failed, 25);
  EXPECT_LT(failed, 80);
}

}  // namespace
}  // namespace rollcall::client
