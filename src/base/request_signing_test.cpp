#include "base/request_signing.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/crypto.hpp"

namespace rollcall {
namespace {

constexpr const char* kKey = "LTAI5tTESTKEYID00001";
constexpr const char* kSecret = "TESTSECRETtestsecret0123456789";
constexpr const char* kTime = "2024-03-15T08:30:00Z";
constexpr const char* kNonce = "3ee8c1b883d344afa94f4e0ad82fd6cf";
constexpr const char* kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

NameValues form(std::string_view text) {
  NameValues pairs;
  EXPECT_TRUE(parse_form(text, 100, pairs));
  return pairs;
}

// --- version 1.0: the vectors of wire-protocol 4

TEST(SignV1, GivesVectorT1) {
  const NameValues parameters = form(
      "AccessKeyId=LTAI5tTESTKEYID00001&Action=CreateJob&Format=JSON&JobDocument=%7B%22cmd%22%3A%22a%2Bb%26c%"
      "3Dd%22%7D&"
      "JobName=job%20%E6%B5%8B%E8%AF%95%20%281%29%2A~%21%27&RegionId=cn-shanghai&SignatureMethod=HMAC-SHA1&"
      "SignatureNonce=3ee8c1b883d344afa94f4e0ad82fd6cf&SignatureVersion=1.0&TargetConfig=%7B%22targetGroup%"
      "22%3A%22g1%22%7D&"
      "Timestamp=2024-03-15T08%3A30%3A00Z&Type=CUSTOM_JOB&Version=2018-01-20&Signature="
      "DyoDX9Gc7fPLkKvt7vRFgBzn000%3D");
  const std::string text = string_to_sign_v1("GET", parameters);
  EXPECT_EQ(
      text,
      "GET&%2F&AccessKeyId%3DLTAI5tTESTKEYID00001%26Action%3DCreateJob%26Format%3DJSON%26JobDocument%3D%257B%"
      "2522cmd%2522"
      "%253A%2522a%252Bb%2526c%253Dd%2522%257D%26JobName%3Djob%2520%25E6%25B5%258B%25E8%25AF%2595%2520%25281%"
      "2529%252A~"
      "%2521%2527%26RegionId%3Dcn-shanghai%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D"
      "3ee8c1b883d344afa94f4e0ad82fd6cf%26SignatureVersion%3D1.0%26TargetConfig%3D%257B%2522targetGroup%2522%"
      "253A%2522g1"
      "%2522%257D%26Timestamp%3D2024-03-15T08%253A30%253A00Z%26Type%3DCUSTOM_JOB%26Version%3D2018-01-20");
  EXPECT_EQ(sign_v1(text, kSecret), "DyoDX9Gc7fPLkKvt7vRFgBzn000=");
}

TEST(SignV1, GivesVectorT2) {
  const std::string text = string_to_sign_v1(
      "POST", form("AccessKeyId=LTAI5tTESTKEYID00001&Action=BatchGetDeviceState&DeviceName.1=d1&DeviceName.2="
                   "%E8%AE%BE%E5%A4%872&"
                   "Format=JSON&ProductKey=a1bcdefghij&RegionId=cn-shanghai&SignatureMethod=HMAC-SHA1&"
                   "SignatureNonce=3ee8c1b883d344afa94f4e0ad82fd6cf&SignatureVersion=1.0&Timestamp=2024-03-"
                   "15T08%3A30%3A00Z&"
                   "Version=2018-01-20&Signature=EG537eXWM0r2Fr3YHPq3RUO%2FSVE%3D"));
  EXPECT_EQ(
      text,
      "POST&%2F&AccessKeyId%3DLTAI5tTESTKEYID00001%26Action%3DBatchGetDeviceState%26DeviceName.1%3Dd1%"
      "26DeviceName.2%3D"
      "%25E8%25AE%25BE%25E5%25A4%25872%26Format%3DJSON%26ProductKey%3Da1bcdefghij%26RegionId%3Dcn-shanghai%26"
      "SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3ee8c1b883d344afa94f4e0ad82fd6cf%26SignatureVersion%"
      "3D1.0%26"
      "Timestamp%3D2024-03-15T08%253A30%253A00Z%26Version%3D2018-01-20");
  EXPECT_EQ(sign_v1(text, kSecret), "EG537eXWM0r2Fr3YHPq3RUO/SVE=");
}

TEST(SignV1, GivesVectorT3WithRawAndSplitParameters) {
  NameValues parameters = form(
      "Action=Pub&Format=json&Version=2018-01-20&Timestamp=2024-03-15T08%3A30%3A00Z&"
      "SignatureNonce=3ee8c1b883d344afa94f4e0ad82fd6cf&ProductKey=a1bcdefghij&Qos=0&"
      "TopicFullName=%2Fa1bcdefghij%2Fd1%2Fuser%2Fget&UserProp.1.Key=k1&UserProp.1.Value=v%201*&"
      "SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&AccessKeyId=LTAI5tTESTKEYID00001&Signature=x");
  ASSERT_TRUE(parse_form("MessageContent=aGVsbG8gd29ybGQ%3D", 100, parameters));
  const std::string text = string_to_sign_v1("POST", parameters);
  EXPECT_EQ(text,
            "POST&%2F&AccessKeyId%3DLTAI5tTESTKEYID00001%26Action%3DPub%26Format%3Djson%26MessageContent%"
            "3DaGVsbG8gd29ybGQ%253D"
            "%26ProductKey%3Da1bcdefghij%26Qos%3D0%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D"
            "3ee8c1b883d344afa94f4e0ad82fd6cf%26SignatureVersion%3D1.0%26Timestamp%3D2024-03-15T08%253A30%"
            "253A00Z%26"
            "TopicFullName%3D%252Fa1bcdefghij%252Fd1%252Fuser%252Fget%26UserProp.1.Key%3Dk1%26UserProp.1."
            "Value%3Dv%25201%252A%26"
            "Version%3D2018-01-20");
  EXPECT_EQ(sign_v1(text, kSecret), "K9Z2bcxtNVfwyUpvN5xetVwCAKI=");
}

TEST(SignV1, GivesVectorT7WithASecurityToken) {
  const std::string text = string_to_sign_v1("GET", {{"Action", "QueryJobStatistics"},
                                                     {"Format", "json"},
                                                     {"JobId", "J1"},
                                                     {"SecurityToken", "CAISTESTTOKEN+/="},
                                                     {"SignatureMethod", "HMAC-SHA1"},
                                                     {"SignatureNonce", kNonce},
                                                     {"SignatureVersion", "1.0"},
                                                     {"Timestamp", kTime},
                                                     {"Version", "2018-01-20"},
                                                     {"AccessKeyId", kKey}});
  EXPECT_EQ(text,
            "GET&%2F&AccessKeyId%3DLTAI5tTESTKEYID00001%26Action%3DQueryJobStatistics%26Format%3Djson%"
            "26JobId%3DJ1%26"
            "SecurityToken%3DCAISTESTTOKEN%252B%252F%253D%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D"
            "3ee8c1b883d344afa94f4e0ad82fd6cf%26SignatureVersion%3D1.0%26Timestamp%3D2024-03-15T08%253A30%"
            "253A00Z%26"
            "Version%3D2018-01-20");
  EXPECT_EQ(sign_v1(text, kSecret), "upAIyH1xzHeygAmLIpQ3XcwHKgw=");
}

TEST(SignV1, GivesTheDocumentedVectors) {
  EXPECT_EQ(sign_v1(string_to_sign_v1(
                        "GET", form("Timestamp=2016-02-23T12:46:24Z&Format=XML&AccessKeyId=testid&"
                                    "Action=DescribeRegions&SignatureMethod=HMAC-SHA1&"
                                    "SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&Version=2014-05-26&"
                                    "SignatureVersion=1.0")),
                    "testsecret"),
            "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
  EXPECT_EQ(
      sign_v1(string_to_sign_v1(
                  "GET", form("AccessKeyId=1234567890123456&Action=RegisterDevice&DeviceName=1533023037&"
                              "Format=JSON&ProductKey=axxxUtgaRLB&RegionId=cn-shanghai&"
                              "SignatureMethod=HMAC-SHA1&SignatureNonce=1533023037&SignatureVersion=1.0&"
                              "Timestamp=2018-07-31T07:43:57Z&Version=2018-01-20")),
              "123456789012345678901234567890"),
      "zqw+pTAEOU3GWZhpgGlXJJTTYAo=");
}

TEST(SignV1, KeepsEmptyValues) {
  EXPECT_EQ(sign_v1(string_to_sign_v1("GET", form("A=&SignatureType=&Z=1")), "s"),
            "P9v7gpue1RZeW62lKgQ790iR01Y=");
}

// wire-protocol 1.3: sorted by the decoded name, byte by byte.
TEST(SignV1, SortsByBytesOfTheDecodedName) {
  EXPECT_EQ(
      string_to_sign_v1("GET", {{"b", ""}, {"D.2", ""}, {"D.10", ""}, {"D.1", ""}, {"é", ""}, {"B", ""}}),
      "GET&%2F&B%3D%26D.1%3D%26D.10%3D%26D.2%3D%26b%3D%26%25C3%25A9%3D");
}

TEST(SignV1, LeavesOutSignatureAndNothingLikeIt) {
  EXPECT_EQ(string_to_sign_v1("GET", {{"Signature", "x"}, {"signature", "y"}, {"SignatureX", "z"}}),
            "GET&%2F&SignatureX%3Dz%26signature%3Dy");
  EXPECT_EQ(string_to_sign_v1("POST", {}), "POST&%2F&");
}

// --- version 3

NameValues headers_v3(std::string_view action, std::string_view hash) {
  return {{"host", "127.0.0.1:18080"},
          {"x-acs-action", std::string(action)},
          {"x-acs-content-sha256", std::string(hash)},
          {"x-acs-credentials-provider", "static_ak"},
          {"x-acs-date", kTime},
          {"x-acs-signature-nonce", kNonce},
          {"x-acs-version", "2018-01-20"}};
}

TEST(SignV3, GivesVectorT4) {
  const std::string canonical = canonical_request_v3(
      {"POST", "/",
       form("JobDocument=%7B%22cmd%22%3A%22a%2Bb%26c%3Dd%22%7D&JobName=job%20%E6%B5%8B%E8%AF%95%20(1)*~!%27&"
            "RolloutConfig=%7B%22maximumPerMinute%22%3A1000%7D&TargetConfig=%7B%22targetGroup%22%3A%22g1%22%"
            "7D&"
            "TimeoutConfig=%7B%22inProgressTimeoutInMinutes%22%3A60%7D&Type=CUSTOM_JOB"),
       headers_v3("CreateJob", kEmptyHash), kEmptyHash});
  EXPECT_EQ(
      canonical,
      "POST\n/\n"
      "JobDocument=%7B%22cmd%22%3A%22a%2Bb%26c%3Dd%22%7D&JobName=job%20%E6%B5%8B%E8%AF%95%20%281%29%2A~%21%"
      "27&"
      "RolloutConfig=%7B%22maximumPerMinute%22%3A1000%7D&TargetConfig=%7B%22targetGroup%22%3A%22g1%22%7D&"
      "TimeoutConfig=%7B%22inProgressTimeoutInMinutes%22%3A60%7D&Type=CUSTOM_JOB\n"
      "host:127.0.0.1:18080\nx-acs-action:CreateJob\n"
      "x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
      "x-acs-credentials-provider:static_ak\nx-acs-date:2024-03-15T08:30:00Z\n"
      "x-acs-signature-nonce:3ee8c1b883d344afa94f4e0ad82fd6cf\nx-acs-version:2018-01-20\n\n"
      "host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-"
      "acs-version\n"
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string text = string_to_sign_v3(canonical);
  EXPECT_EQ(text, "ACS3-HMAC-SHA256\n14c0aaa9ed3159e12ff917d4fc90b463afa4e67f4d2b76d85685c032b233e046");
  EXPECT_EQ(sign_v3(text, kSecret), "cc39e535b26cc7343dc02fb0ff40585285aed0f4702050792116bdf8b24bb8e4");
}

TEST(SignV3, GivesVectorT5WithAFormInTheBody) {
  const std::string hash = hex_lower(digest(HashKind::Sha256, "MessageContent=aGVsbG8gd29ybGQ%3D"));
  EXPECT_EQ(hash, "6f8fa19ad9d28b5de468addb599cdd298a11d7c16a086fc752636406773ccd2b");
  NameValues headers = headers_v3("Pub", hash);
  headers.insert(headers.begin(), {"content-type", "application/x-www-form-urlencoded"});
  const std::string text = string_to_sign_v3(canonical_request_v3(
      {"POST", "/",
       form("ProductKey=a1bcdefghij&Qos=0&TopicFullName=%2Fa1bcdefghij%2Fd1%2Fuser%2Fget&UserProp.1.Key=k1&"
            "UserProp.1.Value=v%201*"),
       headers, hash}));
  EXPECT_EQ(text, "ACS3-HMAC-SHA256\nf8921c542e70a00ac7b5feeb296c0fb32ea185e1b361a0e0db55ef3239e75211");
  EXPECT_EQ(sign_v3(text, kSecret), "a0abaa7d2d8813194ce75462de4a4a58df780ab87152ef395d7fc382057b5199");
}

TEST(SignV3, GivesVectorT6WithASecurityToken) {
  const NameValues headers = {{"host", "127.0.0.1:18080"},
                              {"x-acs-accesskey-id", kKey},
                              {"x-acs-action", "QueryJobStatistics"},
                              {"x-acs-content-sha256", kEmptyHash},
                              {"x-acs-credentials-provider", "static_sts"},
                              {"x-acs-date", kTime},
                              {"x-acs-security-token", "CAISTESTTOKEN+/="},
                              {"x-acs-signature-nonce", kNonce},
                              {"x-acs-version", "2018-01-20"}};
  EXPECT_EQ(signed_header_names(headers),
            "host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;"
            "x-acs-security-token;x-acs-signature-nonce;x-acs-version");
  const std::string text =
      string_to_sign_v3(canonical_request_v3({"GET", "/", form("JobId=J1"), headers, kEmptyHash}));
  EXPECT_EQ(text, "ACS3-HMAC-SHA256\n1f6e3921757ba2910dfc40dccb6cd28342867776362a5b7d5e7ff8c1807c89f2");
  EXPECT_EQ(sign_v3(text, kSecret), "463cc90078e47f1728628953f12ecf0d2dd089c9c85f83ffd9ba45471a6a9da0");
}

std::string run_instances(const char* date, const char* nonce) {
  const NameValues headers = {{"host", "ecs.cn-shanghai.aliyuncs.com"}, {"x-acs-action", "RunInstances"},
                              {"x-acs-content-sha256", kEmptyHash},     {"x-acs-date", date},
                              {"x-acs-signature-nonce", nonce},         {"x-acs-version", "2014-05-26"}};
  return sign_v3(
      string_to_sign_v3(canonical_request_v3(
          {"POST", "/",
           form("ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"), headers,
           kEmptyHash})),
      "YourAccessKeySecret");
}

TEST(SignV3, GivesTheDocumentedVectors) {
  EXPECT_EQ(run_instances("2023-10-26T10:22:32Z", "3156853299f313e23d1673dc12e1703d"),
            "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
  EXPECT_EQ(run_instances("2023-10-26T09:01:01Z", "d410180a5abf7fe235dd9b74aca91fc0"),
            "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804");
}

TEST(SignV3, HasAnEmptyLineForAnEmptyQuery) {
  EXPECT_EQ(canonical_request_v3({"GET", "/", {}, {{"host", "h"}}, "x"}), "GET\n/\n\nhost:h\n\nhost\nx");
}

// --- forms

TEST(ParseForm, ReadsPairsInOrder) {
  const NameValues expected = {{"a", "1"}, {"b", ""}, {"c", ""}, {"", "x"}, {"a", "2=3"}, {"d e", "f g"}};
  EXPECT_EQ(form("a=1&b=&c&=x&a=2=3&d+e=f%20g"), expected);
}

TEST(ParseForm, PassesOverEmptyPairsAndGarbage) {
  EXPECT_EQ(form("").size(), 0u);
  EXPECT_EQ(form("&&&").size(), 0u);
  EXPECT_EQ(form("&a=1&&b=2&").size(), 2u);
  EXPECT_EQ(form("%=%zz&%4").size(), 2u);
  EXPECT_EQ(form("=").size(), 1u);
}

TEST(ParseForm, StopsAtItsBound) {
  NameValues pairs;
  EXPECT_TRUE(parse_form("a&b&c", 3, pairs));
  EXPECT_EQ(pairs.size(), 3u);
  EXPECT_FALSE(parse_form("d", 3, pairs));  // counts what was there before
  EXPECT_EQ(pairs.size(), 3u);
  EXPECT_TRUE(parse_form("&&", 3, pairs));
}

RC_GTEST_PROP(PrintForm, IsUndoneByParseForm,
              (const std::vector<std::pair<std::string, std::string>>& pairs)) {
  NameValues named;
  for (const auto& [name, value] : pairs) named.emplace_back("n" + name, value);
  NameValues back;
  RC_ASSERT(parse_form(print_form(named), named.size(), back));
  RC_ASSERT(back == named);
}

}  // namespace
}  // namespace rollcall
