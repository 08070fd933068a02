// Who may call what, about which instance, and how often: the service's checks of the caller.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/fake_ports.hpp"
#include "api/service.hpp"
#include "base/request_signing.hpp"

namespace rollcall::api {
namespace {

using ::testing::HasSubstr;

constexpr AccountId kOther{2};
constexpr InstanceId kSecond{2};
constexpr InstanceId kOthers{3};

AccessKey key_of(const char* id, AccountId account, const char* user, bool administrator) {
  AccessKey key;
  key.id = id;
  key.secret = Secret("secret");
  key.account = account;
  key.user = user;
  key.administrator = administrator;
  return key;
}

AccessDirectory directory() {
  AccessDirectory all;
  all.accounts = {{kFirstAccount, "default", kFirstInstance, {}}, {kOther, "other", kOthers, {}}};
  all.instances = {{kFirstInstance, kFirstAccount, "", {}},
                   {kSecond, kFirstAccount, "iot-second", {}},
                   {kOthers, kOther, "iot-others", {}}};
  all.aliases = {{"iot-alias", kSecond}};
  all.users = {{kFirstAccount, "viewer", "iot:Query* ListJob", {}}};
  all.keys = {key_of("admin", kFirstAccount, "", true), key_of("plain", kFirstAccount, "", false),
              key_of("viewer", kFirstAccount, "viewer", false), key_of("other", kOther, "", false)};
  return all;
}

class ServiceAccess : public ::testing::Test {
 protected:
  void SetUp() override { restart({}); }
  void restart(ApiConfig config) {
    service = std::make_unique<ApiService>(ApiService::Surroundings{engine, queries, clock, random},
                                           IdCodec::Key{1, 2, 3}, std::move(config));
    service->set_access(directory());
  }

  HttpResponse call(const std::string& key, const std::string& action, NameValues parameters = {}) {
    parameters.insert(parameters.end(), {{"Action", action},
                                         {"Version", "2018-01-20"},
                                         {"AccessKeyId", key},
                                         {"SignatureMethod", "HMAC-SHA1"},
                                         {"SignatureVersion", "1.0"},
                                         {"Format", "JSON"},
                                         {"SignatureNonce", "nonce-" + std::to_string(++nonce)},
                                         {"Timestamp", utc_text(clock.wall()).substr(0, 19) + "Z"}});
    parameters.emplace_back("Signature", sign_v1(string_to_sign_v1("POST", parameters), "secret"));
    HttpRequest request;
    request.method = "POST";
    request.target = "/";
    request.headers = {{"host", "iot.example"}, {"content-type", "application/x-www-form-urlencoded"}};
    request.body = print_form(parameters);
    std::optional<HttpResponse> response;
    service->handle(std::move(request), [&response](HttpResponse&& given) { response = std::move(given); });
    return response.value();
  }
  // The instance that a call was about; none when it was refused.
  InstanceId instance_of(const std::string& key, NameValues parameters) {
    engine.outcome = engine::ProductMade{};
    parameters.insert(parameters.end(), {{"ProductName", "lamp"}, {"NodeType", "0"}});
    const size_t before = engine.actors.size();
    last = call(key, "CreateProduct", std::move(parameters));
    return engine.actors.size() > before ? engine.actors.back().instance : InstanceId{};
  }
  static std::string retry_after(const HttpResponse& response) {
    for (const auto& [key, value] : response.headers)
      if (key == "x-acs-retry-after") return value;
    return {};
  }

