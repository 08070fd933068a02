#include "api/envelope.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace rollcall::api {
namespace {

AnswerContext context(Format format) {
  AnswerContext context;
  context.request_id = "E55E50B7-40EE-4B6B-8BBE-D3ED55CCF565";
  context.action = "CreateJob";
  context.host = "iot.example:8080";
  context.format = format;
  return context;
}

Node job() {
  Node node;
  node.add("JobId", "J1");
  return node;
}

// wire-protocol 5.1, 0.10
TEST(Envelope, RendersSuccess) {
  const HttpResponse json = render_success(context(Format::Json), job());
  EXPECT_EQ(json.status, 200);
  EXPECT_EQ(json.content_type, "application/json;charset=utf-8");
  EXPECT_EQ(json.body,
            "{\"RequestId\":\"E55E50B7-40EE-4B6B-8BBE-D3ED55CCF565\",\"Success\":true,\"Code\":\"\","
            "\"JobId\":\"J1\"}");
  const HttpResponse xml = render_success(context(Format::Xml), job());
  EXPECT_EQ(xml.status, 200);
  EXPECT_EQ(xml.content_type, "text/xml;charset=utf-8");
  EXPECT_EQ(xml.body,
            "<?xml version='1.0' encoding='UTF-8'?><CreateJobResponse>"
            "<RequestId>E55E50B7-40EE-4B6B-8BBE-D3ED55CCF565</RequestId><Success>true</Success><Code></Code>"
            "<JobId>J1</JobId></CreateJobResponse>");
}

// wire-protocol 0.9, 5.3
TEST(Envelope, RendersABusinessFailureWithStatus200) {
  const Error error(ErrorCode::NotExistedDevice);
  const HttpResponse json = render_error(context(Format::Json), error);
  EXPECT_EQ(json.status, 200);
  EXPECT_EQ(json.body,
            "{\"RequestId\":\"E55E50B7-40EE-4B6B-8BBE-D3ED55CCF565\",\"Success\":false,"
            "\"Code\":\"iot.device.NotExistedDevice\",\"ErrorMessage\":\"The device does not exist.\"}");
  const HttpResponse xml = render_error(context(Format::Xml), error);
  EXPECT_EQ(xml.status, 200);
  EXPECT_EQ(xml.body,
            "<?xml version='1.0' encoding='UTF-8'?><CreateJobResponse>"
            "<RequestId>E55E50B7-40EE-4B6B-8BBE-D3ED55CCF565</RequestId><Success>false</Success>"
            "<Code>iot.device.NotExistedDevice</Code><ErrorMessage>The device does not exist.</ErrorMessage>"
            "</CreateJobResponse>");
}

TEST(Envelope, PutsFieldsBesideABusinessFailure) {
  const auto body = boost::json::parse(
      render_error(context(Format::Json), Error(ErrorCode::DeviceCountExceeded), job()).body);
  EXPECT_FALSE(body.at("Success").as_bool());
  EXPECT_EQ(body.at("JobId").as_string(), "J1");
}

// wire-protocol 1.7
TEST(Envelope, RendersAGatewayFailureWithItsOwnStatusAndBody) {
  const Error error(ErrorCode::InvalidAccessKeyIdNotFound);
  const HttpResponse json = render_error(context(Format::Json), error);
  EXPECT_EQ(json.status, 404);
  EXPECT_EQ(json.content_type, "application/json;charset=utf-8");
  EXPECT_EQ(json.body,
            "{\"RequestId\":\"E55E50B7-40EE-4B6B-8BBE-D3ED55CCF565\",\"HostId\":\"iot.example:8080\","
            "\"Code\":\"InvalidAccessKeyId.NotFound\",\"Message\":\"Specified access key is not found.\","
            "\"Recommend\":\"http://iot.example:8080/docs/errors?code=InvalidAccessKeyId.NotFound\"}");
  const HttpResponse xml = render_error(context(Format::Xml), error);
  EXPECT_EQ(xml.status, 404);
  EXPECT_EQ(xml.content_type, "text/xml;charset=utf-8");
  EXPECT_EQ(
      xml.body,
      "<?xml version='1.0' encoding='UTF-8'?><Error>"
      "<RequestId>E55E50B7-40EE-4B6B-8BBE-D3ED55CCF565</RequestId><HostId>iot.example:8080</HostId>"
      "<Code>InvalidAccessKeyId.NotFound</Code><Message>Specified access key is not found.</Message>"
      "<Recommend>http://iot.example:8080/docs/errors?code=InvalidAccessKeyId.NotFound</Recommend></Error>");
}

TEST(Envelope, LeavesFieldsOutOfAGatewayFailure) {
  EXPECT_EQ(render_error(context(Format::Json), Error(ErrorCode::ThrottlingUser), job()).body.find("JobId"),
            std::string::npos);
}

// wire-protocol 1.7: Go asserts that all five are strings; every row of the table must answer well.
TEST(Envelope, RendersEveryErrorOfTheTableInBothForms) {
  for (size_t i = 0; i < error_count(); ++i) {
    Error error(static_cast<ErrorCode>(i));
    error.parameter = "JobName";
    const ErrorRow& row = error_row(error.code);
    const HttpResponse json = render_error(context(Format::Json), error);
    EXPECT_EQ(json.status, row.http_status) << row.name;
    const auto body = boost::json::parse(json.body).as_object();
    EXPECT_EQ(body.at("Code").as_string(), api_code(error)) << row.name;
    const bool gateway = row.http_status != 200;
    EXPECT_EQ(body.contains("HostId"), gateway) << row.name;
    EXPECT_EQ(body.contains("Success"), !gateway) << row.name;
    for (const auto& field : body)
      EXPECT_TRUE(field.value().is_string() || field.key() == "Success") << row.name << ' ' << field.key();
    const HttpResponse xml = render_error(context(Format::Xml), error);
    EXPECT_NE(xml.body.find(gateway ? "<Error><RequestId>" : "<CreateJobResponse><RequestId>"),
              std::string::npos)
        << row.name;
  }
}

TEST(Envelope, PointsToItsOwnSchemeUnderTls) {
  AnswerContext secure = context(Format::Json);
  secure.tls = true;
  EXPECT_NE(render_error(secure, Error(ErrorCode::InternalError)).body.find("\"https://iot.example:8080/"),
            std::string::npos);
}

TEST(Envelope, EscapesWhatTheCallerCanInject) {
  AnswerContext hostile = context(Format::Xml);
  hostile.host = "\"><script>";
  const Error error(ErrorCode::SignatureDoesNotMatch, "a<b&c>d");
  const std::string xml = render_error(hostile, error).body;
  EXPECT_EQ(xml.find("<script>"), std::string::npos);
  EXPECT_NE(xml.find("a&lt;b&amp;c&gt;d"), std::string::npos) << xml;
  hostile.format = Format::Json;
  EXPECT_EQ(boost::json::parse(render_error(hostile, error).body).at("HostId").as_string(), hostile.host);
}

TEST(Envelope, HasARootEvenWithoutAnAction) {
  AnswerContext bare = context(Format::Xml);
  bare.action.clear();
  EXPECT_NE(render_error(bare, Error(ErrorCode::IllegalRequest)).body.find("<UnknownResponse>"),
            std::string::npos);
}

TEST(Envelope, RepeatsTheRequestIdInAHeader) {
  const HttpResponse response = render_success(context(Format::Json), Node());
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0].first, "x-acs-request-id");
  EXPECT_EQ(response.headers[0].second, "E55E50B7-40EE-4B6B-8BBE-D3ED55CCF565");
}

}  // namespace
}  // namespace rollcall::api
