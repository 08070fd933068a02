// What values a thing model takes, and what is sent for them (cloud-api C.5, DESIGN 5.4, 5.7).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "model/thing_model.hpp"

namespace rollcall {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kModel = R"({"properties":[
  {"identifier":"brightness","accessMode":"rw","dataType":{"type":"int","specs":{"min":"0",
    "max":"100","step":"5"}}},
  {"identifier":"offset","accessMode":"w","dataType":{"type":"int"}},
  {"identifier":"ratio","accessMode":"rw","dataType":{"type":"float","specs":{"min":"-0.5","max":"1.5"}}},
  {"identifier":"free","accessMode":"rw","dataType":{"type":"float"}},
  {"identifier":"wide","accessMode":"rw","dataType":{"type":"double"}},
  {"identifier":"label","accessMode":"rw","dataType":{"type":"text","specs":{"length":"5"}}},
  {"identifier":"power","accessMode":"rw","dataType":{"type":"bool","specs":{"0":"off","1":"on"}}},
  {"identifier":"mode","accessMode":"rw","dataType":{"type":"enum","specs":{"0":"auto","7":"eco",
    "-1":"none"}}},
  {"identifier":"at","accessMode":"rw","dataType":{"type":"date","specs":{}}},
  {"identifier":"list","accessMode":"rw","dataType":{"type":"array","specs":{"size":"3",
    "item":{"type":"int","specs":{"max":"9"}}}}},
  {"identifier":"pos","accessMode":"rw","dataType":{"type":"struct","specs":[
    {"identifier":"lat","dataType":{"type":"double","specs":{"min":"-90","max":"90"}}},
    {"identifier":"tags","dataType":{"type":"array","specs":{"size":"2","item":{"type":"text",
      "specs":{"length":"2"}}}}}]}},
  {"identifier":"seen","accessMode":"r","dataType":{"type":"int"}}],
 "services":[
  {"identifier":"reboot","callType":"async","inputData":[
    {"identifier":"delay","dataType":{"type":"int","specs":{"min":"0","max":"60"}}},
    {"identifier":"why","dataType":{"type":"text","specs":{"length":"10"}}}]},
  {"identifier":"probe","callType":"sync"},
  {"identifier":"set","callType":"async"},{"identifier":"get","callType":"async","inputData":["brightness"]}],
 "functionBlocks":[{"functionBlockId":"zone","properties":[
   {"identifier":"brightness","accessMode":"rw","dataType":{"type":"bool"}}],
   "services":[{"identifier":"probe","callType":"async"}]}]})";

std::shared_ptr<const ThingModel> model() {
  static const auto parsed = ThingModel::parse(kModel);
  return parsed.value();
}

// What is sent for the params, or "refused: " and the message.
std::string sent(const std::string& params) {
  const auto result = model()->check_properties(params);
  if (result) return *result;
  EXPECT_EQ(result.error().code, ErrorCode::InvalidFormattedParameter);
  return "refused: " + result.error().message;
}

std::string sent(const std::string& identifier, const std::string& value) {
  return sent("{\"" + identifier + "\":" + value + "}");
}

struct Row {
  const char* identifier;
  const char* value;
  const char* sent;  // nullptr: as given
};

TEST(ThingModelValue, IsTakenInsideItsTypeAndRelayedAsWritten) {
  const Row rows[] = {
      {"brightness", "0", nullptr},
      {"brightness", "100", nullptr},
      {"brightness", "3", nullptr},  // off the steps: not enforced
      {"brightness", R"("80")", "80"},
      {"offset", "-2147483648", nullptr},
      {"offset", "2147483647", nullptr},
      {"offset", R"("-7")", "-7"},
      {"ratio", "1.5", nullptr},
      {"ratio", "-0.50", nullptr},
      {"ratio", "1", nullptr},
      {"ratio", "1.0", nullptr},
      {"ratio", "1E-1", nullptr},
      {"ratio", R"("1.0")", "1.0"},
      {"free", "10.0", nullptr},
      {"free", "3.4e38", nullptr},
      {"wide", "1.7976931348623157e308", nullptr},
      {"wide", "-1e-300", nullptr},
      {"wide", "0.1000000000000000055511151231257827", nullptr},
      {"label", R"("")", nullptr},
      {"label", R"("abcde")", nullptr},
      {"label", R"("灯灯灯灯灯")", nullptr},
      {"label", R"("\u706f\n\"\\")", nullptr},
      {"label", R"("12")", nullptr},
      {"power", "0", nullptr},
      {"power", "1", nullptr},
      {"power", R"("1")", "1"},
      {"mode", "0", nullptr},
      {"mode", "7", nullptr},
      {"mode", "-1", nullptr},
      {"mode", R"("7")", "7"},
      {"at", R"("1700000000000")", nullptr},
      {"at", R"("0")", nullptr},
      {"list", "[]", nullptr},
      {"list", "[1,2,3]", nullptr},
      {"list", R"([ 1 , "2" ])", "[1,2]"},
      {"pos", "{}", nullptr},
      {"pos", R"({"lat":10.0})", nullptr},
      {"pos", R"({ "tags" : [ "ab" , "c" ] , "lat" : "-89.5" })", R"({"tags":["ab","c"],"lat":-89.5})"},
  };
  for (const Row& row : rows) {
    const std::string expected =
        std::string("{\"") + row.identifier + "\":" + (row.sent ? row.sent : row.value) + "}";
    EXPECT_EQ(sent(row.identifier, row.value), expected);
  }
}