  ManualClock clock;
  SeededRandom random{1};
  FakeEngine engine;
  FakeQueries queries;
  std::unique_ptr<ApiService> service;
  HttpResponse last;
  int nonce = 0;
};

TEST_F(ServiceAccess, ACallIsAboutTheInstanceItNamesOrTheAccountsDefault) {
  EXPECT_EQ(instance_of("plain", {}), kFirstInstance);
  EXPECT_EQ(instance_of("plain", {{"IotInstanceId", "iot-second"}}), kSecond);
  EXPECT_EQ(instance_of("plain", {{"IotInstanceId", "iot-alias"}}), kSecond);
  EXPECT_EQ(instance_of("other", {}), kOthers);
  EXPECT_EQ(engine.actors.back().account, kOther);
}

TEST_F(ServiceAccess, AnInstanceOfAnotherAccountIsAsUnknownAsNone) {
  for (const char* code : {"iot-others", "iot-nowhere"}) {
    EXPECT_FALSE(instance_of("plain", {{"IotInstanceId", code}})) << code;
    EXPECT_EQ(last.status, 200);
    EXPECT_THAT(last.body, HasSubstr("\"Code\":\"iot.system.InstanceNotFound\""));
  }
  EXPECT_FALSE(instance_of("other", {{"IotInstanceId", "iot-alias"}}));
}

TEST_F(ServiceAccess, AnUnknownInstanceCanMeanTheDefaultButNeverAnothersInstance) {
  ApiConfig config;
  config.accept_any_instance = true;
  config.instance_id = "iot-mine";
  restart(config);
  EXPECT_EQ(instance_of("plain", {{"IotInstanceId", "iot-nowhere"}}), kFirstInstance);
  EXPECT_EQ(instance_of("plain", {{"IotInstanceId", "iot-others"}}), kFirstInstance);
  EXPECT_EQ(instance_of("plain", {{"IotInstanceId", "iot-mine"}}), kFirstInstance);
  EXPECT_EQ(instance_of("other", {{"IotInstanceId", "iot-mine"}}), kOthers);
}

TEST_F(ServiceAccess, ASubUserMayCallWhatItsPolicyAllows) {
  EXPECT_EQ(call("viewer", "QueryProduct", {{"ProductKey", "a1b2c3d4e5f"}}).status, 200);
  EXPECT_EQ(call("viewer", "ListJob", {{"PageSize", "5"}, {"CurrentPage", "1"}}).status, 200);
  const HttpResponse refused = call("viewer", "DeleteDevice", {{"ProductKey", "p"}, {"DeviceName", "d"}});
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("\"Code\":\"NoPermission\""));
  EXPECT_THAT(refused.body, HasSubstr("\"Message\":\"You are not authorized to do this action.\""));
  EXPECT_TRUE(engine.requests.empty());
}

TEST_F(ServiceAccess, ASubUserThatIsGoneMayCallNothing) {
  AccessDirectory all = directory();
  all.users.clear();
  service->set_access(all);
  EXPECT_EQ(call("viewer", "ListJob", {{"PageSize", "5"}, {"CurrentPage", "1"}}).status, 403);
}

TEST_F(ServiceAccess, AccountsAreForAdministratorsAlone) {
  for (const char* key : {"plain", "viewer", "other"})
    for (const char* action : {"ListAccess", "ChangeAccess"})
      EXPECT_EQ(call(key, action, {{"Operation", "CreateKey"}}).status, 403) << key << action;
  EXPECT_TRUE(engine.requests.empty());
  EXPECT_EQ(queries.runs, 0);
  EXPECT_EQ(call("admin", "ListAccess").status, 200);
}

TEST_F(ServiceAccess, AChangeActsFromTheNextCallOn) {
  AccessDirectory all = directory();
  std::erase_if(all.keys, [](const AccessKey& key) { return key.id == "plain"; });
  engine.outcome = engine::AccessChanged{std::make_shared<const AccessDirectory>(all), {}};
  EXPECT_EQ(call("admin", "ChangeAccess", {{"Operation", "DeleteKey"}, {"KeyId", "plain"}}).status, 200);
  EXPECT_THAT(call("plain", "ListJob").body, HasSubstr("InvalidAccessKeyId.NotFound"));
}

TEST_F(ServiceAccess, ANewKeyIsToldWithItsSecretOnce) {
  engine.outcome = engine::AccessChanged{std::make_shared<const AccessDirectory>(directory()),
                                         key_of("k", kOther, "", false)};
  const std::string created = call("admin", "ChangeAccess", {{"Operation", "CreateKey"}}).body;
  EXPECT_THAT(created, HasSubstr("\"KeyId\":\"k\""));
  EXPECT_THAT(created, HasSubstr("\"KeySecret\":\"secret\""));
  EXPECT_THAT(created, HasSubstr("\"Account\":\"other\""));
  const std::string disabled = call("admin", "ChangeAccess", {{"Operation", "DisableKey"}}).body;
  EXPECT_THAT(disabled, ::testing::Not(HasSubstr("secret")));
}

TEST_F(ServiceAccess, CallsThatComeTooFastAreToldWhenToComeBack) {
  const NameValues page{{"PageSize", "5"}, {"CurrentPage", "1"}};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(call("plain", "ListJob", page).status, 200);
  const HttpResponse refused = call("plain", "ListJob", page);
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("\"Code\":\"Throttling.User\""));
  EXPECT_THAT(refused.body, HasSubstr("\"Message\":\"Request was denied due to user flow control.\""));
  EXPECT_EQ(retry_after(refused), "200");
  EXPECT_EQ(queries.runs, 5);
  EXPECT_EQ(call("viewer", "ListJob", page).status, 400) << "sub-users share the account's quota";
  EXPECT_EQ(call("other", "ListJob", page).status, 200);
  EXPECT_EQ(call("plain", "QueryProductList", page).status, 200);
  clock.advance_ms(200);
  const HttpResponse passed = call("viewer", "ListJob", page);
  EXPECT_EQ(passed.status, 200);
  EXPECT_EQ(retry_after(passed), "");
}

