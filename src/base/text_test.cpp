#include "base/text.hpp"

#include <gtest/gtest.h>

namespace rollcall {
namespace {

// Ill-formed UTF-8: overlong, surrogate, beyond U+10FFFF, cut short, stray continuation, forbidden bytes.
const char* const kIllFormed[] = {"\xc0\xaf",
                                  "\xc1\x80",
                                  "\xe0\x80\xaf",
                                  "\xf0\x80\x80\xaf",
                                  "\xed\xa0\x80",
                                  "\xed\xbf\xbf",
                                  "\xf4\x90\x80\x80",
                                  "\xf5\x80\x80\x80",
                                  "\xe4\xb8",
                                  "\xf0\x9f\x98",
                                  "\x80",
                                  "\xbf",
                                  "\xff",
                                  "\xfe",
                                  "a\xe4z\xb8",
                                  "\xc3"};

TEST(Utf8Length, CountsCodePoints) {
  EXPECT_EQ(utf8_length(""), 0u);
  EXPECT_EQ(utf8_length("abc"), 3u);
  EXPECT_EQ(utf8_length("测试"), 2u);
  EXPECT_EQ(utf8_length("é😀"), 2u);
  EXPECT_EQ(utf8_length("\xf4\x8f\xbf\xbf"), 1u);          // U+10FFFF
  EXPECT_EQ(utf8_length("\xed\x9f\xbf\xee\x80\x80"), 2u);  // on both sides of the surrogates
  EXPECT_EQ(utf8_length(std::string_view("\0", 1)), 1u);
}

TEST(Utf8Length, RefusesIllFormedText) {
  for (const char* text : kIllFormed) {
    EXPECT_FALSE(utf8_length(text)) << text;
    EXPECT_FALSE(utf8_length(std::string("a") + text)) << text;
  }
}

TEST(CjkWeightedLength, CountsAnIdeographTwice) {
  EXPECT_EQ(cjk_weighted_length("ab测试"), 6u);
  EXPECT_EQ(cjk_weighted_length("é😀"), 2u);
  EXPECT_EQ(cjk_weighted_length("㐀"), 2u);
  EXPECT_EQ(cjk_weighted_length(""), 0u);
  for (const char* text : kIllFormed) EXPECT_FALSE(cjk_weighted_length(text)) << text;
}

TEST(CharacterClasses, AllowLettersDigitsIdeographsAndTheExtras) {
  EXPECT_TRUE(is_cjk_letters_digits("Az09测_-", "_-"));
  EXPECT_TRUE(is_cjk_letters_digits("", ""));
  EXPECT_TRUE(is_letters_digits("Az09.", "."));
  EXPECT_TRUE(is_letters_digits("", ""));
}

TEST(CharacterClasses, RefuseEverythingElse) {
  for (const char* text : {"a b", "a-", "é", "。", "😀", "@", "[", "`", "{", "/", ":", "a\n"}) {
    EXPECT_FALSE(is_cjk_letters_digits(text, "_")) << text;
    EXPECT_FALSE(is_letters_digits(text, "_")) << text;
  }
  EXPECT_FALSE(is_letters_digits("测", "_"));
  EXPECT_FALSE(is_letters_digits(std::string_view("a\0", 2), "_"));
  for (const char* text : kIllFormed) {
    EXPECT_FALSE(is_cjk_letters_digits(text, "_")) << text;
    EXPECT_FALSE(is_letters_digits(text, "_")) << text;
  }
}

TEST(AsciiCase, TouchesAsciiLettersOnly) {
  EXPECT_EQ(ascii_lower("AZ@[`{É测"), "az@[`{É测");
  EXPECT_TRUE(ascii_iequal("HMAC-Sha1", "hmac-SHA1"));
  EXPECT_TRUE(ascii_iequal("", ""));
  EXPECT_FALSE(ascii_iequal("a", "aa"));
  EXPECT_FALSE(ascii_iequal("@", "`"));
  EXPECT_FALSE(ascii_iequal("[", "{"));
}

TEST(Trim, RemovesBlanksAtBothEnds) {
  EXPECT_EQ(trim(" \t\r\n a b \f\v"), "a b");
  EXPECT_EQ(trim("   "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("a"), "a");
}

TEST(ParseInt, ReadsTheWholeRange) {
  EXPECT_EQ(parse_int("0"), 0);
  EXPECT_EQ(parse_int("-7"), -7);
  EXPECT_EQ(parse_int("007"), 7);
  EXPECT_EQ(parse_int("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_int("-9223372036854775808"), INT64_MIN);
}

TEST(ParseInt, RefusesEverythingElse) {
  for (const char* text : {"", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "--1", "9223372036854775808",
                           "-9223372036854775809", "99999999999999999999999999", "abc", "1a", "١"})
    EXPECT_FALSE(parse_int(text)) << text;
  EXPECT_FALSE(parse_int(std::string_view("1\0", 2)));
}

// wire-protocol 1.3
TEST(PercentEncode, KeepsOnlyTheUnreserved) {
  EXPECT_EQ(percent_encode("AZaz09-_.~"), "AZaz09-_.~");
  EXPECT_EQ(percent_encode(" +*!'()/?&=%"), "%20%2B%2A%21%27%28%29%2F%3F%26%3D%25");
  EXPECT_EQ(percent_encode("测"), "%E6%B5%8B");
  EXPECT_EQ(percent_encode(std::string_view("\0\x7f\xff", 3)), "%00%7F%FF");
}

// wire-protocol 0.4
TEST(FormDecode, ReadsPlusAndEscapesInEitherCase) {
  EXPECT_EQ(form_decode("a+b%20c"), "a b c");
  EXPECT_EQ(form_decode("%e6%B5%8b(1)*~!"), "测(1)*~!");
  EXPECT_EQ(form_decode("%2B%25"), "+%");
  EXPECT_EQ(form_decode("%00"), std::string(1, '\0'));
  EXPECT_EQ(form_decode(""), "");
}

TEST(FormDecode, LeavesABrokenEscapeAsItIs) {
  EXPECT_EQ(form_decode("%"), "%");
  EXPECT_EQ(form_decode("%4"), "%4");
  EXPECT_EQ(form_decode("%zz"), "%zz");
  EXPECT_EQ(form_decode("%4z%41"), "%4zA");
  EXPECT_EQ(form_decode("%%41"), "%A");
  EXPECT_EQ(form_decode("%+1"), "% 1");
  EXPECT_EQ(form_decode("a%2"), "a%2");
}

TEST(FormDecode, UndoesPercentEncodeForEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(form_decode(percent_encode(bytes)), bytes);
}

TEST(ReplaceInvalidUtf8, KeepsWhatIsWellFormed) {
  EXPECT_EQ(replace_invalid_utf8("aé测😀\n"), "aé测😀\n");
  EXPECT_EQ(replace_invalid_utf8("a\xff"
                                 "b\xe4\xb8"),
            "a?b??");
  for (const char* text : kIllFormed) EXPECT_TRUE(utf8_length(replace_invalid_utf8(text))) << text;
}

TEST(Excerpt, ShortensAndHidesControls) {
  EXPECT_EQ(excerpt("short"), "short");
  EXPECT_EQ(excerpt("abcdef", 3), "abc...");
  EXPECT_EQ(excerpt("abc", 3), "abc");
  EXPECT_EQ(excerpt("测试文字", 2), "测试...");
  EXPECT_EQ(excerpt("a\nb\x1b[2J\x7f"), "a?b?[2J?");
  EXPECT_EQ(excerpt("\xc2\x9b"), "?");  // a C1 control
  EXPECT_EQ(excerpt("\xff\xfe"), "??");
  EXPECT_EQ(excerpt("x", 0), "...");
}

TEST(Text, KnowsControlCharactersFromThoseThatShapeLines) {
  for (const char* good : {"", "a b", "two\r\nlines\tand a tab", "\xe8\xae\xbe\xe5\xa4\x87", "\xc2\x85"})
    EXPECT_FALSE(holds_control_characters(good)) << good;
  for (const std::string& bad : {std::string(1, '\0'), std::string("a\0b", 3), std::string("\x01"),
                                 std::string("a\x1b[2J"), std::string("\x0b"), std::string("a\x7f")})
    EXPECT_TRUE(holds_control_characters(bad)) << percent_encode(bad);
}

}  // namespace
}  // namespace rollcall
