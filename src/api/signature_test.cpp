#include "api/signature.hpp"

#include <gtest/gtest.h>

#include "api/signed_requests.hpp"

namespace rollcall::api {
namespace {

using namespace test;

using SignatureV1 = SignatureChecks;

// --- version 1.0

TEST_F(SignatureV1, AcceptsVectorT1) {
  HttpRequest request = plain(
      "GET",
      "/?AccessKeyId=LTAI5tTESTKEYID00001&Action=CreateJob&Format=JSON&JobDocument=%7B%22cmd%22%3A%22a%2Bb%"
      "26c%3Dd%22%7D&"
      "JobName=job%20%E6%B5%8B%E8%AF%95%20%281%29%2A~%21%27&RegionId=cn-shanghai&SignatureMethod=HMAC-SHA1&"
      "SignatureNonce=3ee8c1b883d344afa94f4e0ad82fd6cf&SignatureVersion=1.0&TargetConfig=%7B%22targetGroup%"
      "22%3A%22g1%22%7D&"
      "Timestamp=2024-03-15T08%3A30%3A00Z&Type=CUSTOM_JOB&Version=2018-01-20&Signature="
      "DyoDX9Gc7fPLkKvt7vRFgBzn000%3D");
  const auto by = check(request);
  ASSERT_TRUE(by) << public_message(by.error());
  EXPECT_EQ(by->key->instance, InstanceId{7});
  EXPECT_EQ(by->action, "CreateJob");
  EXPECT_EQ(by->version, "2018-01-20");
}

TEST_F(SignatureV1, AcceptsVectorT2InTheForm) {
  HttpRequest request = plain(
      "POST", "/?",
      "AccessKeyId=LTAI5tTESTKEYID00001&Action=BatchGetDeviceState&DeviceName.1=d1&DeviceName.2=%E8%AE%BE%E5%"
      "A4%872&Format=JSON&"
      "ProductKey=a1bcdefghij&RegionId=cn-shanghai&SignatureMethod=HMAC-SHA1&SignatureNonce="
      "3ee8c1b883d344afa94f4e0ad82fd6cf&"
      "SignatureVersion=1.0&Timestamp=2024-03-15T08%3A30%3A00Z&Version=2018-01-20&Signature="
      "EG537eXWM0r2Fr3YHPq3RUO%2FSVE%3D");
  EXPECT_EQ(refusal(request), "");
}

TEST_F(SignatureV1, AcceptsVectorT3SplitOverQueryAndForm) {
  HttpRequest request =
      plain("POST",
            "/?Action=Pub&Format=json&Version=2018-01-20&Timestamp=2024-03-15T08%3A30%3A00Z&"
            "SignatureNonce=3ee8c1b883d344afa94f4e0ad82fd6cf&ProductKey=a1bcdefghij&Qos=0&"
            "TopicFullName=%2Fa1bcdefghij%2Fd1%2Fuser%2Fget&UserProp.1.Key=k1&UserProp.1.Value=v%201*&"
            "SignatureMethod=HMAC-SHA1&"
            "SignatureVersion=1.0&AccessKeyId=LTAI5tTESTKEYID00001&Signature=K9Z2bcxtNVfwyUpvN5xetVwCAKI%3D",
            "MessageContent=aGVsbG8gd29ybGQ%3D");
  EXPECT_EQ(refusal(request), "");
}

// wire-protocol 1.1: old examples write Hmac-SHA1; Go sends an empty SignatureType; RegionId is not required.
TEST_F(SignatureV1, ToleratesWhatClientsDo) {
  EXPECT_EQ(refusal_v1("SignatureMethod", "Hmac-SHA1"), "");
  nonces = NonceStore();
  EXPECT_EQ(refusal_v1("SignatureType", ""), "");
  nonces = NonceStore();
  EXPECT_EQ(refusal_v1("SecurityToken", ""), "");
}

TEST_F(SignatureV1, NamesEachMissingCommonParameter) {
  for (const char* name : {"AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce",
                           "Timestamp", "Version", "Action"}) {
    EXPECT_EQ(refusal_v1(name, nullptr), "Missing" + std::string(name));
    EXPECT_EQ(refusal_v1(name, ""), "Missing" + std::string(name));
  }
  HttpRequest request = get_v1(common_v1());
  request.target.resize(request.target.find("&Signature="));
  EXPECT_EQ(refusal(request), "MissingSignature");
  EXPECT_EQ(refusal(plain("GET", "/?")), "MissingAccessKeyId");
}

TEST_F(SignatureV1, RefusesEachWrongCommonParameter) {
  EXPECT_EQ(refusal_v1("AccessKeyId", "unknown"), "InvalidAccessKeyId.NotFound");
  EXPECT_EQ(refusal_v1("AccessKeyId", "ltai5ttestkeyid00001"), "InvalidAccessKeyId.NotFound");
  EXPECT_EQ(refusal_v1("AccessKeyId", "disabledKey"), "InvalidAccessKeyId.Inactive");
  EXPECT_EQ(refusal_v1("SecurityToken", "CAISTESTTOKEN+/="), "InvalidSecurityToken.Malformed");
  EXPECT_EQ(refusal_v1("SignatureMethod", "HMAC-SHA256"), "InvalidSignatureMethod");
  EXPECT_EQ(refusal_v1("SignatureVersion", "2.0"), "InvalidSignatureVersion");
  EXPECT_EQ(refusal_v1("SignatureVersion", "1"), "InvalidSignatureVersion");
  for (const char* time : {"yesterday", "2024-03-15 08:30:00", "2024-03-15T08:30:00",
                           "2024-03-15T08:30:00+08:00", "1710491400", "2024-02-30T08:30:00Z"})
    EXPECT_EQ(refusal_v1("Timestamp", time), "InvalidTimeStamp.Format") << time;
}

// wire-protocol 1.5
TEST_F(SignatureV1, HoldsTheWindowOfFifteenMinutesOnBothSides) {
  const HttpRequest request = get_v1(common_v1());
  EXPECT_EQ(refusal(request, kNow + (15 * 60'000 + 1)), "InvalidTimeStamp.Expired");
  EXPECT_EQ(refusal(request, kNow + -(15 * 60'000 + 1)), "InvalidTimeStamp.Expired");
  EXPECT_EQ(refusal(request, kNow + -15 * 60'000), "");
  nonces = NonceStore();
  EXPECT_EQ(refusal(request, kNow + 15 * 60'000), "");
}

// wire-protocol 1.6: SDKs cut the prefix off and compare the rest with their own string to sign.
TEST_F(SignatureV1, ShowsTheStringToSignToTheLetter) {
  const NameValues parameters = common_v1();
  const auto by = check(get_v1(parameters, "wrong secret"));
  ASSERT_FALSE(by);
  EXPECT_EQ(api_code(by.error()), "SignatureDoesNotMatch");
  EXPECT_EQ(public_message(by.error()),
            "Specified signature is not matched with our calculation. server string to sign is:" +
                string_to_sign_v1("GET", parameters));
}

TEST_F(SignatureV1, RefusesWhatChangedAfterSigning) {
  HttpRequest request = get_v1(common_v1());
  request.method = "POST";
  EXPECT_EQ(refusal(request), "SignatureDoesNotMatch");
  request = get_v1(common_v1());
  request.target += "&JobId=1";
  EXPECT_EQ(refusal(request), "SignatureDoesNotMatch");
  request = get_v1(common_v1());
  request.body = "Action=DeleteJob";
  EXPECT_EQ(refusal(request), "SignatureDoesNotMatch");
  for (const char* signature : {"x", "AAAA", "%20", "DyoDX9Gc7fPLkKvt7vRFgBzn000%3D"}) {
    request = get_v1(common_v1());
    request.target.resize(request.target.find("&Signature=") + 11);
    request.target += signature;
    EXPECT_EQ(refusal(request), "SignatureDoesNotMatch") << signature;
  }
}

// --- order of the checks (wire-protocol 1.6): each spoils everything behind it too.

TEST_F(SignatureV1, ChecksInTheDocumentedOrder) {
  NameValues parameters = common_v1();
  put(parameters, "Version", "1999-01-01");
  HttpRequest request = get_v1(parameters);
  EXPECT_EQ(refusal(request), "");  // the nonce is used, the version is judged by the reader
  EXPECT_EQ(refusal(request), "SignatureNonceUsed");
  EXPECT_EQ(refusal(get_v1(parameters, "wrong")), "SignatureDoesNotMatch");
  put(parameters, "Timestamp", "2020-01-01T00:00:00Z");
  EXPECT_EQ(refusal(get_v1(parameters, "wrong")), "InvalidTimeStamp.Expired");
  put(parameters, "Timestamp", "x");
  EXPECT_EQ(refusal(get_v1(parameters, "wrong")), "InvalidTimeStamp.Format");
  put(parameters, "SignatureVersion", "3");
  EXPECT_EQ(refusal(get_v1(parameters, "wrong")), "InvalidSignatureVersion");
  put(parameters, "SignatureMethod", "RSA");
  EXPECT_EQ(refusal(get_v1(parameters, "wrong")), "InvalidSignatureMethod");
  put(parameters, "SecurityToken", "t");
  EXPECT_EQ(refusal(get_v1(parameters, "wrong")), "InvalidSecurityToken.Malformed");
  put(parameters, "AccessKeyId", "disabledKey");
  EXPECT_EQ(refusal(get_v1(parameters, "wrong")), "InvalidAccessKeyId.Inactive");
  put(parameters, "AccessKeyId", "unknown");
  EXPECT_EQ(refusal(get_v1(parameters, "wrong")), "InvalidAccessKeyId.NotFound");
  put(parameters, "Action", nullptr);
  EXPECT_EQ(refusal(get_v1(parameters, "wrong")), "MissingAction");
}

// --- nonces

TEST_F(SignatureV1, RefusesAReplayInEitherFamily) {
  EXPECT_EQ(refusal(get_v1(common_v1())), "");
  EXPECT_EQ(refusal(get_v1(common_v1())), "SignatureNonceUsed");
  EXPECT_EQ(refusal(post_v3("", headers_v3())), "SignatureNonceUsed");
  nonces = NonceStore();
  EXPECT_EQ(refusal(post_v3("", headers_v3())), "");
  EXPECT_EQ(refusal(get_v1(common_v1())), "SignatureNonceUsed");
}

TEST_F(SignatureV1, LetsAForgedRequestUseNoNonce) {
  EXPECT_EQ(refusal(get_v1(common_v1(), "wrong")), "SignatureDoesNotMatch");
  EXPECT_EQ(refusal(post_v3("", headers_v3(), "", "wrong")), "SignatureDoesNotMatch");
  EXPECT_EQ(nonces.size(), 0u);
  EXPECT_EQ(refusal(get_v1(common_v1())), "");
}

}  // namespace
}  // namespace rollcall::api
