#include "api/device_registration.hpp"

#include <gtest/gtest.h>

#include "api/fake_ports.hpp"
#include "base/crypto.hpp"

namespace rollcall::api {
namespace {

// The form as the C SDK writes it (device-protocol 3.1).
std::string form(HashKind kind = HashKind::Sha256, std::string_view method = "hmacsha256",
                 std::string_view secret = "ps") {
  return "productKey=a1pk&deviceName=dev1&random=8Ygb7ULYh53B6OA&sign=" +
         hex_lower(hmac(kind, secret, "deviceNamedev1productKeya1pkrandom8Ygb7ULYh53B6OA")) +
         "&signMethod=" + std::string(method);
}

struct Registration : testing::Test {
  FakeEngine engine;
  DeviceRegistration registration{engine};

  std::string post(std::string body, std::string method = "POST") {
    HttpRequest request;
    request.method = std::move(method);
    request.target = "/auth/register/device";
    request.body = std::move(body);
    std::string answer = "none";
    registration.handle(std::move(request), [&](HttpResponse&& response) {
      EXPECT_EQ(response.status, 200);
      answer = response.body;
    });
    return answer;
  }
};

TEST_F(Registration, GivesTheSecretForTheRightSignature) {
  engine.outcome = engine::RegistrationFound{Secret("ps"), Secret("ds")};
  const std::string given =
      R"({"code":200,"data":{"productKey":"a1pk","deviceName":"dev1","deviceSecret":"ds"},)"
      R"("message":"success"})";
  EXPECT_EQ(post(form()), given);
  EXPECT_EQ(post(form(HashKind::Sha1, "hmacsha1")), given);
  EXPECT_EQ(post(form(HashKind::Md5, "HmacMD5")), given);
}

TEST_F(Registration, RefusesAWrongSignature) {
  engine.outcome = engine::RegistrationFound{Secret("ps"), Secret("ds")};
  const std::string refused = R"({"code":460,"data":{},"message":"the signature does not match"})";
  EXPECT_EQ(post(form(HashKind::Sha256, "hmacsha256", "other")), refused);
  EXPECT_EQ(post(form(HashKind::Sha256, "hmacsha1")), refused);
  engine.outcome = engine::RegistrationFound{Secret(""), Secret("ds")};
  EXPECT_EQ(post(form(HashKind::Sha256, "hmacsha256", "")), refused);
}

TEST_F(Registration, NamesWhatIsWrongWithTheForm) {
  EXPECT_EQ(post("", "GET"), R"({"code":460,"data":{},"message":"the method is POST"})");
  EXPECT_EQ(post(""), R"({"code":460,"data":{},"message":"productKey is absent or empty"})");
  EXPECT_EQ(post("productKey=a&productKey=b"),
            R"({"code":460,"data":{},"message":"productKey is given twice"})");
  EXPECT_NE(post(form(HashKind::Md5, "md5")).find("signMethod is"), std::string::npos);
  EXPECT_NE(post("productKey=a&deviceName=b&random=c&signMethod=hmacmd5&sign=xyz").find("hex"),
            std::string::npos);
  EXPECT_NE(post(std::string(5'000, 'a')).find("longer than 4096"), std::string::npos);
  std::string many;
  for (int i = 0; i < 20; ++i) many += "f" + std::to_string(i) + "=1&";
  EXPECT_NE(post(many).find("at most 16 fields"), std::string::npos);
  EXPECT_TRUE(engine.requests.empty());
}

TEST_F(Registration, TellsWhyTheEngineRefuses) {
  engine.error = Error(ErrorCode::NotExistedDevice, "dynamic registration is off");
  EXPECT_EQ(post(form()), R"({"code":460,"data":{},"message":"dynamic registration is off"})");
  engine.full = true;
  EXPECT_EQ(post(form()), R"({"code":500,"data":{},"message":"the server is overloaded; try again"})");
}

}  // namespace
}  // namespace rollcall::api