TEST(ThingModelValue, IsRefusedOutsideItsTypeWithPathRuleAndValue) {
  const Row rows[] = {
      {"brightness", "-1", "params.brightness: must be from 0 to 100, not -1"},
      {"brightness", "101", "params.brightness: must be from 0 to 100, not 101"},
      {"brightness", R"("101")", "params.brightness: must be from 0 to 100, not \"101\""},
      {"brightness", "1.0", "params.brightness: must be an integer, not 1.0"},
      {"brightness", "1e1", "params.brightness: must be an integer"},
      {"brightness", "true", "params.brightness: must be an integer, not true"},
      {"brightness", "null", "params.brightness: must be an integer"},
      {"brightness", R"("")", "params.brightness: must be an integer"},
      {"brightness", R"(" 5")", "params.brightness: must be an integer"},
      {"brightness", R"("+5")", "params.brightness: must be an integer"},
      {"brightness", R"("05")", "params.brightness: must be an integer"},
      {"brightness", R"("0x5")", "params.brightness: must be an integer"},
      {"brightness", R"("five")", "params.brightness: must be an integer"},
      {"brightness", "[5]", "params.brightness: must be an integer"},
      {"brightness", "{}", "params.brightness: must be an integer"},
      {"offset", "2147483648", "params.offset: must be from -2147483648 to 2147483647"},
      {"offset", "-2147483649", "params.offset: must be from"},
      {"offset", "99999999999999999999", "params.offset: must be from"},
      {"ratio", "1.5000001", "params.ratio: must be from -0.5 to 1.5, not 1.5000001"},
      {"ratio", "-0.51", "params.ratio: must be from"},
      {"ratio", R"("1.")", "params.ratio: must be a number"},
      {"ratio", R"(".5")", "params.ratio: must be a number"},
      {"ratio", R"("nan")", "params.ratio: must be a number"},
      {"ratio", R"("1e")", "params.ratio: must be a number"},
      {"free", "3.5e38", "params.free: must be from"},
      {"free", R"("inf")", "params.free: must be a number"},
      {"wide", "1e309", "params.wide: must be from"},
      {"wide", R"("1e309")", "params.wide: must be from"},
      {"wide", R"("-1e309")", "params.wide: must be from"},
      {"label", R"("abcdef")", "params.label: must be a text of at most 5 characters, not \"abcdef\""},
      {"label", R"("灯灯灯灯灯灯")", "params.label: must be a text of at most 5"},
      {"label", "5", "params.label: must be a text"},
      {"label", "null", "params.label: must be a text"},
      {"power", "2", "params.power: must be 0 or 1, not 2"},
      {"power", "true", "params.power: must be 0 or 1, not true"},
      {"power", R"("on")", "params.power: must be 0 or 1"},
      {"power", "1.0", "params.power: must be 0 or 1"},
      {"power", "-0", "params.power: must be 0 or 1"},
      {"mode", "1", "params.mode: must be one of the items of the enum, not 1"},
      {"mode", R"("eco")", "params.mode: must be one of the items"},
      {"mode", "7.0", "params.mode: must be one of the items"},
      {"at", "1700000000000", "params.at: must be a text of milliseconds"},
      {"at", R"("")", "params.at: must be a text of milliseconds"},
      {"at", R"("-1")", "params.at: must be a text of milliseconds"},
      {"at", R"("2023-11-14")", "params.at: must be a text of milliseconds"},
      {"at", R"("99999999999999999999")", "params.at: must be a text of milliseconds"},
      {"list", "[1,2,3,4]", "params.list: must have at most 3 elements, not 4"},
      {"list", "[1,10]", "params.list[1]: must be from"},
      {"list", R"([1,"x"])", "params.list[1]: must be an integer, not \"x\""},
      {"list", "1", "params.list: must be a list"},
      {"list", R"("[1]")", "params.list: must be a list"},
      {"pos", R"({"lat":90.5})", "params.pos.lat: must be from -90 to 90"},
      {"pos", R"({"lon":1})", "params.pos.lon: is not in the thing model"},
      {"pos", R"({"tags":["ab","abc"]})", "params.pos.tags[1]: must be a text of at most 2"},
      {"pos", "[]", "params.pos: must be an object"},
      {"pos", R"("{}")", "params.pos: must be an object"},
      {"seen", "1", "params.seen: is read-only"},
      {"nothing", "1", "params.nothing: is not a property"},
      {"Brightness", "1", "params.Brightness: is not a property"},
  };
  for (const Row& row : rows)
    EXPECT_THAT(sent(row.identifier, row.value), StartsWith(std::string("refused: ") + row.sent))
        << row.value;
}

