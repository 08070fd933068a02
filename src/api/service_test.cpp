#include "api/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/fake_ports.hpp"
#include "base/request_signing.hpp"

namespace rollcall::api {
namespace {

constexpr const char* kUuid = "[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}";

NameValues job_parameters() {
  return {{"JobName", "oneJob"},
          {"Type", "INVOKE_SERVICE"},
          {"JobDocument",
           R"({ "serviceIdentifier": "test_service", "params": { "key1": "value1", "key2": "value2" } })"},
          {"TargetConfig", R"({"targetType":"PRODUCT_KEY","targetProduct":"a1jXYZ3L3d"})"},
          {"RolloutConfig", R"({"maximumPerMinute": 1000})"},
          {"TimeoutConfig", R"({"inProgressTimeoutInMinutes": 60})"}};
}

class Service : public ::testing::Test {
 protected:
  void SetUp() override { restart({}); }

  void restart(ApiConfig config) {
    service = std::make_unique<ApiService>(ApiService::Surroundings{engine, queries, clock, random},
                                           IdCodec::Key{1, 2, 3}, std::move(config));
    AccessKey key;
    key.id = "testAK";
    key.secret = Secret("testSecret");
    key.instance = InstanceId{7};
    service->set_keys(std::make_shared<const KeyRing>(std::vector<AccessKey>{key}));
  }

  // A request signed as the SDKs do in version 1.0.
  HttpRequest signed_request(const std::string& action, NameValues parameters,
                             const std::string& format = "JSON") {
    parameters.insert(parameters.end(), {{"Action", action},
                                         {"Version", "2018-01-20"},
                                         {"AccessKeyId", "testAK"},
                                         {"SignatureMethod", "HMAC-SHA1"},
                                         {"SignatureVersion", "1.0"},
                                         {"SignatureNonce", "nonce-" + std::to_string(++nonce)},
                                         {"Timestamp", utc_text(clock.wall()).substr(0, 19) + "Z"}});
    if (!format.empty()) parameters.emplace_back("Format", format);
    parameters.emplace_back("Signature", sign_v1(string_to_sign_v1("POST", parameters), "testSecret"));
    HttpRequest request;
    request.method = "POST";
    request.target = "/";
    request.headers = {{"host", "iot.example"}, {"content-type", "application/x-www-form-urlencoded"}};
    request.body = print_form(parameters);
    request.peer = "192.0.2.1:5000";
    return request;
  }

  HttpResponse answer_to(HttpRequest request) {
    std::optional<HttpResponse> response;
    service->handle(std::move(request), [&response](HttpResponse&& given) { response = std::move(given); });
    return response.value();
  }

  HttpResponse call(const std::string& action, NameValues parameters, const std::string& format = "JSON") {
    return answer_to(signed_request(action, std::move(parameters), format));
  }

  static boost::json::object json(const HttpResponse& response) {
    return boost::json::parse(response.body).as_object();
  }

  static std::string header(const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return {};
  }

