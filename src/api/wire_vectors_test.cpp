// The vectors of wire-protocol 4 as HTTP requests through the whole reader, and spellings of equal meaning.
#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <vector>

#include "api/request_reader.hpp"
#include "api/signed_requests.hpp"

namespace rollcall::api {
namespace {

using namespace test;

AccessKey access_key(const char* id, const char* secret) {
  AccessKey key;
  key.id = id;
  key.secret = Secret(secret);
  return key;
}

WallMs moment(std::string_view text) {
  WallMs time;
  EXPECT_TRUE(parse_utc(text, time));
  return time;
}

class WireVectors : public testing::Test {
 protected:
  Result<AuthenticatedRequest> read(const HttpRequest& request, WallMs now = kNow) {
    nonces = NonceStore();
    context = AnswerContext();
    return read_request(request, {keys, nonces, now}, context);
  }
  std::string refusal(const HttpRequest& request, WallMs now = kNow) {
    const auto result = read(request, now);
    return result ? "" : api_code(result.error());
  }
  static HttpRequest plain(const char* method, std::string target, std::string body = "") {
    HttpRequest request;
    request.method = method;
    request.target = std::move(target);
    request.headers = {{"host", kHost}};
    request.body = std::move(body);
    return request;
  }

  const KeyRing keys = KeyRing({access_key(kKeyId, kSecret), access_key("testid", "testsecret"),
                                access_key("1234567890123456", "123456789012345678901234567890"),
                                access_key("YourAccessKeyId", "YourAccessKeySecret")});
  NonceStore nonces;
  AnswerContext context;
};

TEST_F(WireVectors, T1KeepsTheTextOfItsParameters) {
  const auto result = read(plain(
      "GET",
      "/?AccessKeyId=LTAI5tTESTKEYID00001&Action=CreateJob&Format=JSON&JobDocument=%7B%22cmd%22%3A%22a%2Bb%"
      "26c%3Dd%22%7D&JobName=job%20%E6%B5%8B%E8%AF%95%20%281%29%2A~%21%27&RegionId=cn-shanghai&"
      "SignatureMethod=HMAC-SHA1&SignatureNonce=3ee8c1b883d344afa94f4e0ad82fd6cf&SignatureVersion=1.0&"
      "TargetConfig=%7B%22targetGroup%22%3A%22g1%22%7D&Timestamp=2024-03-15T08%3A30%3A00Z&Type=CUSTOM_JOB&"
      "Version=2018-01-20&Signature=DyoDX9Gc7fPLkKvt7vRFgBzn000%3D"));
  ASSERT_TRUE(result) << public_message(result.error());
  EXPECT_EQ(result->action, "CreateJob");
  EXPECT_EQ(result->parameters.get("JobName"), "job 测试 (1)*~!'");
  EXPECT_EQ(result->parameters.get("JobDocument"), "{\"cmd\":\"a+b&c=d\"}");
  EXPECT_EQ(context.format, Format::Json);
}

// wire-protocol 0.4: Go and Python write '+', JavaScript %20 and some marks raw; lower-case hex means the
// same.
TEST_F(WireVectors, T2ReadsTheSameInEverySpelling) {
  const std::string form =
      "AccessKeyId=LTAI5tTESTKEYID00001&Action=BatchGetDeviceState&DeviceName.1=d1&DeviceName.2=%E8%AE%BE%E5%"
      "A4%872&Format=JSON&ProductKey=a1bcdefghij&RegionId=cn-shanghai&SignatureMethod=HMAC-SHA1&"
      "SignatureNonce=3ee8c1b883d344afa94f4e0ad82fd6cf&SignatureVersion=1.0&"
      "Timestamp=2024-03-15T08%3A30%3A00Z&Version=2018-01-20&Signature=EG537eXWM0r2Fr3YHPq3RUO%2FSVE%3D";
  std::string lower = form, raw = form;
  for (size_t i = 0; i + 2 < lower.size(); ++i)
    if (lower[i] == '%')
      for (size_t k = i + 1; k <= i + 2; ++k) lower[k] = static_cast<char>(std::tolower(lower[k]));
  for (size_t at; (at = raw.find("%3A")) != std::string::npos;) raw.replace(at, 3, ":");
  for (const std::string& body : {form, lower, raw, "&&" + form + "&"}) {
    const auto result = read(plain("POST", "/", body));
    ASSERT_TRUE(result) << public_message(result.error());
    EXPECT_EQ(result->parameters.list("DeviceName"), (std::vector<std::string_view>{"d1", "设备2"}));
  }
  std::string changed = form;
  changed.replace(changed.find("DeviceName.1=d1"), 15, "DeviceName.1=D1");
  EXPECT_EQ(refusal(plain("POST", "/", changed)), "SignatureDoesNotMatch");
}

TEST_F(WireVectors, T3TakesABlankAsPlusOrEscape) {
  const std::string target =
      "/?Action=Pub&Format=json&Version=2018-01-20&Timestamp=2024-03-15T08%3A30%3A00Z&"
      "SignatureNonce=3ee8c1b883d344afa94f4e0ad82fd6cf&ProductKey=a1bcdefghij&Qos=0&"
      "TopicFullName=%2Fa1bcdefghij%2Fd1%2Fuser%2Fget&UserProp.1.Key=k1&UserProp.1.Value=v%201*&"
      "SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&AccessKeyId=LTAI5tTESTKEYID00001&"
      "Signature=K9Z2bcxtNVfwyUpvN5xetVwCAKI%3D";
  for (const char* value : {"v%201*", "v+1*", "v+1%2A", "v%201%2a"}) {
    std::string spelt = target;
    spelt.replace(spelt.find("v%201*"), 6, value);
    const auto result = read(plain("POST", spelt, "MessageContent=aGVsbG8gd29ybGQ%3D"));
    ASSERT_TRUE(result) << value << ": " << public_message(result.error());
    const auto properties = result->parameters.objects("UserProp");
    ASSERT_EQ(properties.size(), 1u);
    EXPECT_EQ(field_of(properties[0], "Value"), "v 1*");
  }
  // A raw '+' in the form is a blank as well, so the sign of the signature must be escaped.
  EXPECT_EQ(refusal(plain("POST", target, "MessageContent=aGVsbG8+d29ybGQ%3D")), "SignatureDoesNotMatch");
}

HttpRequest vector_t4() {
  HttpRequest request;
  request.method = "POST";
  request.target =
      "/?JobDocument=%7B%22cmd%22%3A%22a%2Bb%26c%3Dd%22%7D&JobName=job%20%E6%B5%8B%E8%AF%95%20(1)*~!%27&"
      "RolloutConfig=%7B%22maximumPerMinute%22%3A1000%7D&TargetConfig=%7B%22targetGroup%22%3A%22g1%22%7D&"
      "TimeoutConfig=%7B%22inProgressTimeoutInMinutes%22%3A60%7D&Type=CUSTOM_JOB";
  request.headers = {
      {"host", kHost},
      {"x-acs-version", "2018-01-20"},
      {"x-acs-action", "CreateJob"},
      {"x-acs-date", kTime},
      {"x-acs-signature-nonce", kNonce},
      {"x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"x-acs-credentials-provider", "static_ak"},
      {"authorization",
       "ACS3-HMAC-SHA256 Credential=LTAI5tTESTKEYID00001,SignedHeaders=host;x-acs-action;"
       "x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,"
       "Signature=cc39e535b26cc7343dc02fb0ff40585285aed0f4702050792116bdf8b24bb8e4"}};
  return request;
}

TEST_F(WireVectors, T4KeepsTheTextOfItsParameters) {
  const auto result = read(vector_t4());
  ASSERT_TRUE(result) << public_message(result.error());
  EXPECT_EQ(result->action, "CreateJob");
  EXPECT_EQ(result->parameters.get("JobName"), "job 测试 (1)*~!'");
  EXPECT_FALSE(result->parameters.get("Action"));
}

TEST_F(WireVectors, T4ReadsHexAndHeaderNamesInEitherCase) {
  const HttpRequest upper = with_header(vector_t4(), "authorization",
                                        "cc39e535b26cc7343dc02fb0ff40585285aed0f4702050792116bdf8b24bb8e4",
                                        "CC39E535B26CC7343DC02FB0FF40585285AED0F4702050792116BDF8B24BB8E4");
  EXPECT_EQ(refusal(upper), "");
  EXPECT_EQ(refusal(with_header(vector_t4(), "authorization", "SignedHeaders=host;x-acs-action",
                                "SignedHeaders=Host;X-Acs-Action")),
            "");  // header names mean the same in either case, and are signed in lower case
}

TEST_F(WireVectors, T4HoldsOnlyByteForByte) {
  EXPECT_EQ(refusal(with_header(vector_t4(), "authorization", "bb8e4", "bb8e5")), "SignatureDoesNotMatch");
  EXPECT_EQ(refusal(with_header(vector_t4(), "authorization", "bb8e4", "bb8e")), "SignatureDoesNotMatch");
  EXPECT_EQ(refusal(with_header(vector_t4(), "x-acs-credentials-provider", "ak", "sts")),
            "SignatureDoesNotMatch");
  EXPECT_EQ(refusal(with_header(vector_t4(), "x-acs-content-sha256", "e3b0", "e3b1")),
            "SignatureDoesNotMatch");
  HttpRequest get = vector_t4();
  get.method = "GET";
  EXPECT_EQ(refusal(get), "SignatureDoesNotMatch");
  HttpRequest reordered = vector_t4();
  reordered.target = "/?Type=CUSTOM_JOB&" + reordered.target.substr(2, reordered.target.rfind('&') - 2);
  EXPECT_EQ(refusal(reordered), "");  // the order of the query does not count
}

// This server issues no tokens: the STS vectors must stop at theirs, before any signature is computed.
TEST_F(WireVectors, T6AndT7AreRefusedForTheirTokens) {
  HttpRequest v3 = plain("GET", "/?JobId=J1");
  v3.headers = {
      {"host", kHost},
      {"x-acs-accesskey-id", kKeyId},
      {"x-acs-action", "QueryJobStatistics"},
      {"x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"x-acs-credentials-provider", "static_sts"},
      {"x-acs-date", kTime},
      {"x-acs-security-token", "CAISTESTTOKEN+/="},
      {"x-acs-signature-nonce", kNonce},
      {"x-acs-version", "2018-01-20"},
      {"authorization",
       "ACS3-HMAC-SHA256 Credential=LTAI5tTESTKEYID00001,SignedHeaders=host;x-acs-accesskey-id;"
       "x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-security-token;"
       "x-acs-signature-nonce;x-acs-version,"
       "Signature=463cc90078e47f1728628953f12ecf0d2dd089c9c85f83ffd9ba45471a6a9da0"}};
  EXPECT_EQ(refusal(v3), "InvalidSecurityToken.Malformed");
  EXPECT_EQ(nonces.size(), 0u);
  const HttpRequest v1 =
      plain("GET",
            "/?AccessKeyId=LTAI5tTESTKEYID00001&Action=QueryJobStatistics&Format=json&JobId=J1&"
            "SecurityToken=CAISTESTTOKEN%2B%2F%3D&SignatureMethod=HMAC-SHA1&"
            "SignatureNonce=3ee8c1b883d344afa94f4e0ad82fd6cf&SignatureVersion=1.0&Timestamp=2024-03-15T08%"
            "3A30%3A00Z&"
            "Version=2018-01-20&Signature=upAIyH1xzHeygAmLIpQ3XcwHKgw%3D");
  EXPECT_EQ(refusal(v1), "InvalidSecurityToken.Malformed");
  EXPECT_EQ(nonces.size(), 0u);
}

TEST_F(WireVectors, TheDocumentedCallOfVersionOneGetsIn) {
  const std::string target =
      "/?AccessKeyId=1234567890123456&Action=RegisterDevice&DeviceName=1533023037&Format=JSON&"
      "ProductKey=axxxUtgaRLB&RegionId=cn-shanghai&SignatureMethod=HMAC-SHA1&SignatureNonce=1533023037&"
      "SignatureVersion=1.0&Timestamp=2018-07-31T07%3A43%3A57Z&Version=2018-01-20&"
      "Signature=zqw%2BpTAEOU3GWZhpgGlXJJTTYAo%3D";
  const WallMs now = moment("2018-07-31T07:43:57Z");
  const auto result = read(plain("GET", target), now);
  ASSERT_TRUE(result) << public_message(result.error());
  EXPECT_EQ(result->action, "RegisterDevice");
  EXPECT_EQ(result->key->id, "1234567890123456");
  EXPECT_EQ(refusal(plain("GET", target)), "InvalidTimeStamp.Expired");
}

// Their signatures hold, so it is the version, the last check of the reader, that refuses them.
TEST_F(WireVectors, TheDocumentedCallsOfOtherProductsStopAtTheVersion) {
  const HttpRequest v1 = plain(
      "GET",
      "/?Timestamp=2016-02-23T12%3A46%3A24Z&Format=XML&AccessKeyId=testid&Action=DescribeRegions&"
      "SignatureMethod=HMAC-SHA1&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&Version=2014-05-26&"
      "SignatureVersion=1.0&Signature=OLeaidS1JvxuMvnyHOwuJ%2BuX5qY%3D");
  EXPECT_EQ(refusal(v1, moment("2016-02-23T12:46:24Z")), "InvalidVersion");
  EXPECT_EQ(context.format, Format::Xml);
  struct Row {
    const char *date, *nonce, *signature;
  };
  for (const Row& row : {Row{"2023-10-26T10:22:32Z", "3156853299f313e23d1673dc12e1703d",
                             "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"},
                         Row{"2023-10-26T09:01:01Z", "d410180a5abf7fe235dd9b74aca91fc0",
                             "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804"}}) {
    HttpRequest v3 =
        plain("POST", "/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai");
    v3.headers = {
        {"host", "ecs.cn-shanghai.aliyuncs.com"},
        {"x-acs-action", "RunInstances"},
        {"x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"x-acs-date", row.date},
        {"x-acs-signature-nonce", row.nonce},
        {"x-acs-version", "2014-05-26"},
        {"authorization",
         "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
         "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=" +
             std::string(row.signature)}};
    EXPECT_EQ(refusal(v3, moment(row.date)), "InvalidVersion") << row.date;
  }
}

}  // namespace
}  // namespace rollcall::api
