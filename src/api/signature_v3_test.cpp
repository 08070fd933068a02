#include <gtest/gtest.h>

#include "api/signature.hpp"
#include "api/signed_requests.hpp"

namespace rollcall::api {
namespace {

using namespace test;

using SignatureV3 = SignatureChecks;

// --- version 3

TEST_F(SignatureV3, AcceptsVectorT4) {
  HttpRequest request = plain(
      "POST",
      "/?JobDocument=%7B%22cmd%22%3A%22a%2Bb%26c%3Dd%22%7D&JobName=job%20%E6%B5%8B%E8%AF%95%20(1)*~!%27&"
      "RolloutConfig=%7B%22maximumPerMinute%22%3A1000%7D&TargetConfig=%7B%22targetGroup%22%3A%22g1%22%7D&"
      "TimeoutConfig=%7B%22inProgressTimeoutInMinutes%22%3A60%7D&Type=CUSTOM_JOB");
  request.headers = {
      {"host", kHost},
      {"x-acs-version", "2018-01-20"},
      {"x-acs-action", "CreateJob"},
      {"user-agent", "TeaDSL/1"},
      {"x-acs-date", kTime},
      {"x-acs-signature-nonce", kNonce},
      {"accept", "application/json"},
      {"x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"x-acs-credentials-provider", "static_ak"},
      {"authorization",
       "ACS3-HMAC-SHA256 "
       "Credential=LTAI5tTESTKEYID00001,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
       "x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,"
       "Signature=cc39e535b26cc7343dc02fb0ff40585285aed0f4702050792116bdf8b24bb8e4"},
      {"connection", "keep-alive"},
      {"content-length", "0"}};
  const auto by = check(request);
  ASSERT_TRUE(by) << public_message(by.error());
  EXPECT_EQ(by->action, "CreateJob");
  EXPECT_EQ(by->version, "2018-01-20");
}

TEST_F(SignatureV3, AcceptsVectorT5WithAFormInTheBody) {
  HttpRequest request =
      plain("POST",
            "/?ProductKey=a1bcdefghij&Qos=0&TopicFullName=%2Fa1bcdefghij%2Fd1%2Fuser%2Fget&UserProp.1.Key=k1&"
            "UserProp.1.Value=v%201*",
            "MessageContent=aGVsbG8gd29ybGQ%3D");
  request.headers = {
      {"host", kHost},
      {"x-acs-version", "2018-01-20"},
      {"x-acs-action", "Pub"},
      {"x-acs-date", kTime},
      {"x-acs-signature-nonce", kNonce},
      {"content-type", "application/x-www-form-urlencoded"},
      {"x-acs-content-sha256", "6f8fa19ad9d28b5de468addb599cdd298a11d7c16a086fc752636406773ccd2b"},
      {"x-acs-credentials-provider", "static_ak"},
      {"authorization",
       "ACS3-HMAC-SHA256 "
       "Credential=LTAI5tTESTKEYID00001,SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;"
       "x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,"
       "Signature=a0abaa7d2d8813194ce75462de4a4a58df780ab87152ef395d7fc382057b5199"}};
  EXPECT_EQ(refusal(request), "");
}

// wire-protocol 2.3: by name, not by position; blanks tolerated.
TEST_F(SignatureV3, ReadsTheFieldsOfAuthorizationInAnyOrder) {
  const HttpRequest request = post_v3("", headers_v3());
  const std::string given(request.header("authorization"));
  const size_t credential = given.find("Credential="), list = given.find("SignedHeaders="),
               signature = given.find("Signature=");
  const std::string c = given.substr(credential, list - credential - 1),
                    l = given.substr(list, signature - list - 1), s = given.substr(signature);
  for (const std::string& fields :
       {c + "," + s + "," + l, s + ", " + l + " , " + c, " " + l + "," + c + ",\t" + s}) {
    nonces = NonceStore();
    EXPECT_EQ(refusal(with_header(request, "authorization", given, "ACS3-HMAC-SHA256 " + fields)), "")
        << fields;
  }
}

TEST_F(SignatureV3, RefusesAnAuthorizationThatIsIncomplete) {
  const HttpRequest request = post_v3("", headers_v3());
  const std::string given(request.header("authorization"));
  const auto refused = [&](const std::string& text) {
    return refusal(with_header(request, "authorization", given, text));
  };
  for (const char* text : {"ACS3-HMAC-SHA256", "ACS3-HMAC-SHA256 ", "ACS3-HMAC-SHA256 x",
                           "ACS3-HMAC-SHA256 ,,,", "ACS3-HMAC-SHA256 Credential=LTAI5tTESTKEYID00001",
                           "ACS3-HMAC-SHA256 Credential=,SignedHeaders=,Signature=",
                           "ACS3-HMAC-SHA256 Credential=LTAI5tTESTKEYID00001,Signature=00",
                           "ACS3-HMAC-SHA256 Credential=LTAI5tTESTKEYID00001,SignedHeaders=host",
                           "ACS3-HMAC-SHA256 credential=a,signedheaders=b,signature=c", "ACS3-"})
    EXPECT_EQ(refused(text), "IncompleteSignature") << text;
  EXPECT_EQ(refused(given + ",Extra=1"), "IncompleteSignature");
}

TEST_F(SignatureV3, KnowsOneAlgorithmOfVersionThree) {
  const HttpRequest request = post_v3("", headers_v3());
  for (const char* name : {"ACS3-HMAC-SM3", "ACS3-RSA-SHA256", "ACS3-hmac-sha256", "ACS3-HMAC-SHA2567"})
    EXPECT_EQ(refusal(with_header(request, "authorization", "ACS3-HMAC-SHA256", name)),
              "InvalidSignatureMethod")
        << name;
  // Another scheme is not version 3 at all, and there are no parameters of version 1.
  for (const char* name : {"acs3-hmac-sha256", "Bearer", "acs"})
    EXPECT_EQ(refusal(with_header(request, "authorization", "ACS3-HMAC-SHA256", name)), "MissingAccessKeyId")
        << name;
}

TEST_F(SignatureV3, NamesEachMissingHeaderOfVersionThree) {
  for (const char* name :
       {"x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"})
    EXPECT_EQ(refusal_v3(name, nullptr), "Missing" + std::string(name));
}

TEST_F(SignatureV3, DemandsThatEveryHeaderThatMattersIsSigned) {
  for (const char* name : {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce",
                           "x-acs-content-sha256"}) {
    NameValues some = headers_v3();
    std::string value;
    for (const auto& [key, text] : some)
      if (key == name) value = text;
    put(some, name, nullptr);
    HttpRequest request = post_v3("", some);
    request.headers.emplace_back(name, value);
    EXPECT_EQ(refusal(request), "IncompleteSignature") << name;
  }
  HttpRequest extra = post_v3("", headers_v3());
  extra.headers.emplace_back("x-acs-source-ip", "1.2.3.4");
  EXPECT_EQ(refusal(extra), "IncompleteSignature");
}

TEST_F(SignatureV3, BoundsTheListOfSignedHeaders) {
  const HttpRequest request = post_v3("", headers_v3());
  const HttpRequest many =
      with_header(request, "authorization", "SignedHeaders=", "SignedHeaders=" + std::string(1'000'000, ';'));
  EXPECT_EQ(refusal(many), "IncompleteSignature");
}

TEST_F(SignatureV3, RefusesEachWrongHeaderOfVersionThree) {
  const HttpRequest request = post_v3("", headers_v3());
  EXPECT_EQ(refusal(with_header(request, "authorization", kKeyId, "unknown")), "InvalidAccessKeyId.NotFound");
  EXPECT_EQ(refusal(with_header(request, "authorization", kKeyId, "disabledKey")),
            "InvalidAccessKeyId.Inactive");
  EXPECT_EQ(refusal_v3("x-acs-security-token", "t"), "InvalidSecurityToken.Malformed");
  EXPECT_EQ(refusal_v3("x-acs-date", "Fri, 15 Mar 2024 08:30:00 GMT"), "InvalidTimeStamp.Format");
  EXPECT_EQ(refusal_v3("x-acs-date", "2024-03-15T08:14:59Z"), "InvalidTimeStamp.Expired");
  EXPECT_EQ(refusal_v3("x-acs-date", "2024-03-15T08:45:01Z"), "InvalidTimeStamp.Expired");
}

TEST_F(SignatureV3, ShowsTheCanonicalRequestOfVersionThree) {
  const auto by = check(post_v3("B=2&A=1", headers_v3(), "", "wrong secret"));
  ASSERT_FALSE(by);
  EXPECT_EQ(api_code(by.error()), "SignatureDoesNotMatch");
  const std::string message = public_message(by.error());
  EXPECT_TRUE(message.starts_with(
      "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\n"))
      << message;
  EXPECT_NE(message.find("] server CanonicalRequest is [POST\n/\nA=1&B=2\nhost:127.0.0.1:18080\n"),
            std::string::npos)
      << message;
  EXPECT_TRUE(message.ends_with("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855]"))
      << message;
}

TEST_F(SignatureV3, RefusesABodyThatIsNotTheHashedOne) {
  HttpRequest request = post_v3("A=1", headers_v3(), "B=2");
  request.body = "B=3";
  EXPECT_EQ(refusal(request), "SignatureDoesNotMatch");
  request = post_v3("A=1", headers_v3(), "B=2");
  request.target = "/?A=2";
  EXPECT_EQ(refusal(request), "SignatureDoesNotMatch");
  request = post_v3("A=1", headers_v3(), "B=2");
  request.target = "/?A=1&C=";
  EXPECT_EQ(refusal(request), "SignatureDoesNotMatch");
  EXPECT_EQ(refusal(with_header(post_v3("", headers_v3()), "x-acs-action", "ListJob", "DeleteJob")),
            "SignatureDoesNotMatch");
  EXPECT_EQ(refusal(with_header(post_v3("", headers_v3()), "host", "127", "128")), "SignatureDoesNotMatch");
  // The client's own claim of another body's hash, duly signed.
  NameValues headers = headers_v3();
  HttpRequest forged = post_v3("", headers, "B=2");
  forged.body.clear();
  EXPECT_EQ(refusal(forged), "SignatureDoesNotMatch");
}

// wire-protocol 2.2: several values of one header are sorted and joined.
TEST_F(SignatureV3, JoinsTheValuesOfARepeatedHeader) {
  NameValues headers = headers_v3();
  headers.insert(headers.begin() + 2, {"x-acs-b", "1,2"});
  HttpRequest request = post_v3("", headers);
  for (auto& [name, value] : request.headers)
    if (name == "x-acs-b") value = "2";
  request.headers.emplace_back("x-acs-b", " 1 ");
  EXPECT_EQ(refusal(request), "");
}

TEST_F(SignatureV3, RecognisesAReplayWhoseNonceHeaderWasSplit) {
  NameValues headers = headers_v3();
  for (auto& [name, value] : headers)
    if (name == "x-acs-signature-nonce") value = "aaa,bbb";
  HttpRequest request = post_v3("", headers);
  EXPECT_EQ(refusal(request), "");
  for (auto& [name, value] : request.headers)
    if (name == "x-acs-signature-nonce") value = "aaa";
  request.headers.emplace_back("x-acs-signature-nonce", "bbb");
  EXPECT_EQ(refusal(request), "SignatureNonceUsed");
}

}  // namespace
}  // namespace rollcall::api
