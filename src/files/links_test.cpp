#include "files/links.hpp"

#include <gtest/gtest.h>

namespace rollcall::files {
namespace {

const std::string kSha(64, 'a');
constexpr WallMs kUntil{1'700'000'000'000};
const FileLinks kLinks("secret", "https://files.example:8443/base");

std::string target_of(const std::string& link) { return link.substr(link.find("/files/")); }

TEST(FileLinks, OpenWhatTheyWereMadeFor) {
  const std::string link = kLinks.link(kSha, "固件 1&2.bin", "job=7", kUntil);
  EXPECT_TRUE(link.starts_with("https://files.example:8443/base/files/" + kSha + "/%E5%9B%BA"));
  EXPECT_NE(link.find("?Expires=1700000000&OSSAccessKeyId=job%3D7&Signature="), std::string::npos);
  const auto grant = kLinks.check(target_of(link), WallMs{kUntil.value - 1});
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->sha256, kSha);
  EXPECT_EQ(grant->name, "固件 1&2.bin");
  EXPECT_EQ(grant->holder, "job=7");
}

TEST(FileLinks, EndWithTheirTime) {
  EXPECT_FALSE(kLinks.check(target_of(kLinks.link(kSha, "a.bin", "7", kUntil)), kUntil));
}

TEST(FileLinks, OpenNothingWhenAnyByteIsAnother) {
  const std::string target = target_of(kLinks.link(kSha, "a.bin", "7", kUntil));
  for (size_t i = 0; i < target.size(); ++i) {
    std::string changed = target;
    changed[i] = changed[i] == '1' ? '2' : '1';
    EXPECT_FALSE(kLinks.check(changed, WallMs{0})) << changed;
    EXPECT_FALSE(kLinks.check(target.substr(0, i), WallMs{0})) << i;
  }
  EXPECT_FALSE(FileLinks("another", "").check(target, WallMs{0}));
  EXPECT_FALSE(kLinks.check(FileLinks("secret", "").link("../../etc", "passwd", "7", kUntil), WallMs{0}))
      << "what was signed is still looked at";
}

TEST(FileLinks, KnowADigest) {
  EXPECT_TRUE(is_sha256(std::string(64, '0')));
  for (const std::string& text :
       {std::string(63, '0'), std::string(64, 'A'), std::string(64, 'g'), std::string()})
    EXPECT_FALSE(is_sha256(text)) << text;
}

}  // namespace
}  // namespace rollcall::files