TEST_F(ServiceAccess, ACallThatIsNotAllowedCostsTheAccountNothing) {
  for (int i = 0; i < 100; ++i) call("viewer", "CreateJob");
  EXPECT_THAT(call("plain", "CreateJob").body, HasSubstr("MissingJobName"));
}

TEST_F(ServiceAccess, ThrottlingCanBeSwitchedOff) {
  ApiConfig config;
  config.limits.qps_enabled = false;
  restart(config);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(call("plain", "ListJob", {{"PageSize", "5"}, {"CurrentPage", "1"}}).status, 200);
}

NameValues job(const char* token) {
  return {{"JobName", "lamps"},
          {"Type", "CUSTOM_JOB"},
          {"JobDocument", "{}"},
          {"TargetConfig", R"({"targetType":"PRODUCT_KEY","targetProduct":"a1b2c3d4e5f"})"},
          {"ClientToken", token}};
}

TEST_F(ServiceAccess, AClientTokenGoesWithADigestOfWhatWasAskedFor) {
  ApiConfig config;
  config.limits.qps_enabled = false;
  restart(config);
  engine.outcome = engine::JobMade{JobId{1}};
  call("plain", "CreateJob", job("token-1"));
  call("plain", "CreateJob", job("token-1"));
  NameValues other = job("token-1");
  other.emplace_back("Description", "else");
  call("plain", "CreateJob", other);
  NameValues elsewhere = job("token-1");
  elsewhere.emplace_back("IotInstanceId", "iot-second");
  call("plain", "CreateJob", elsewhere);
  call("plain", "CreateJob", job(""));
  ASSERT_EQ(engine.requests.size(), 5u);
  const auto sent = [this](size_t i) { return std::get<engine::CreateJob>(engine.requests[i]); };
  EXPECT_EQ(sent(0).client_token, "token-1");
  EXPECT_EQ(sent(0).request_digest, sent(1).request_digest);
  EXPECT_NE(sent(0).request_digest, sent(2).request_digest);
  EXPECT_NE(sent(0).request_digest, sent(3).request_digest);
  EXPECT_EQ(sent(4).client_token, "");
}

TEST_F(ServiceAccess, AnIllFormedClientTokenIsRefused) {
  ApiConfig config;
  config.limits.qps_enabled = false;
  restart(config);
  engine.outcome = engine::JobMade{JobId{1}};
  const std::string longest(64, 'x');
  EXPECT_THAT(call("plain", "CreateJob", job(longest.c_str())).body, HasSubstr("\"Success\":true"));
  for (const std::string& bad :
       {longest + "x", std::string("a b"), std::string("tab\t"), std::string("令牌")})
    EXPECT_THAT(call("plain", "CreateJob", job(bad.c_str())).body,
                HasSubstr("iot.common.InvalidFormattedParameter"))
        << bad;
  EXPECT_EQ(engine.requests.size(), 1u);
}

}  // namespace
}  // namespace rollcall::api
