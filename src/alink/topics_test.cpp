#include "alink/topics.hpp"

#include <gtest/gtest.h>

namespace rollcall::alink {
namespace {

constexpr DeviceNames kNames{"a1pk", "dev1"};

UplinkTopic read(std::string_view topic) { return read_uplink_topic(topic, kNames); }

struct Row {
  const char* topic;
  UplinkKind kind;
  const char* part = "";
};

TEST(AlinkTopics, KnowsEveryUplinkTopicOfADevice) {
  using K = UplinkKind;
  const Row rows[] = {
      {"/sys/a1pk/dev1/thing/job/get", K::JobGet},
      {"/sys/a1pk/dev1/thing/job/update", K::JobUpdate},
      {"/sys/a1pk/dev1/thing/job/notify_reply", K::JobNotifyReply},
      {"/sys/a1pk/dev1/thing/service/property/set_reply", K::PropertySetReply},
      {"/sys/a1pk/dev1/thing/service/restart_reply", K::ServiceReply, "restart"},
      {"/sys/a1pk/dev1/thing/service/module:restart_reply", K::ServiceReply, "module:restart"},
      {"/sys/a1pk/dev1/thing/service/a_reply_reply", K::ServiceReply, "a_reply"},
      {"/sys/a1pk/dev1/rrpc/response/1234", K::RrpcResponse, "1234"},
      {"/ext/rrpc/77/sys/a1pk/dev1/thing/service/restart", K::ExtRrpc, "77"},
      {"/ext/rrpc/78/a1pk/dev1/user/get", K::ExtRrpc, "78"},
      {"/sys/a1pk/dev1/thing/event/property/post", K::PropertyPost},
      {"/sys/a1pk/dev1/thing/event/alarm/post", K::EventPost, "alarm"},
      {"/sys/a1pk/dev1/thing/event/property/batch/post", K::PropertyBatchPost},
      {"/sys/a1pk/dev1/thing/event/property/history/post", K::PropertyHistoryPost},
      {"/sys/a1pk/dev1/thing/deviceinfo/update", K::DeviceInfoUpdate},
      {"/sys/a1pk/dev1/thing/deviceinfo/delete", K::DeviceInfoDelete},
      {"/sys/a1pk/dev1/thing/config/get", K::ConfigGet},
      {"/ext/ntp/a1pk/dev1/request", K::NtpRequest},
      {"/ota/device/inform/a1pk/dev1", K::OtaInform},
      {"/ota/device/progress/a1pk/dev1", K::OtaProgress},
      {"/ota/device/request/a1pk/dev1", K::OtaRequest},
      {"/shadow/update/a1pk/dev1", K::ShadowUpdate},
      {"/a1pk/dev1/user/update/error", K::Custom, "update/error"},
      {"/sys/a1pk/dev1/thing/log/post", K::OtherSystem},
      {"/sys/a1pk/dev1/thing/model/up_raw", K::OtherSystem},
      {"/sys/a1pk/dev1/thing/service/_reply", K::OtherSystem},
      {"/sys/a1pk/dev1/thing/topo/add", K::OtherSystem},
      {"/ext/session/a1pk/dev1/combine/login", K::OtherSystem},
      {"/a1pk/dev1/update", K::OtherSystem},
  };
  for (const Row& row : rows) {
    const UplinkTopic topic = read(row.topic);
    EXPECT_EQ(topic.kind, row.kind) << row.topic;
    EXPECT_EQ(topic.part, row.part) << row.topic;
    EXPECT_TRUE(is_own_topic(row.topic, kNames)) << row.topic;
  }
  EXPECT_EQ(read("/ext/rrpc/77/sys/a1pk/dev1/thing/service/x").inner, "/sys/a1pk/dev1/thing/service/x");
  EXPECT_EQ(read("/sys/a1pk/dev1/thing/event/alarm/post").suffix, "thing/event/alarm/post");
}

TEST(AlinkTopics, CallsAnotherDevicesTopicForeign) {
  for (const char* topic : {"/sys/a1pk/dev2/thing/job/get",
                            "/sys/a1pk/dev11/thing/job/get",
                            "/sys/a1pk/dev/thing/job/get",
                            "/sys/a1p/dev1/thing/job/get",
                            "/sys/a1pkk/dev1/thing/job/get",
                            "sys/a1pk/dev1/thing/job/get",
                            "",
                            "/",
                            "/sys/a1pk/dev1",
                            "/sys/a1pk/dev1x",
                            "/a1pk/dev2/user/update",
                            "/ext/ntp/a1pk/dev2/request",
                            "/ota/device/inform/a1pk/dev2",
                            "/ota/device/inform",
                            "/shadow/update/a1pk/dev2",
                            "/ext/rrpc/1",
                            "/ext/rrpc//sys/a1pk/dev1/x",
                            "/ext/rrpc/1/sys/a1pk/dev2/thing/service/x",
                            "/ext/rrpc/1/",
                            "/ext/session/a1pk/dev2/combine/login",
                            "$SYS/broker",
                            "/broadcast/a1pk/x"})
    EXPECT_FALSE(is_own_topic(topic, kNames)) << topic;
}

TEST(AlinkTopics, TakesTheNamesOutOfFilters) {
  const std::pair<const char*, const char*> rows[] = {
      {"/sys/a1pk/dev1/thing/job/notify", "/sys/{}/thing/job/notify"},
      {"/sys/a1pk/dev1/#", "/sys/{}/#"},
      {"/sys/a1pk/dev1/thing/service/+", "/sys/{}/thing/service/+"},
      {"/a1pk/dev1/user/get", "/{}/user/get"},
      {"/ext/ntp/a1pk/dev1/response", "/ext/ntp/{}/response"},
      {"/ext/rrpc/+/sys/a1pk/dev1/thing/service/+", "/ext/rrpc/+/sys/{}/thing/service/+"},
      {"/ext/rrpc/+/a1pk/dev1/user/x", "/ext/rrpc/+/{}/user/x"},
      {"/ext/rrpc/#", "/ext/rrpc/#"},
      {"/ext/rrpc/+/#", "/ext/rrpc/+/#"},
      {"/shadow/get/a1pk/dev1", "/shadow/get/{}"},
      {"/ota/device/upgrade/a1pk/dev1", "/ota/device/upgrade/{}"},
      {"/broadcast/a1pk/news", "/broadcast/{}/news"},
      {"/sys/a1pk/dev2/thing/job/notify", ""},
      {"/sys/+/+/thing/job/notify", ""},
      {"/sys/a1pk/+/thing/job/notify", ""},
      {"#", ""},
      {"/#", ""},
      {"/sys/#", ""},
      {"/ext/rrpc/+/sys/a1pk/dev2/thing/service/+", ""},
      {"/broadcast/other/news", ""},
  };
  for (const auto& [filter, nameless] : rows) EXPECT_EQ(without_names(filter, kNames), nameless) << filter;
}

TEST(AlinkTopics, WritesDownlinkTopics) {
  std::string out;
  append_system_topic(out, kNames, kJobNotify);
  EXPECT_EQ(out, "/sys/a1pk/dev1/thing/job/notify");
  out.clear();
  append_user_topic(out, kNames, "get");
  EXPECT_EQ(out, "/a1pk/dev1/user/get");
  out.clear();
  append_rrpc_request_topic(out, kNames, 4294967295u);
  EXPECT_EQ(out, "/sys/a1pk/dev1/rrpc/request/4294967295");
  out.clear();
  append_ext_rrpc_service_topic(out, kNames, 0, "restart");
  EXPECT_EQ(out, "/ext/rrpc/0/sys/a1pk/dev1/thing/service/restart");
  out.clear();
  append_ntp_response_topic(out, kNames);
  EXPECT_EQ(out, "/ext/ntp/a1pk/dev1/response");
}

}  // namespace
}  // namespace rollcall::alink
