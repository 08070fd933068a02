#include "files/upload_ticket.hpp"

#include <gtest/gtest.h>

#include <map>

#include "base/crypto.hpp"

namespace rollcall::files {
namespace {

constexpr WallMs kUntil{1'700'000'000'000};
constexpr WallMs kBefore{kUntil.value - 1};
using Fields = std::map<std::string, std::string, std::less<>>;

Fields fields_of(const UploadTicket& ticket) {
  return {{"key", ticket.key},
          {"policy", ticket.policy},
          {"ossaccesskeyid", ticket.access_key_id},
          {"signature", ticket.signature},
          {"success_action_status", "200"}};
}

class UploadTicketsTest : public ::testing::Test {
 protected:
  std::string code(const Fields& fields, WallMs now = kBefore) const {
    const auto grant = tickets.check(
        [&](std::string_view name) {
          const auto found = fields.find(name);
          return found == fields.end() ? std::string() : found->second;
        },
        now);
    if (!grant) return std::to_string(grant.error().status) + " " + grant.error().code;
    return grant->key + " of " + std::to_string(grant->instance.value);
  }
  UploadTickets tickets{"secret"};
  Fields good = fields_of(tickets.make("job/ab/灯\".bin", InstanceId{7}, kUntil));
};

TEST_F(UploadTicketsTest, AreGoodForTheirKeyUntilTheirTimeIsOver) {
  EXPECT_EQ(code(good), "job/ab/灯\".bin of 7");
  EXPECT_EQ(code(good, kUntil), "403 AccessDenied");
  good["key"] = "job/ab/other.bin";
  EXPECT_EQ(code(good), "403 AccessDenied");
}

TEST_F(UploadTicketsTest, SayWhatAPolicyOfTheVendorSays) {
  const std::string policy = *base64_decode(good["policy"]);
  EXPECT_NE(policy.find(R"("expiration":"2023-11-14T22:13:20.000Z")"), std::string::npos) << policy;
  EXPECT_NE(policy.find(R"(["content-length-range",0,1048576000])"), std::string::npos) << policy;
}

TEST_F(UploadTicketsTest, CannotBeEdited) {
  std::string policy = *base64_decode(good["policy"]);
  policy.replace(policy.find("1700000000000"), 13, "1800000000000");
  good["policy"] = base64_encode(policy);
  EXPECT_EQ(code(good), "403 SignatureDoesNotMatch");
  good["signature"] = base64_encode(hmac(HashKind::Sha1, "guess", good["policy"]));
  EXPECT_EQ(code(good), "403 SignatureDoesNotMatch");
}

TEST_F(UploadTicketsTest, WantAllTheirFields) {
  const std::pair<const char*, const char*> codes[] = {{"key", "400 InvalidArgument"},
                                                       {"policy", "403 AccessDenied"},
                                                       {"ossaccesskeyid", "403 InvalidAccessKeyId"},
                                                       {"signature", "403 AccessDenied"}};
  for (const auto& [field, expected] : codes) {
    Fields without = good;
    without.erase(field);
    EXPECT_EQ(code(without), expected) << field;
  }
  good["key"] = std::string(600, 'k');
  EXPECT_EQ(code(good), "400 InvalidArgument");
}

TEST_F(UploadTicketsTest, AreThoseOfThisServer) {
  EXPECT_EQ(code(fields_of(UploadTickets("another").make("k", InstanceId{7}, kUntil))),
            "403 InvalidAccessKeyId");
  for (const std::string text : {"", "no JSON", "[]", "{}", R"({"until":"x","instance":1,"key":"k"})"}) {
    Fields fields = good;
    fields["policy"] = base64_encode(text);
    fields["signature"] = base64_encode(hmac(HashKind::Sha1, "secret", fields["policy"]));
    const std::string expected = text.empty() ? "403 AccessDenied" : "403 InvalidPolicyDocument";
    EXPECT_EQ(code(fields), expected) << text;
  }
}

}  // namespace
}  // namespace rollcall::files
