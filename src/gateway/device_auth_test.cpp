#include "gateway/device_auth.hpp"

#include <gtest/gtest.h>

namespace rollcall::gateway {
namespace {

using mqtt::ConnectCode;

mqtt::ConnectView connect(std::string_view client_id, std::string_view user, std::string_view password) {
  mqtt::ConnectView view;
  view.client_id = client_id;
  view.user_name = user;
  view.password = password;
  return view;
}

bool accepts(std::string_view client_id, std::string_view user, std::string_view password,
             std::string_view secret) {
  const auto login = parse_login(connect(client_id, user, password));
  return login && password_matches(*login, Secret(std::string(secret)));
}

ConnectCode refusal(std::string_view client_id, std::string_view user = "dev1&a1pk",
                    std::string_view password = "00") {
  const auto login = parse_login(connect(client_id, user, password));
  return login ? ConnectCode::Accepted : login.error().code;
}

TEST(DeviceAuth, AcceptsVectorV1OfTheCLinkSdk4) {
  EXPECT_TRUE(
      accepts("a1pk.dev1|timestamp=2524608000000,_ss=1,_v=sdk-c-4.1.0,securemode=3,signmethod=hmacsha256,ext="
              "3,_conn=tls_0|",
              "dev1&a1pk", "289FD61F7D62B57592AC14E13F17BA6362461289EDDB73815304B6FA19072875", "secret"));
}

TEST(DeviceAuth, AcceptsVectorV2OfTheNodeSdk) {
  EXPECT_TRUE(
      accepts("a1pk&dev1|securemode=3,signmethod=hmacsha1,timestamp=1795374566660,lan=NodeJS,_v=1.2.8|",
              "dev1&a1pk", "a770de268790bdc0be11138d0090169e071ea631", "secret"));
}

TEST(DeviceAuth, AcceptsVectorV3OfTheCSdk3AndRefusesItsEmptyKey) {
  const char* id =
      "a1RIsMLz2BJ.example1|timestamp=2524608000000,_v=sdk-c-3.2.0,securemode=3,signmethod=hmacsha256,lan=C,_"
      "ss=1,gw=0,ext=0|";
  const char* secret = "RDXf67itLqZCwdMCRrw0N5FHbv5D7jrE";
  EXPECT_TRUE(accepts(id, "example1&a1RIsMLz2BJ",
                      "962B1892E19A9BB0F740F6F5AC0769674D52F4AE30D138572C00CA2E56D8EFB6", secret));
  const char* empty_key = "9DE05C2244FF5EA5ABA47F0F5ABFA8C78A59BBE35BCCEF24F87B00A4291C5D40";
  EXPECT_FALSE(accepts(id, "example1&a1RIsMLz2BJ", empty_key, secret));
  EXPECT_FALSE(accepts(id, "example1&a1RIsMLz2BJ", empty_key, ""))
      << "a device without a secret cannot log in";
}

TEST(DeviceAuth, AcceptsVectorV4OfTheVendorsArticle) {
  EXPECT_TRUE(accepts("SN1928339|securemode=3,signmethod=hmacsha1,timestamp=1539421321846|",
                      "light1983432&a14Xib5kdYd", "b2488041f64f425016b467ee1c94959ebd592ad1",
                      "oLyaKqVxtRvjH284LdhqVgVUx1UPy6zq"));
}

TEST(DeviceAuth, AcceptsVectorV5WithEachAlgorithm) {
  EXPECT_TRUE(accepts("12345|signmethod=hmacmd5,timestamp=789|", "device&pk",
                      "14b198324fe55e1d3c88f2e705e201ee", "secret"));
  EXPECT_TRUE(accepts("12345|timestamp=789|", "device&pk", "14b198324fe55e1d3c88f2e705e201ee", "secret"))
      << "md5 is the default";
  EXPECT_TRUE(accepts("12345|signmethod=hmacsha1,timestamp=789|", "device&pk",
                      "fafd82a3d602b37fb0fa8b7892f24a477f851a14", "secret"));
  const char* sha256 = "6074a46a91b1ebb2cc4ea42790ad0e80202c9843859fc292e57c4eb19fad9e57";
  EXPECT_TRUE(accepts("12345|signmethod=hmacsha256,timestamp=789|", "device&pk", sha256, "secret"));
  EXPECT_TRUE(accepts("12345|signmethod=sha256,timestamp=789|", "device&pk", sha256, "secret"));
  EXPECT_FALSE(accepts("12345|signmethod=hmacsha1,timestamp=789|", "device&pk", sha256, "secret"));
}

TEST(DeviceAuth, AcceptsVectorV6WithoutIdAndTimestamp) {
  EXPECT_TRUE(
      accepts("|signmethod=hmacsha1|", "device&pk", "ef1338106ebf173868958116f51797c8b9149855", "secret"));
}

TEST(DeviceAuth, AcceptsASignedEmptyClientId) {
  const std::string signature =
      hex_lower(hmac(HashKind::Sha1, "secret", "clientIddeviceNamedeviceproductKeypk"));
  EXPECT_TRUE(accepts("|signmethod=hmacsha1|", "device&pk", signature, "secret"));
}

TEST(DeviceAuth, SignsTheTimestampOnlyWhenItIsGiven) {
  // The Java and Android SDKs send none.
  const std::string signature =
      hex_lower(hmac(HashKind::Sha1, "secret", "clientIddev1&a1pkdeviceNamedev1productKeya1pk"));
  EXPECT_TRUE(accepts("dev1&a1pk|securemode=2,_v=1,lan=Android,signmethod=hmacsha1,ext=1|", "dev1&a1pk",
                      signature, "secret"));
  EXPECT_FALSE(accepts("dev1&a1pk|signmethod=hmacsha1,timestamp=1|", "dev1&a1pk", signature, "secret"));
}

TEST(DeviceAuth, Rule8ToleratesOrderUnknownKeysBlanksAndLineBreaks) {
  const char* signature = "a770de268790bdc0be11138d0090169e071ea631";
  for (const char* id : {
           "a1pk&dev1|timestamp=1795374566660,signmethod=hmacsha1,securemode=3|",
           "a1pk&dev1|securemode=3,\n        signmethod=hmacsha1,\n        timestamp=1795374566660|",
           "a1pk&dev1| securemode = 3 , whatever=x=y, signmethod = hmacsha1 , timestamp = 1795374566660 |",
           "a1pk&dev1|signmethod=hmacsha1,timestamp=1795374566660",
           "a1pk&dev1|,signmethod=hmacsha1,,timestamp=1795374566660,|",
           "a1pk&dev1|signmethod=HmacSha1,timestamp=1795374566660|",
       })
    EXPECT_TRUE(accepts(id, "dev1&a1pk", signature, "secret")) << id;
}

TEST(DeviceAuth, Rule9ComparesThePasswordWithoutRegardToCase) {
  EXPECT_TRUE(accepts("12345|timestamp=789|", "device&pk", "14B198324FE55E1D3C88F2E705E201EE", "secret"));
  EXPECT_TRUE(accepts("12345|timestamp=789|", "device&pk", "14b198324fe55e1d3c88f2e705E201EE", "secret"));
}

TEST(DeviceAuth, RefusesWrongPasswords) {
  for (const char* password : {"", "14b198324fe55e1d3c88f2e705e201ef", "14b198324fe55e1d3c88f2e705e201", "zz",
                               "1", "14b198324fe55e1d3c88f2e705e201ee00"})
    EXPECT_FALSE(accepts("12345|timestamp=789|", "device&pk", password, "secret")) << password;
  EXPECT_FALSE(accepts("12345|timestamp=789|", "device&pk", "14b198324fe55e1d3c88f2e705e201ee", "Secret"));
  EXPECT_FALSE(accepts("12346|timestamp=789|", "device&pk", "14b198324fe55e1d3c88f2e705e201ee", "secret"));
}

TEST(DeviceAuth, Rule2TakesTheIdentityFromTheUserName) {
  const auto login = parse_login(connect("somebody.else|_ss=1|", "dev1&a1pk", "00"));
  ASSERT_TRUE(login);
  EXPECT_EQ(login->device_name, "dev1");
  EXPECT_EQ(login->product_key, "a1pk");
  EXPECT_EQ(login->client_id, "somebody.else");
}

TEST(DeviceAuth, ReadsHowTheDeviceWantsItsMessages) {
  const auto mode = [](std::string_view id) { return parse_login(connect(id, "dev1&a1pk", "00"))->mode; };
  EXPECT_EQ(mode("x|_ss=1,ext=3|"), (alink::SubscriptionMode{true, true}));
  EXPECT_EQ(mode("x|_ss=1,ext=0|"), (alink::SubscriptionMode{true, false}));
  EXPECT_EQ(mode("x|_ss=0,ext=2|"), (alink::SubscriptionMode{false, false}));
  EXPECT_EQ(mode("x|ext=1|"), (alink::SubscriptionMode{false, true}));
  EXPECT_EQ(mode("x|ext=many|"), (alink::SubscriptionMode{false, false}));
  EXPECT_EQ(mode("x"), (alink::SubscriptionMode{false, false}));
}

TEST(DeviceAuth, RefusesMalformedClientIds) {
  EXPECT_EQ(refusal(std::string(65, 'x')), ConnectCode::IdentifierRejected);
  EXPECT_EQ(refusal(std::string(64, 'x')), ConnectCode::Accepted);
  EXPECT_EQ(refusal("x|" + std::string(1100, 'y') + "=1|"), ConnectCode::IdentifierRejected);
  EXPECT_EQ(refusal("x|nonsense|"), ConnectCode::IdentifierRejected);
  EXPECT_EQ(refusal("x|signmethod=crc32|"), ConnectCode::IdentifierRejected);
}

TEST(DeviceAuth, RefusesUserNamesThatAreNoPair) {
  for (const char* user :
       {"", "dev1", "&", "dev1&", "&a1pk", "dev1&a1pk&x", "de/v1&a1pk", "dev1&a1+pk", "#&a1pk", "dev 1&a1pk"})
    EXPECT_EQ(refusal("x", user), ConnectCode::BadUserOrPassword) << user;
  EXPECT_EQ(refusal("x", std::string(65, 'd') + "&a1pk"), ConnectCode::BadUserOrPassword);
  EXPECT_EQ(refusal("x", "dev1&a1pk", std::string(65, '0')), ConnectCode::BadUserOrPassword);
  mqtt::ConnectView nameless;
  nameless.client_id = "x";
  EXPECT_EQ(parse_login(nameless).error().code, ConnectCode::BadUserOrPassword);
}

TEST(DeviceAuth, RefusesAnUnknownKindOfLoginWithTheCodeForBadCredentials) {
  EXPECT_EQ(refusal("x|authType=magic,random=1,signmethod=hmacsha256|"), ConnectCode::BadUserOrPassword);
  EXPECT_EQ(refusal("x|authType=register,random=1,signmethod=hmacsha256|"), ConnectCode::Accepted);
}

}  // namespace
}  // namespace rollcall::gateway
