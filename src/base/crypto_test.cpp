#include "base/crypto.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace rollcall {
namespace {

std::string hex_hmac(HashKind kind, std::string_view key, std::string_view data) {
  return hex_lower(hmac(kind, key, data));
}

TEST(Digest, GivesThePublishedValues) {
  EXPECT_EQ(hex_lower(digest(HashKind::Md5, "")), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex_lower(digest(HashKind::Sha1, "abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex_lower(digest(HashKind::Sha256, "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, ForgetsTheTextBefore) {
  const std::string first = digest(HashKind::Sha256, "abc");
  digest(HashKind::Sha256, std::string(100'000, 'x'));
  EXPECT_EQ(digest(HashKind::Sha256, "abc"), first);
}

// RFC 2202 and RFC 4231, test case 2.
TEST(Hmac, GivesThePublishedValues) {
  const char* text = "what do ya want for nothing?";
  EXPECT_EQ(hex_hmac(HashKind::Md5, "Jefe", text), "750c783e6ab0b503eaa86e310a5db738");
  EXPECT_EQ(hex_hmac(HashKind::Sha1, "Jefe", text), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hex_hmac(HashKind::Sha256, "Jefe", text),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

// RFC 4231, test case 6: a key longer than the block is hashed first.
TEST(Hmac, HashesAKeyLongerThanABlock) {
  EXPECT_EQ(hex_hmac(HashKind::Sha256, std::string(131, '\xaa'),
                     "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, TakesAnEmptyKeyAndNotTheKeyBefore) {
  hmac(HashKind::Sha1, "a key of the call before", "text");
  EXPECT_EQ(hex_hmac(HashKind::Sha1, "", ""), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
  EXPECT_EQ(hex_hmac(HashKind::Md5, std::string_view(), std::string_view()),
            "74e6f7298a9c2d168935f58c001bad88");
  EXPECT_EQ(hex_hmac(HashKind::Sha256, "", ""),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hmac, WorksInSeveralThreadsAtOnce) {
  const std::string expected = hmac(HashKind::Sha256, "key", "data");
  int wrong[2] = {0, 0};
  const auto run = [&](int& count) {
    for (int i = 0; i < 2000; ++i) {
      hmac(HashKind::Sha256, std::to_string(i), "other");
      count += hmac(HashKind::Sha256, "key", "data") != expected;
    }
  };
  std::thread first(run, std::ref(wrong[0]));
  std::thread second(run, std::ref(wrong[1]));
  first.join();
  second.join();
  EXPECT_EQ(wrong[0] + wrong[1], 0);
}

TEST(ConstantTimeEqual, ComparesContentAndLength) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "bbc"));
  EXPECT_FALSE(constant_time_equal("abc", "ab"));
  EXPECT_FALSE(constant_time_equal("", "a"));
}

TEST(Hex, GoesBothWaysInEitherCase) {
  const std::string bytes("\x00\x7f\x80\xff", 4);
  EXPECT_EQ(hex_lower(bytes), "007f80ff");
  EXPECT_EQ(hex_decode("007F80fF"), bytes);
  EXPECT_EQ(hex_decode(""), "");
}

TEST(Hex, RefusesOddLengthAndForeignCharacters) {
  for (const char* text : {"0", "abc", "0g", "g0", " 0", "0 ", "0x", "\xff\xff"})
    EXPECT_FALSE(hex_decode(text)) << text;
}

// RFC 4648, section 10.
TEST(Base64, GivesThePublishedValuesBothWays) {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
  EXPECT_EQ(base64_encode("\xfb\xff\xfe"), "+//+");
}

TEST(Base64, CarriesZeroBytes) {
  const std::string zeros(5, '\0');
  EXPECT_EQ(base64_decode(base64_encode(zeros)), zeros);
}

TEST(Base64, RefusesWhatIsNotTheStandardAlphabetWithPadding) {
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "Z=g=", "=Zg=", "Zg==Zg==", "Zm9v\n", " Zm9", "Zm-_",
                           "Zm9vYg=a", "Zm9v====", "\xff\xff\xff\xff"})
    EXPECT_FALSE(base64_decode(text)) << text;
}

BlockCipher::Block block(std::string_view hex) {
  const std::string bytes = hex_decode(hex).value();
  BlockCipher::Block out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

// FIPS 197, appendix C.1.
TEST(BlockCipher, GivesThePublishedValueBothWays) {
  const BlockCipher cipher(block("000102030405060708090a0b0c0d0e0f"));
  const auto plain = block("00112233445566778899aabbccddeeff");
  const auto coded = block("69c4e0d86a7b0430d8cdb78070b4c55a");
  EXPECT_EQ(cipher.encrypt(plain), coded);
  EXPECT_EQ(cipher.decrypt(coded), plain);
}

TEST(BlockCipher, TreatsEachBlockAlone) {
  const BlockCipher cipher(block("000102030405060708090a0b0c0d0e0f"));
  const auto plain = block("00112233445566778899aabbccddeeff");
  const auto once = cipher.encrypt(plain);
  cipher.encrypt(once);
  cipher.decrypt(plain);
  EXPECT_EQ(cipher.encrypt(plain), once);
}

}  // namespace
}  // namespace rollcall
