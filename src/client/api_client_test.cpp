#include "client/api_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/crypto.hpp"

namespace rollcall::client {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Stamp kStamp{WallMs{1'777'700'000'999}, "5215c4d2"};

ApiSettings settings(SignatureVersion version = SignatureVersion::V3) {
  ApiSettings out;
  out.endpoint = {"127.0.0.1", 18080};
  out.access_key_id = "testid";
  out.access_key_secret = Secret("testsecret");
  out.signature = version;
  return out;
}

std::string header(const HttpRequest& request, std::string_view name) {
  return std::string(request.header(name));
}

TEST(SignCall, PutsAllParametersIntoTheFormBody) {
  const auto request = sign_call(settings(), "CreateJob", {{"JobName", "a b"}, {"X", "+"}}, kStamp);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/");
  EXPECT_EQ(request.body, "JobName=a%20b&X=%2B");
  EXPECT_EQ(header(request, "content-type"), "application/x-www-form-urlencoded");
}

// The text is put together here by the rules of wire-protocol 2.2 and 2.3, not by the code under test.
TEST(SignCall, SignsVersionThreeOverHeadersAndBody) {
  const auto request = sign_call(settings(), "QueryJob", {{"JobId", "j1"}}, kStamp);
  const std::string hash = hex_lower(digest(HashKind::Sha256, "JobId=j1"));
  const std::string names =
      "content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";
  const std::string canonical =
      "POST\n/\n\ncontent-type:application/x-www-form-urlencoded\nhost:127.0.0.1:18080\n"
      "x-acs-action:QueryJob\nx-acs-content-sha256:" +
      hash +
      "\nx-acs-date:2026-05-02T05:33:20Z\nx-acs-signature-nonce:5215c4d2\nx-acs-version:2018-01-20\n\n" +
      names + "\n" + hash;
  const std::string to_sign = "ACS3-HMAC-SHA256\n" + hex_lower(digest(HashKind::Sha256, canonical));
  EXPECT_EQ(header(request, "authorization"),
            "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=" + names +
                ",Signature=" + hex_lower(hmac(HashKind::Sha256, "testsecret", to_sign)));
}

TEST(SignCall, LeavesTheContentTypeOutOfACallWithoutParameters) {
  const auto request = sign_call(settings(), "ListJob", {}, kStamp);
  EXPECT_EQ(header(request, "content-type"), "");
  EXPECT_THAT(header(request, "authorization"), HasSubstr("SignedHeaders=host;x-acs-action;"));
}

TEST(SignCall, LeavesTheUsualPortOutOfTheSignedHost) {
  ApiSettings usual = settings();
  usual.endpoint.port = 80;
  ApiSettings other = settings();
  other.endpoint.port = 81;
  EXPECT_NE(header(sign_call(usual, "ListJob", {}, kStamp), "authorization"),
            header(sign_call(other, "ListJob", {}, kStamp), "authorization"));
}

TEST(SignCall, SignsVersionOneOverTheSortedParameters) {
  const auto request = sign_call(settings(SignatureVersion::V1), "QueryJob", {{"JobId", "j 1"}}, kStamp);
  const std::string sorted =
      "AccessKeyId%3Dtestid%26Action%3DQueryJob%26Format%3DJSON%26JobId%3Dj%25201%26SignatureMethod%3DHMAC-"
      "SHA1"
      "%26SignatureNonce%3D5215c4d2%26SignatureVersion%3D1.0%26Timestamp%3D2026-05-02T05%253A33%253A20Z"
      "%26Version%3D2018-01-20";
  const std::string signature = base64_encode(hmac(HashKind::Sha1, "testsecret&", "POST&%2F&" + sorted));
  NameValues sent;
  ASSERT_TRUE(parse_form(request.body, 100, sent));
  std::string found;
  for (const auto& [name, value] : sent)
    if (name == "Signature") found = value;
  EXPECT_EQ(found, signature);
  EXPECT_EQ(header(request, "authorization"), "");
}

TEST(ReadEndpoint, TakesAddressesAndUrls) {
  ApiSettings out;
  ASSERT_TRUE(read_endpoint("host:99", out));
  EXPECT_EQ(out.endpoint.text(), "host:99");
  EXPECT_FALSE(out.tls);
  ASSERT_TRUE(read_endpoint("https://host/", out));
  EXPECT_EQ(out.endpoint.text(), "host:443");
  EXPECT_TRUE(out.tls);
  ASSERT_TRUE(read_endpoint("http://host", out));
  EXPECT_EQ(out.endpoint.text(), "host:8080");
  EXPECT_FALSE(read_endpoint("host:port", out));
}

ApiAnswer answer(int status, std::string body, AnswerFormat format = AnswerFormat::Json) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return read_answer(std::move(response), format);
}

TEST(ReadAnswer, ReadsSuccessAndMembersByPath) {
  const auto good = answer(200, R"({"Success":true,"Code":"","Data":{"Status":"OK","N":7}})");
  EXPECT_TRUE(good.success);
  EXPECT_EQ(good.code, "");
  EXPECT_EQ(good.text("Data.Status"), "OK");
  EXPECT_EQ(good.number("Data.N"), 7);
  EXPECT_EQ(good.raw("Data.Nothing"), "");
  EXPECT_EQ(good.raw("Data.N.Deeper"), "");
}

TEST(ReadAnswer, NamesTheReasonOfAFailure) {
  EXPECT_EQ(answer(200, R"({"Success":false,"Code":"a.B","ErrorMessage":"no"})").reason(), "a.B: no");
  EXPECT_EQ(answer(404, R"({"Code":"InvalidAction.NotFound","Message":"gone"})").reason(),
            "InvalidAction.NotFound: gone");
  EXPECT_THAT(answer(502, "<html>").reason(), StartsWith("The answer is not JSON"));
}

TEST(ReadAnswer, TakesNoSuccessFromAFailedRequest) {
  EXPECT_FALSE(answer(500, R"({"Success":true})").success);
  EXPECT_FALSE(answer(200, R"({"Success":"true"})").success);
}

TEST(ReadAnswer, ReadsXml) {
  EXPECT_TRUE(answer(200, "<R><Success>true</Success></R>", AnswerFormat::Xml).success);
  const auto bad = answer(404, "<Error><Code>C</Code><Message>m</Message></Error>", AnswerFormat::Xml);
  EXPECT_FALSE(bad.success);
  EXPECT_EQ(bad.reason(), "C: m");
}

}  // namespace
}  // namespace rollcall::client
