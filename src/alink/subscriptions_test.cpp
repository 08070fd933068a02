#include "alink/subscriptions.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace rollcall::alink {
namespace {

constexpr DeviceNames kNames{"a1pk", "dev1"};
using Change = FilterSet::Change;

std::string sys(std::string_view suffix) { return "/sys/a1pk/dev1/" + std::string(suffix); }

TEST(AlinkSubscriptions, Rule1GivesADeviceWithSsEverySystemTopicWithoutSubscribe) {
  const FilterSet set({.automatic = true});
  for (const char* suffix : {"thing/model/down_raw",
                             "thing/model/up_raw_reply",
                             "thing/event/property/post_reply",
                             "thing/event/alarm/post_reply",
                             "thing/event/property/history/post_reply",
                             "thing/event/property/batch/post_reply",
                             "thing/deviceinfo/update_reply",
                             "thing/deviceinfo/delete_reply",
                             "thing/dynamicTsl/get_reply",
                             "thing/dsltemplate/get_reply",
                             "rrpc/request/12",
                             "thing/service/restart",
                             "thing/service/property/set",
                             "thing/service/property/get",
                             "thing/gateway/permit",
                             "thing/topo/change",
                             "thing/sub/register_reply",
                             "thing/topo/add_reply",
                             "thing/disable_reply",
                             "thing/config/push",
                             "thing/config/get_reply",
                             "thing/lan/prefix/get_reply",
                             "thing/lan/prefix/update",
                             "thing/property/desired/get_reply",
                             "thing/awss/enrollee/checkin",
                             "thing/awss/device/switchap",
                             "thing/bootstrap/config/push",
                             "thing/bootstrap/notify",
                             "_thing/event/notify",
                             "_thing/service/post_reply",
                             "thing/ota/firmware/get_reply",
                             "thing/job/notify",
                             "thing/job/get_reply",
                             "thing/job/update_reply"})
    EXPECT_TRUE(set.deliverable(sys(suffix), kNames)) << suffix;
  for (const char* topic :
       {"/ext/ntp/a1pk/dev1/response", "/ext/rrpc/5/sys/a1pk/dev1/thing/service/restart",
        "/shadow/get/a1pk/dev1", "/ota/device/upgrade/a1pk/dev1", "/ota/device/request/a1pk/dev1"})
    EXPECT_TRUE(set.deliverable(topic, kNames)) << topic;
}

TEST(AlinkSubscriptions, SsGivesNoCustomAndNoForeignTopics) {
  const FilterSet set({.automatic = true});
  EXPECT_FALSE(set.user_topic("get"));
  EXPECT_FALSE(set.deliverable("/sys/a1pk/dev2/thing/job/notify", kNames));
  EXPECT_FALSE(set.deliverable(sys("thing/job/get"), kNames)) << "an uplink topic";
}

TEST(AlinkSubscriptions, WithoutSsOnlySubscribedTopicsAreDelivered) {
  FilterSet set;
  EXPECT_FALSE(set.job_notify());
  EXPECT_EQ(set.subscribe(sys("thing/job/notify"), kNames), Change::Changed);
  EXPECT_EQ(set.subscribe(sys("thing/job/notify"), kNames), Change::Same);
  EXPECT_TRUE(set.job_notify());
  EXPECT_FALSE(set.property_set());
  EXPECT_FALSE(set.deliverable_system("thing/job/update_reply"));
  EXPECT_EQ(set.unsubscribe(sys("thing/job/notify"), kNames), Change::Changed);
  EXPECT_EQ(set.unsubscribe(sys("thing/job/notify"), kNames), Change::Same);
  EXPECT_FALSE(set.job_notify());
}

TEST(AlinkSubscriptions, WildcardsReachJobTopics) {
  FilterSet set;
  set.subscribe("/sys/a1pk/dev1/thing/#", kNames);
  EXPECT_TRUE(set.job_notify());
  EXPECT_TRUE(set.property_set());
  EXPECT_TRUE(set.service("restart"));
  EXPECT_FALSE(set.rrpc("restart"));
}

TEST(AlinkSubscriptions, ServicePlusDoesNotReachThePropertySet) {
  FilterSet set;
  set.subscribe(sys("thing/service/+"), kNames);
  EXPECT_TRUE(set.service("module:restart"));
  EXPECT_FALSE(set.property_set());
}

TEST(AlinkSubscriptions, RrpcFollowsTheFormThatTheDeviceUnderstands) {
  FilterSet plain({.automatic = false, .ext_rrpc = false});
  plain.subscribe(sys("rrpc/request/+"), kNames);
  EXPECT_TRUE(plain.rrpc("restart"));
  FilterSet ext({.automatic = false, .ext_rrpc = true});
  ext.subscribe(sys("rrpc/request/+"), kNames);
  EXPECT_FALSE(ext.rrpc("restart"));
  ext.subscribe("/ext/rrpc/+/sys/a1pk/dev1/thing/service/+", kNames);
  EXPECT_TRUE(ext.rrpc("restart"));
  EXPECT_TRUE(FilterSet({.automatic = true, .ext_rrpc = true}).rrpc("restart"));
  EXPECT_TRUE(FilterSet({.automatic = true, .ext_rrpc = false}).rrpc("restart"));
}

TEST(AlinkSubscriptions, RefusesForeignFilters) {
  FilterSet set({.automatic = true});
  for (const char* filter : {"#", "/sys/+/+/thing/job/notify", "/sys/a1pk/dev2/thing/job/notify", "$SYS/#"}) {
    EXPECT_EQ(set.subscribe(filter, kNames), Change::Foreign) << filter;
    EXPECT_EQ(set.unsubscribe(filter, kNames), Change::Foreign) << filter;
  }
  EXPECT_EQ(set.subscribe(sys(std::string(limits::kMqttFilterBytesMax, 'x')), kNames), Change::Foreign);
  EXPECT_EQ(set.filter_count(), 0u);
}

TEST(AlinkSubscriptions, BoundsTheFilters) {
  FilterSet set;
  for (size_t i = 0; i < limits::kMqttSubscriptionsMax; ++i)
    EXPECT_EQ(set.subscribe("/a1pk/dev1/user/" + std::to_string(i), kNames), Change::Changed);
  EXPECT_EQ(set.subscribe("/a1pk/dev1/user/more", kNames), Change::Full);
  EXPECT_EQ(set.subscribe("/a1pk/dev1/user/7", kNames), Change::Same) << "it is there already";
}

TEST(AlinkSubscriptions, UnsubscribeEndsAnAutomaticSubscription) {
  FilterSet set({.automatic = true});
  EXPECT_EQ(set.unsubscribe(sys("thing/job/notify"), kNames), Change::Changed);
  EXPECT_FALSE(set.job_notify());
  EXPECT_TRUE(set.property_set());
  EXPECT_EQ(set.subscribe(sys("thing/job/notify"), kNames), Change::Changed);
  EXPECT_TRUE(set.job_notify());
}

TEST(AlinkSubscriptions, TakingBackAnOwnFilterLeavesAutomaticOnes) {
  FilterSet set({.automatic = true});
  set.subscribe(sys("thing/#"), kNames);
  set.unsubscribe(sys("thing/#"), kNames);
  EXPECT_TRUE(set.job_notify());
  // The C SDK 3.2 subscribes thing/job/notify although _ss is set; taking that back ends both.
  set.subscribe(sys("thing/job/notify"), kNames);
  set.unsubscribe(sys("thing/job/notify"), kNames);
  EXPECT_FALSE(set.job_notify());
}

TEST(AlinkSubscriptions, KnowsWhichJobsReachTheDevice) {
  FilterSet set({.automatic = true});
  JobContent content;
  content.type = JobType::CustomJob;
  EXPECT_TRUE(set.reaches(content));
  content.type = JobType::SetProperty;
  EXPECT_TRUE(set.reaches(content));
  content.type = JobType::InvokeService;
  content.service_identifier = "restart";
  EXPECT_TRUE(set.reaches(content));
  content.sync_service = true;
  EXPECT_TRUE(set.reaches(content));
  content.type = JobType::Pub;
  content.topic_short_name = "get";
  EXPECT_FALSE(set.reaches(content));
  set.subscribe("/a1pk/dev1/user/+", kNames);
  EXPECT_TRUE(set.reaches(content));
}

TEST(AlinkSubscriptions, EqualSetsOfDifferentDevicesAreOneObject) {
  FilterSetPool pool;
  const auto make = [](const DeviceNames& names, bool reverse) {
    FilterSet set;
    const std::string prefix =
        "/sys/" + std::string(names.product_key) + "/" + std::string(names.device_name) + "/";
    const char* suffixes[] = {"thing/job/notify", "thing/service/property/set"};
    set.subscribe(prefix + suffixes[reverse ? 1 : 0], names);
    set.subscribe(prefix + suffixes[reverse ? 0 : 1], names);
    return set;
  };
  const auto first = pool.intern(make({"a1pk", "dev1"}, false));
  const auto second = pool.intern(make({"b2pk", "other"}, true));
  EXPECT_EQ(first, second);
  EXPECT_NE(first, pool.intern(FilterSet({.automatic = true})));
}

TEST(AlinkSubscriptions, ThePoolForgetsSetsThatNobodyHolds) {
  FilterSetPool pool;
  for (int i = 0; i < 10'000; ++i) {
    FilterSet set;
    set.subscribe("/a1pk/dev1/user/" + std::to_string(i), kNames);
    (void)pool.intern(std::move(set));
  }
  EXPECT_LE(pool.entries(), 65u);
}

}  // namespace
}  // namespace rollcall::alink