  ManualClock clock;
  SeededRandom random{1};
  FakeEngine engine;
  FakeQueries queries;
  IdCodec codec{IdCodec::Key{1, 2, 3}};
  std::unique_ptr<ApiService> service;
  int nonce = 0;
};

TEST_F(Service, CreatesTheJobOfTheVendorsPage) {
  engine.outcome = engine::JobMade{JobId{42}};
  const HttpResponse response = call("CreateJob", job_parameters());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json;charset=utf-8");
  const auto body = json(response);
  EXPECT_TRUE(body.at("Success").as_bool());
  EXPECT_EQ(body.at("JobId").as_string(), codec.job_code(JobId{42}));
  EXPECT_THAT(std::string(body.at("RequestId").as_string()), ::testing::MatchesRegex(kUuid));
  ASSERT_EQ(engine.requests.size(), 1u);
  EXPECT_EQ(std::get<engine::CreateJob>(engine.requests[0]).settings.in_progress_timeout_minutes, 5);
  EXPECT_EQ(engine.actors[0].instance, InstanceId{7});
  EXPECT_EQ(engine.actors[0].access_key_id, "testAK");
  EXPECT_EQ(engine.actors[0].source_address, "192.0.2.1:5000");
  EXPECT_EQ(engine.actors[0].request_id, body.at("RequestId").as_string());
  EXPECT_EQ(header(response, "x-rollcall-warning"), "");
}

TEST_F(Service, AnswersInXmlWhenAskedOrWhenFormatIsAbsent) {
  for (const char* format : {"XML", "xml", ""}) {
    engine.outcome = engine::JobMade{JobId{42}};
    const HttpResponse response = call("CreateJob", job_parameters(), format);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "text/xml;charset=utf-8");
    EXPECT_NE(response.body.find("<CreateJobResponse><RequestId>"), std::string::npos) << response.body;
    EXPECT_NE(response.body.find("<JobId>" + codec.job_code(JobId{42}) + "</JobId>"), std::string::npos)
        << response.body;
    EXPECT_NE(response.body.find("<Success>true</Success>"), std::string::npos) << response.body;
  }
}

TEST_F(Service, AnswersABusinessFailureWithStatus200) {
  engine.error = Error(ErrorCode::NotExistedProduct);
  const HttpResponse response = call("CreateJob", job_parameters());
  EXPECT_EQ(response.status, 200);
  const auto body = json(response);
  EXPECT_FALSE(body.at("Success").as_bool());
  EXPECT_EQ(body.at("Code").as_string(), "iot.prod.NotExistedProduct");
  EXPECT_EQ(body.at("ErrorMessage").as_string(), "The product does not exist.");
  EXPECT_EQ(body.if_contains("JobId"), nullptr);
  EXPECT_EQ(service->probe().business_failures.value(), 1u);
}

TEST_F(Service, SpeaksChineseWhenSetSo) {
  ApiConfig config;
  config.chinese = true;
  restart(config);
  engine.error = Error(ErrorCode::NotExistedProduct);
  EXPECT_EQ(json(call("CreateJob", job_parameters())).at("ErrorMessage").as_string(), "产品不存在");
}

TEST_F(Service, AnswersAMissingParameterAsTheGatewayDoes) {
  NameValues parameters = job_parameters();
  parameters.erase(parameters.begin());
  const HttpResponse response = call("CreateJob", parameters);
  EXPECT_EQ(response.status, 400);
  const auto body = json(response);
  EXPECT_EQ(body.at("Code").as_string(), "MissingJobName");
  EXPECT_EQ(body.at("Message").as_string(), "JobName is mandatory for this action.");
  EXPECT_EQ(body.if_contains("Success"), nullptr);
  EXPECT_EQ(service->probe().gateway_failures.value(), 1u);
  EXPECT_TRUE(engine.requests.empty());
}

TEST_F(Service, DoesNotKnowOtherActions) {
  const HttpResponse response = call("CreateJobs", job_parameters());
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(json(response).at("Code").as_string(), "InvalidAction.NotFound");
}

TEST_F(Service, RefusesABadSignatureAndEveryActionWithoutOne) {
  HttpRequest forged = signed_request("CreateJob", job_parameters());
  forged.body += "&JobName=other";
  const HttpResponse response = answer_to(forged);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(json(response).at("Code").as_string(), "SignatureDoesNotMatch");
  for (const ActionRow& row : action_table()) {
    HttpRequest bare;
    bare.method = "GET";
    bare.target = "/?Action=" + std::string(row.name) + "&Version=2018-01-20&Format=JSON";
    const HttpResponse refused = answer_to(bare);
    EXPECT_GE(refused.status, 400) << row.name;
    EXPECT_EQ(json(refused).if_contains("Success"), nullptr) << row.name;
  }
  EXPECT_TRUE(engine.requests.empty());
  EXPECT_EQ(queries.runs, 0);
}

TEST_F(Service, RefusesAReplayedRequest) {
  engine.outcome = engine::JobMade{JobId{42}};
  const HttpRequest request = signed_request("CreateJob", job_parameters());
  EXPECT_EQ(answer_to(request).status, 200);
  const HttpResponse again = answer_to(request);
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(json(again).at("Code").as_string(), "SignatureNonceUsed");
  EXPECT_EQ(engine.requests.size(), 1u);
}

TEST_F(Service, NamesUnknownParametersInAHeader) {
  engine.outcome = engine::JobMade{JobId{42}};
  NameValues parameters = job_parameters();
  parameters.emplace_back("JobNam", "x");
  parameters[4].second = R"({"maximumPerMinutes":100})";
  const HttpResponse response = call("CreateJob", parameters);
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(json(response).at("Success").as_bool());
  EXPECT_EQ(header(response, "x-rollcall-warning"),
            "unknown parameters: JobNam, RolloutConfig.maximumPerMinutes");
  EXPECT_EQ(service->probe().unknown_parameters.value(), 2u);
}

TEST_F(Service, RefusesUnknownParametersWhenStrict) {
  ApiConfig config;
  config.strict = true;
  restart(config);
  NameValues parameters = job_parameters();
  parameters[4].second = R"({"maximumPerMinutes":100})";
  const auto body = json(call("CreateJob", parameters));
  EXPECT_FALSE(body.at("Success").as_bool());
  EXPECT_EQ(body.at("Code").as_string(), "iot.common.InvalidFormattedParameter");
  EXPECT_NE(std::string(body.at("ErrorMessage").as_string()).find("RolloutConfig.maximumPerMinutes"),
            std::string::npos);
  const auto query = json(call("ListJob", {{"PageSize", "1"}, {"CurrentPage", "1"}, {"Order", "asc"}}));
  EXPECT_FALSE(query.at("Success").as_bool());
  EXPECT_TRUE(engine.requests.empty());
  EXPECT_EQ(queries.runs, 0);
}

TEST_F(Service, TakesTheInstanceOfTheConfigurationAndNoOtherUnlessToldTo) {
  engine.outcome = engine::JobMade{JobId{42}};
  NameValues parameters = job_parameters();
  parameters.emplace_back("IotInstanceId", "iot-foreign");
  ApiConfig config;
  config.accept_any_instance = true;
  restart(config);
  EXPECT_TRUE(json(call("CreateJob", parameters)).at("Success").as_bool());
  config.accept_any_instance = false;
  config.instance_id = "iot-own";
  restart(config);
  EXPECT_EQ(json(call("CreateJob", parameters)).at("Code").as_string(), "iot.system.InstanceNotFound");
  parameters.back().second = "iot-own";
  EXPECT_TRUE(json(call("CreateJob", parameters)).at("Success").as_bool());
  parameters.pop_back();
  EXPECT_TRUE(json(call("CreateJob", parameters)).at("Success").as_bool());
}

TEST_F(Service, AnswersWhatIsNoRequestAsTheGatewayDoes) {
  const std::pair<int, const char*> cases[] = {{400, "InvalidRequest"},
                                               {408, "InvalidRequest"},
                                               {413, "RequestTooLarge"},
                                               {431, "RequestTooLarge"},
                                               {504, "InternalError"}};
  for (const auto& [status, code] : cases) {
    const HttpResponse response = service->refusal(status, "the reason");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(json(response).at("Code").as_string(), code);
    EXPECT_EQ(json(response).at("Message").as_string(), "the reason");
    EXPECT_FALSE(json(response).contains("HostId"));
  }
}

TEST_F(Service, AnswersABusyEngineWithStatus503) {
  engine.full = true;
  const HttpResponse response = call("CreateJob", job_parameters());
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(json(response).at("Code").as_string(), "ServiceUnavailable");
}

TEST_F(Service, SendsRefusedNamesBesideTheError) {
  engine::NamesRefused refused;
  refused.invalid_names = {"a b"};
  engine.outcome = refused;
  const HttpResponse response =
      call("BatchCheckDeviceNames", {{"ProductKey", "p1"}, {"DeviceName.1", "a b"}});
  EXPECT_EQ(response.status, 200);
  const auto body = json(response);
  EXPECT_FALSE(body.at("Success").as_bool());
  EXPECT_EQ(body.at("Code").as_string(), "iot.device.InvalidFormattedDeviceName");
  EXPECT_EQ(body.at("Data").at("InvalidDeviceNameList").at("InvalidDeviceName").at(0).as_string(), "a b");
}

TEST_F(Service, AnswersAQueryInItsEnvelope) {
  Node data;
  data.add("Total", 5);
  Node fields;
  fields.add("Data", std::move(data));
  queries.answer = fields;
  const auto body = json(call("QueryJobStatistics", {{"JobId", codec.job_code(JobId{42})}}));
  EXPECT_TRUE(body.at("Success").as_bool());
  EXPECT_EQ(body.at("Data").at("Total").as_int64(), 5);
}

TEST_F(Service, FollowsTheAccessKeys) {
  service->set_keys(std::make_shared<const KeyRing>(std::vector<AccessKey>()));
  const HttpResponse response = call("CreateJob", job_parameters());
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(json(response).at("Code").as_string(), "InvalidAccessKeyId.NotFound");
}

TEST_F(Service, RefusesABodyThatIsNoForm) {
  HttpRequest request = signed_request("CreateJob", job_parameters());
  request.headers[1].second = "application/json";
  const HttpResponse response = answer_to(request);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(json(response).at("Code").as_string(), "InvalidRequest");
}

}  // namespace
}  // namespace rollcall::api
