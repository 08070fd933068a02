// Bad input of the calls that go to devices at once (cloud-api C.7, device-protocol 5.3).
#include "actions/bad_input.hpp"

namespace rollcall::testing {
namespace {

using enum ErrorCode;

const Values kBadQos{{"-1", kBadFormat}, {"2", kBadFormat}};
const std::vector<std::string> kGoodQos{"0", "1"};
const Values kBadContents{{"***", MessageContentNotBase64},
                          {"aGVsbG8", MessageContentNotBase64},
                          {"aGVs bG8=", MessageContentNotBase64}};
const Values kBadItems{{R"({"none":1})", kBadFormat},
                       {R"({"power":2})", kBadFormat},
                       {R"({"power":1e999})", kBadFormat},
                       {R"({"power":999999999999999999999999999999})", kBadFormat},
                       {R"({"power":{}})", kBadFormat}};

}  // namespace

std::span<const ParameterRow> direct_rows() {
  static const std::vector<ParameterRow> kRows{
      {"*", "Qos", kBadFormat, kBadQos, kGoodQos},
      {"Pub",
       "ProductKey",
       InvalidFormattedProductKey,
       {{"nothing", InvalidFormattedTopicName}, {"a b", InvalidFormattedProductKey}}},
      {"*", "Items", kBadFormat, kBadItems, {R"({"power":0})", R"({"power":"1"})"}},
      {"*", "Args", kBadFormat, {{R"({"none":1})", kBadFormat}}, {"{}"}},
      {"*", "Identifier", kBadFormat, {{"none", kBadFormat}, {"BLINK", kBadFormat}}, {"blink"}},
      {"*",
       "DeviceName.1",
       InvalidFormattedDeviceName,
       {{"abc", InvalidFormattedDeviceName}, {"owner-none", NotExistedDevice}},
       {"owner-lamp"}},
      {"*", "MessageContent", MessageContentNotBase64, kBadContents, {"AAAA", "aGVsbG8="}},
      {"Pub",
       "TopicFullName",
       InvalidFormattedTopicName,
       {{"/@product/owner-lamp/get", InvalidFormattedTopicName},
        {"/@product/owner-lamp/user/", InvalidFormattedTopicName},
        {"/@product/owner-lamp/user/+", InvalidFormattedTopicName},
        {"/@product/owner-lamp/user/a/#", InvalidFormattedTopicName},
        {"/@product/owner-none/user/get", NotExistedDevice},
        {"/other/owner-lamp/user/get", InvalidFormattedTopicName},
        {"/broadcast/@product/x", InvalidFormattedTopicName},
        {"@product/owner-lamp/user/get", InvalidFormattedTopicName}},
       {"/@product/owner-lamp/user/get"}},
      {"Pub", "DeviceName", std::nullopt},
      {"*", "ResponseTopic", std::nullopt},
      {"*", "ResponseTopicTemplateName", std::nullopt},
      {"*", "ContentType", std::nullopt},
      {"*", "CorrelationData", kBadFormat, {{"***", kBadFormat}}, {"AAAA"}},
      {"*", "UserProp.1.Key", std::nullopt, {}, {"a"}, {{"UserProp.1.Value", "b"}}},
      {"*", "UserProp.1.Value", std::nullopt, {}, {"b"}, {{"UserProp.1.Key", "a"}}},
      {"*", "PayloadFormatIndicator", kBadFormat, {{"-1", kBadFormat}, {"2", kBadFormat}}, {"0", "1"}},
      {"*", "MessageExpiryInterval", kBadFormat, {{"-1", kBadFormat}}, {"1", "60"}},
      {"*", "Retained", kBadFormat, {}, {"true", "FALSE"}},
      {"*", "TopicAlias", kBadFormat, {{"-1", kBadFormat}, {"65536", kBadFormat}}, {"1", "65535"}},
      {"BatchPub",
       "TopicShortName",
       InvalidFormattedTopicName,
       {{"/a", InvalidFormattedTopicName}, {"a/+", InvalidFormattedTopicName}},
       {"get"}},
      {"BatchPub",
       "TopicTemplateName",
       InvalidFormattedTopicName,
       {{"/@product/owner-lamp/user/get", InvalidFormattedTopicName}},
       {"/@product/${deviceName}/user/get"}},
      {"RRpc", "RequestBase64Byte", MessageContentNotBase64, kBadContents, {"AAAA"}},
      {"RRpc",
       "Timeout",
       InvalidTimeoutValue,
       {{"0", InvalidTimeoutValue},
        {"-1", InvalidTimeoutValue},
        {"999", InvalidTimeoutValue},
        {"8001", InvalidTimeoutValue}},
       {"1000", "8000"}},
      {"RRpc",
       "Topic",
       InvalidFormattedTopicName,
       {{"/@product/owner-spare/user/get", InvalidFormattedTopicName},
        {"/@product/owner-lamp/user/#", InvalidFormattedTopicName}},
       {"/@product/owner-lamp/user/get"}},
  };
  return kRows;
}

}  // namespace rollcall::testing
