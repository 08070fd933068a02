#include "base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.hpp"

namespace rollcall {
namespace {

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string refusal(std::string_view text) {
  auto parsed = parse_json(text);
  const Status checked = check_json(text);  // says the same, word for word
  EXPECT_EQ(checked ? "" : checked.error().message, parsed ? "" : parsed.error().message) << text;
  if (parsed) return "";
  EXPECT_EQ(parsed.error().code, ErrorCode::InvalidFormattedParameter);
  return parsed.error().message;
}

TEST(ParseJson, ReadsEveryKindOfValue) {
  const auto value = parse_json(" {\"a\":[1,-2.5e3,true,false,null,\"x\\u00e9\\ud83d\\ude00\"],\"b\":{}} \n");
  ASSERT_TRUE(value);
  const auto& list = value->at("a").as_array();
  EXPECT_EQ(list[0].as_int64(), 1);
  EXPECT_EQ(list[1].as_double(), -2500.0);
  EXPECT_EQ(list[2].as_bool(), true);
  EXPECT_TRUE(list[4].is_null());
  EXPECT_EQ(list[5].as_string(), "xé😀");
  EXPECT_TRUE(value->at("b").as_object().empty());
  for (const char* text : {"1", "\"\"", "null", "[]", "{}", "\t0\r\n"}) EXPECT_TRUE(parse_json(text)) << text;
}

TEST(ParseJson, RefusesWhatRfc8259DoesNotKnow) {
  for (const char* text : {"",           " ",
                           "{",          "}",
                           "[1,]",       "{\"a\":1,}",
                           "{a:1}",      "{'a':1}",
                           "{\"a\"}",    "{\"a\":}",
                           "[1 2]",      "01",
                           "+1",         ".5",
                           "1.",         "1e",
                           "0x1",        "NaN",
                           "Infinity",   "-",
                           "tru",        "True",
                           "nul",        "\"",
                           "\"a",        "\"\\x\"",
                           "\"\\u12\"",  "\"a\nb\"",
                           "\"\x01\"",   "// c\n1",
                           "/* c */1",   "[1]]",
                           "{}{}",       "1 2",
                           "1\f",        "\v1",
                           "{\"a\":1}x", "\xef\xbb\xbf{}",
                           "{\"a\" 1}",  "[,]",
                           "[\"\\\"]"})
    EXPECT_NE(refusal(text), "") << text;
  EXPECT_NE(refusal(std::string_view("1\0", 2)), "");
}

TEST(ParseJson, RefusesIllFormedUtf8AndLoneSurrogates) {
  for (const char* text :
       {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xe4\xb8\"", "\"\xf4\x90\x80\x80\"",
        "{\"\x80\":1}", "\"\\ud800\"", "\"\\ud800x\"", "\"\\udc00\"", "\"\\ud800\\ud800\""})
    EXPECT_NE(refusal(text), "") << text;
}

TEST(ParseJson, SaysAtWhichByteTheTextIsWrong) {
  EXPECT_NE(refusal("{\"a\":1} x").find("byte 8"), std::string::npos) << refusal("{\"a\":1} x");
  EXPECT_NE(refusal("[1,?]").find("byte 3"), std::string::npos) << refusal("[1,?]");
}

TEST(ParseJson, RefusesEqualKeysAtAnyDepth) {
  for (const char* text : {"{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2,\"a\":1}", "{\"x\":{\"a\":1,\"a\":1}}",
                           "[[{\"a\":1,\"a\":1}]]", "{\"b\":{\"c\":1,\"d\":{}},\"bb\":0,\"b\":1}",
                           "{\"a\":1,\"\\u0061\":2}", "{\"\":1,\"\":2}"})
    EXPECT_NE(refusal(text).find("twice"), std::string::npos) << text;
  for (const char* text : {"{\"a\":1,\"A\":2}", "{\"a\":{\"a\":{\"a\":1}}}", "[{\"a\":1},{\"a\":1}]",
                           "{\"a\":\"b\",\"b\":\"a\"}", "{\"a\":{\"b\":1},\"b\":{\"a\":[]},\"ab\":{}}"})
    EXPECT_EQ(refusal(text), "") << text;
}

TEST(ParseJson, ShowsNoControlCharactersOfAKeyInItsMessage) {
  EXPECT_EQ(refusal("{\"\\u001b[2J\":1,\"\\u001b[2J\":2}").find('\x1b'), std::string::npos);
}

TEST(ParseJson, BoundsTheDepth) {
  EXPECT_TRUE(parse_json(nested(64)));
  EXPECT_FALSE(parse_json(nested(65)));
  EXPECT_TRUE(check_json(nested(64)));
  EXPECT_FALSE(check_json(nested(65)));
  EXPECT_FALSE(check_json("[[[]]]", {.depth_max = 2}));
  EXPECT_FALSE(parse_json(nested(1'000'000)));
  EXPECT_TRUE(parse_json("[[]]", {.depth_max = 2}));
  EXPECT_FALSE(parse_json("[[[]]]", {.depth_max = 2}));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST(ParseJson, SurvivesNumbersOfAnySize) {
  for (const char* text : {"9223372036854775807", "18446744073709551615", "123456789012345678901234567890",
                           "1e400", "-1e400", "1e-400"}) {
    const auto value = parse_json(text);
    EXPECT_TRUE(!value || value->is_number()) << text;
  }
}

// NaN would pass every range check.
TEST(ParseJson, ReadsAZeroOfAnyExponentAsZero) {
  for (const char* text : {"0e309", "0e400", "-0e400", "0.0E+999", "0e-400", "0e99999999"}) {
    const auto value = parse_json(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(value->to_number<double>(), 0) << text;
  }
  const auto nested = parse_json("{\"a\":[1,{\"b\":0e400}]}");
  ASSERT_TRUE(nested);
  EXPECT_EQ(nested->at("a").at(1).at("b").to_number<double>(), 0);
}

TEST(CompactJson, KeepsTheCallersNumbersAndStrings) {
  EXPECT_EQ(compact_json(" { \"a b\" : [ 10.0 , 1E5 , -0 ] ,\n\t\"c\" : \" x \\\" y \" } ", false),
            "{\"a b\":[10.0,1E5,-0],\"c\":\" x \\\" y \"}");
  EXPECT_EQ(compact_json("\"{}\\/\"", false), "\"{}\\/\"");
}

// device-protocol 6.2
TEST(CompactJson, HidesBracesInsideStringsOnly) {
  EXPECT_EQ(compact_json("{\"a\": \"{x}\", \"{\": [\"\\\\{\", \"\\\"}\"]}", true),
            "{\"a\":\"\\u007bx\\u007d\",\"\\u007b\":[\"\\\\\\u007b\",\"\\\"\\u007d\"]}");
  EXPECT_EQ(compact_json("\"http:\\/\\/h\\/\"", true), "\"http://h/\"");
  EXPECT_EQ(compact_json("\"\\\\/\"", true), "\"\\\\/\"");  // an escaped backslash, then a plain slash
}

TEST(CompactJson, MeansTheSameAsBefore) {
  for (const char* text :
       {"{\"a\": \"{x}\\/\", \"b\": [1, {\"c\": \"}\\\\\"}]}", "[ \"\\u007b\" , \"\\n\" ]"}) {
    EXPECT_EQ(parse_json(compact_json(text, true)).value(), parse_json(text).value()) << text;
    EXPECT_EQ(parse_json(compact_json(text, false)).value(), parse_json(text).value()) << text;
  }
}

TEST(JsonMembers, GivesDecodedKeysAndRawValuesInOrder) {
  const auto members =
      json_members(" { \"b\" : 10.0 , \"\\u0061\" : { \"x\" : [ 1 , \"}\" ] } , \"c\":\"\\\"]\" }");
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[0].first, "b");
  EXPECT_EQ(members[0].second, "10.0");
  EXPECT_EQ(members[1].first, "a");
  EXPECT_EQ(members[1].second, "{ \"x\" : [ 1 , \"}\" ] }");
  EXPECT_EQ(members[2].second, "\"\\\"]\"");
}

TEST(JsonMembers, AreEmptyForWhatIsNoObject) {
  for (const char* text : {"{}", " { } ", "[1]", "1", "\"{}\"", "", "null"})
    EXPECT_TRUE(json_members(text).empty()) << text;
}

TEST(JsonElements, GivesRawValuesInOrder) {
  const auto elements = json_elements("[ 1.50 , \"a,b\" , [2 , 3] , {\"x\":[]} , null ]");
  ASSERT_EQ(elements.size(), 5u);
  EXPECT_EQ(elements[0], "1.50");
  EXPECT_EQ(elements[1], "\"a,b\"");
  EXPECT_EQ(elements[2], "[2 , 3]");
  EXPECT_EQ(elements[3], "{\"x\":[]}");
  EXPECT_EQ(elements[4], "null");
  for (const char* text : {"[]", "[ ]", "{}", "1", ""}) EXPECT_TRUE(json_elements(text).empty()) << text;
}

TEST(JsonMember, FindsTheExactKeyAtTheTopOnly) {
  const char* text = "{\"a\":{\"b\":1},\"B\":2}";
  EXPECT_EQ(json_member(text, "a"), "{\"b\":1}");
  EXPECT_EQ(json_member(text, "B"), "2");
  EXPECT_FALSE(json_member(text, "b"));
  EXPECT_FALSE(json_member(text, ""));
}

TEST(RawJson, SurvivesTextThatWasNotParsed) {
  for (const char* text : {"{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":{", "{\"a\\", "[\"\\", "{:}",
                           "[[", "[,", "{\"a\":1,", "{}}", "]", "{\"a\":,\"b\":1}", "{\"a\":\"\\"}) {
    json_members(text);
    json_elements(text);
    json_member(text, "a");
    compact_json(text, true);
  }
}

TEST(JsonUnquote, DecodesEveryEscape) {
  EXPECT_EQ(json_unquote("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(json_unquote("\"\\u0041\\u00e9\\u6d4b\\uD83D\\uDe00\""), "Aé测😀");
  EXPECT_EQ(json_unquote("\"\\u0000\""), std::string(1, '\0'));
  EXPECT_EQ(json_unquote("\"\""), "");
}

TEST(JsonUnquote, RefusesWhatIsNoStringLiteral) {
  for (const char* raw : {"", "\"", "a", "1", "\"a", "a\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
                          "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\"b\"", "null"})
    EXPECT_FALSE(json_unquote(raw)) << raw;
}

TEST(JsonPick, FindsEachMemberInOnePass) {
  const std::string_view keys[] = {"b", "none", "a\"", "c"};
  std::string_view values[] = {"old", "old", "old", "old"};
  json_pick(R"( { "a\"" : [1,{"b":2}], "\u0062":"x\"", "c":null,"d":1})", keys, values);
  EXPECT_THAT(values, testing::ElementsAre("\"x\\\"\"", "", "[1,{\"b\":2}]", "null"));
  for (const char* text : {"[1]", "{}", "\"b\"", ""}) {
    json_pick(text, keys, values);
    EXPECT_THAT(values, testing::Each("")) << text;
  }
}

TEST(AppendJsonString, EscapesOnlyWhatMustBe) {
  std::string out = "x";
  append_json_string(out, std::string_view("\"\\/\n\r\t\b\x1f\0é", 11));
  EXPECT_EQ(out, "x\"\\\"\\\\/\\n\\r\\t\\u0008\\u001f\\u0000é\"");
}

RC_GTEST_PROP(AppendJsonString, IsUndoneByUnquoteAndByTheParser, (const std::string& bytes)) {
  const std::string text = replace_invalid_utf8(bytes);
  std::string raw;
  append_json_string(raw, text);
  RC_ASSERT(json_unquote(raw) == text);
  const auto parsed = parse_json(raw);
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(std::string_view(parsed->as_string()) == text);
  RC_ASSERT(json_unquote(compact_json(raw, true)) == text);
}

}  // namespace
}  // namespace rollcall