TEST(ThingModelProperties, KeepTheirOrderAndLoseTheirBlanks) {
  EXPECT_EQ(sent(" { \"power\" : \"1\" ,\n\t\"brightness\" : 80 , \"free\": 10.0 } "),
            R"({"power":1,"brightness":80,"free":10.0})");
}

TEST(ThingModelProperties, AreRefusedAltogetherWhenOneIs) {
  EXPECT_THAT(sent(R"({"power":1,"brightness":101})"), StartsWith("refused: params.brightness: "));
}

TEST(ThingModelProperties, MustBeAnObjectWithAtLeastOne) {
  for (const char* params : {"", "{}", "[]", "1", "null", "{", R"({"power":1,"power":0})", R"({"power":1}x)"})
    EXPECT_THAT(sent(params), StartsWith("refused: params: ")) << params;
}

TEST(ThingModelProperties, AreLookedUpWithoutEscapes) {
  EXPECT_EQ(sent(R"({"p\u006fwer":1})"), R"({"power":1})");
}

TEST(ThingModelModules, HaveIdentifiersOfTheirOwn) {
  EXPECT_EQ(sent(R"({"zone:brightness":1})"), R"({"zone:brightness":1})");
  EXPECT_THAT(sent(R"({"zone:brightness":80})"),
              StartsWith("refused: params.zone:brightness: must be 0 or 1"));
  EXPECT_THAT(sent(R"({"attic:brightness":1})"),
              StartsWith("refused: params.attic:brightness: is not a property"));
  EXPECT_THAT(sent(R"({"zone:power":1})"), StartsWith("refused: "));
}

TEST(ThingModelModules, MayBeAWholeDocument) {
  const std::string body =
      R"("properties":[{"identifier":"a","accessMode":"rw","dataType":{"type":"bool"}}]})";
  const auto module = ThingModel::parse(R"({"functionBlockId":"zone","functionBlockName":"Zone",)" + body);
  ASSERT_TRUE(module);
  EXPECT_TRUE((*module)->check_properties(R"({"zone:a":1})"));
  EXPECT_FALSE((*module)->check_properties(R"({"a":1})"));
  const auto standard = ThingModel::parse(R"({"functionBlockId":"default",)" + body);
  ASSERT_TRUE(standard);
  EXPECT_TRUE((*standard)->check_properties(R"({"a":1})"));
}

std::string called(const std::string& identifier, const std::string& params) {
  const auto call = model()->check_service(identifier, params);
  if (call) return std::string(call->call_type == CallType::Sync ? "sync " : "async ") + call->params;
  EXPECT_EQ(call.error().code, ErrorCode::InvalidFormattedParameter);
  return "refused: " + call.error().message;
}

TEST(ThingModelService, TakesLegalInputs) {
  EXPECT_EQ(called("reboot", R"({"delay":5})"), R"(async {"delay":5})");
  EXPECT_EQ(called("reboot", R"( { "why" : "update" , "delay" : "5" } )"),
            R"(async {"why":"update","delay":5})");
  EXPECT_EQ(called("reboot", "{}"), "async {}");
  EXPECT_EQ(called("probe", "{}"), "sync {}");
  EXPECT_EQ(called("zone:probe", "{}"), "async {}");
}

TEST(ThingModelService, RefusesUnknownServicesAndIllegalInputs) {
  const std::pair<std::pair<const char*, const char*>, const char*> rows[] = {
      {{"restart", "{}"}, "serviceIdentifier: the thing model has no service \"restart\""},
      {{"", "{}"}, "serviceIdentifier: "},
      {{"Reboot", "{}"}, "serviceIdentifier: "},
      {{"zone:reboot", "{}"}, "serviceIdentifier: "},
      {{"set", "{}"}, "serviceIdentifier: \"set\" is the platform's own"},
      {{"get", "{}"}, "serviceIdentifier: \"get\" is the platform's own"},
      {{"reboot", R"({"delay":61})"}, "params.delay: must be from 0 to 60, not 61"},
      {{"reboot", R"({"now":1})"}, "params.now: is not in the thing model"},
      {{"probe", R"({"delay":1})"}, "params.delay: is not in the thing model"},
      {{"reboot", "[]"}, "params: must be an object"},
      {{"reboot", "null"}, "params: must be an object"},
      {{"reboot", ""}, "params: "},
      {{"reboot", R"({"delay":1,"delay":2})"}, "params: "},
  };
  for (const auto& [call, start] : rows)
    EXPECT_THAT(called(call.first, call.second), StartsWith(std::string("refused: ") + start))
        << call.first << " " << call.second;
}

TEST(ThingModelValue, IsShownInMessagesShortened) {
  const std::string message = sent("label", "\"" + std::string(5000, 'x') + "\"");
  EXPECT_THAT(message, HasSubstr("params.label"));
  EXPECT_LT(message.size(), 300u);
}

}  // namespace
}  // namespace rollcall
