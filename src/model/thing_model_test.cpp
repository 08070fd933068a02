#include "model/thing_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/limits.hpp"

namespace rollcall {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string property(const std::string& identifier, const std::string& data_type,
                     const std::string& access = "rw") {
  return R"({"identifier":")" + identifier + R"(","name":"n","accessMode":")" + access +
         R"(","required":false,"dataType":)" + data_type + "}";
}

std::string parameter(const std::string& identifier) {
  return R"({"identifier":")" + identifier + R"(","name":"n","dataType":{"type":"int","specs":{}}})";
}

// `count` entries made by `make(i)`, comma separated.
template <class Make>
std::string repeat(size_t count, Make make) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += (i ? "," : "") + make(std::to_string(i));
  return out;
}

std::string with_properties(const std::string& list) { return R"({"properties":[)" + list + "]}"; }
std::string with_type(const std::string& data_type) { return with_properties(property("p", data_type)); }

// The message of the refusal; "accepted" if there is none.
std::string refusal(const std::string& tsl) {
  const auto model = ThingModel::parse(tsl);
  if (model) return "accepted";
  EXPECT_EQ(model.error().code, ErrorCode::InvalidThingModel);
  return model.error().message;
}

// The whole sample of cloud-api C.5, platform features included.
constexpr const char* kSample =
    R"({"schema":"https://example.com/schema.json","profile":{"productKey":"p1AbcDEFgh1"},
 "properties":[
  {"identifier":"brightness","name":"Brightness","accessMode":"rw","required":false,
   "dataType":{"type":"int","specs":{"min":"0","max":"100","unit":"%","unitName":"percent","step":"1"}}},
  {"identifier":"mode","name":"Mode","accessMode":"rw","required":false,"dataType":{"type":"enum",
    "specs":{"0":"auto","1":"eco"}}},
  {"identifier":"power","name":"Power","accessMode":"rw","required":true,"dataType":{"type":"bool",
    "specs":{"0":"off","1":"on"}}},
  {"identifier":"label","name":"Label","accessMode":"rw","required":false,
    "dataType":{"type":"text","specs":{"length":"255"}}},
  {"identifier":"lastSeen","name":"Last seen","accessMode":"r","required":false,
    "dataType":{"type":"date","specs":{}}},
  {"identifier":"history","name":"History","accessMode":"r","required":false,
   "dataType":{"type":"array","specs":{"size":"128","item":{"type":"int"}}}},
  {"identifier":"pos","name":"Position","accessMode":"rw","required":false,
    "dataType":{"type":"struct","specs":[
    {"identifier":"lat","name":"Latitude","dataType":{"type":"double","specs":{"min":"-90",
      "max":"90","step":"0.0001"}}}]}}],
 "events":[{"identifier":"alarm","name":"Alarm","type":"alert","required":false,
   "method":"thing.event.alarm.post",
   "outputData":[{"identifier":"code","name":"Code","dataType":{"type":"text","specs":{"length":"255"}}}]}],
 "services":[
  {"identifier":"reboot","name":"Reboot","required":false,"callType":"async","method":"thing.service.reboot",
   "inputData":[{"identifier":"delay","name":"Delay","dataType":{"type":"int","specs":{"min":"0",
     "max":"60","step":"1"}}}],"outputData":[]},
  {"identifier":"probe","name":"Probe","required":false,"callType":"sync",
    "method":"thing.service.probe","inputData":[],"outputData":[]},
  {"identifier":"set","name":"set","required":true,"callType":"async",
    "method":"thing.service.property.set","inputData":[],"outputData":[]},
  {"identifier":"get","name":"get","required":true,"callType":"async","method":"thing.service.property.get",
   "inputData":["brightness","mode"],"outputData":[]}]})";

TEST(ThingModelParse, TakesTheVendorsSample) { EXPECT_EQ(refusal(kSample), "accepted"); }

TEST(ThingModelParse, TakesDocumentsWithoutFeatures) {
  EXPECT_EQ(refusal("{}"), "accepted");
  EXPECT_EQ(refusal(R"({"properties":[],"services":null,"events":[],"functionBlocks":[]})"), "accepted");
  EXPECT_EQ(refusal(empty_tsl("p1AbcDEFgh1")), "accepted");
}

TEST(ThingModelParse, TakesBoundsAsNumbersEmptyOrMissing) {
  for (const char* specs : {R"({"min":0,"max":10})", R"({"min":"","max":""})", R"({"min":null})", "{}",
                            R"({"min":"-2147483648","max":"2147483647"})", R"({"min":"5","max":"5"})"})
    EXPECT_EQ(refusal(with_type(R"({"type":"int","specs":)" + std::string(specs) + "}")), "accepted")
        << specs;
  EXPECT_EQ(refusal(with_type(R"({"type":"float"})")), "accepted");
  EXPECT_EQ(refusal(with_type(R"({"type":"date","specs":null})")), "accepted");
  EXPECT_EQ(refusal(with_type(R"({"type":"bool"})")), "accepted");
}

TEST(ThingModelParse, RefusesWhatIsNoDocument) {
  for (const char* tsl : {"", "[]", "1", "{", R"({"a":1,"a":2})", "{}x", "\xFF"})
    EXPECT_THAT(refusal(tsl), StartsWith("the document: "));
  EXPECT_THAT(refusal("{}" + std::string(limits::kTslCompletedBytesMax, ' ')), StartsWith("the document: "));
}

struct Row {
  const char* data_type;
  const char* refusal;  // how the message begins
};

TEST(ThingModelParse, NamesThePathOfABadDataType) {
  const Row rows[] = {
      {R"("int")", "properties[0].dataType: "},
      {R"({})", "properties[0].dataType.type: is missing"},
      {R"({"type":5})", "properties[0].dataType.type: "},
      {R"({"type":"INT"})", "properties[0].dataType.type: "},
      {R"({"type":"long","specs":{}})", "properties[0].dataType.type: is no data type: \"long\""},
      {R"({"type":"int","specs":[]})", "properties[0].dataType.specs: must be an object"},
      {R"({"type":"int","specs":{"min":"a"}})",
       "properties[0].dataType.specs.min: must be a number, not \"a\""},
      {R"({"type":"int","specs":{"min":"1 "}})", "properties[0].dataType.specs.min: "},
      {R"({"type":"int","specs":{"max":[]}})", "properties[0].dataType.specs.max: "},
      {R"({"type":"int","specs":{"max":"0.5"}})", "properties[0].dataType.specs.max: "},
      {R"({"type":"int","specs":{"max":"2147483648"}})", "properties[0].dataType.specs.max: "},
      {R"({"type":"int","specs":{"min":"-2147483649"}})", "properties[0].dataType.specs.min: "},
      {R"({"type":"int","specs":{"min":"6","max":"5"}})", "properties[0].dataType.specs.min: is above max"},
      {R"({"type":"float","specs":{"max":"1e39"}})", "properties[0].dataType.specs.max: "},
      {R"({"type":"double","specs":{"max":"1e309"}})", "properties[0].dataType.specs.max: "},
      {R"({"type":"double","specs":{"max":"inf"}})", "properties[0].dataType.specs.max: "},
      {R"({"type":"double","specs":{"min":"nan"}})", "properties[0].dataType.specs.min: "},
      {R"({"type":"text","specs":{"length":"0"}})", "properties[0].dataType.specs.length: "},
      {R"({"type":"text","specs":{"length":"10241"}})",
       "properties[0].dataType.specs.length: must be 1 to 10240"},
      {R"({"type":"text","specs":{"length":"2.5"}})", "properties[0].dataType.specs.length: "},
      {R"({"type":"text","specs":{"length":"long"}})", "properties[0].dataType.specs.length: "},
      {R"({"type":"bool","specs":{"2":"x"}})", "properties[0].dataType.specs: "},
      {R"({"type":"enum","specs":{}})", "properties[0].dataType.specs: has 1 to 100 items"},
      {R"({"type":"enum"})", "properties[0].dataType.specs: "},
      {R"({"type":"enum","specs":{"a":"x"}})",
       "properties[0].dataType.specs: has integers as keys, not \"a\""},
      {R"({"type":"enum","specs":{"1.0":"x"}})", "properties[0].dataType.specs: "},
      {R"({"type":"enum","specs":{"2147483648":"x"}})", "properties[0].dataType.specs: "},
      {R"({"type":"enum","specs":{"1":"x","01":"y"}})", "properties[0].dataType.specs: has an item twice"},
      {R"({"type":"array","specs":{"size":"3"}})", "properties[0].dataType.specs.item: is missing"},
      {R"({"type":"array","specs":{"size":"0","item":{"type":"int"}}})",
       "properties[0].dataType.specs.size: "},
      {R"({"type":"array","specs":{"size":"513","item":{"type":"int"}}})",
       "properties[0].dataType.specs.size: "},
      {R"({"type":"array","specs":{"item":{"type":"x"}}})", "properties[0].dataType.specs.item.type: "},
      {R"({"type":"struct"})", "properties[0].dataType.specs: is missing"},
      {R"({"type":"struct","specs":{}})", "properties[0].dataType.specs: must be a list"},
      {R"({"type":"struct","specs":[]})", "properties[0].dataType.specs: has no member"},
      {R"({"type":"struct","specs":[1]})", "properties[0].dataType.specs[0]: must be an object"},
      {R"({"type":"struct","specs":[{"dataType":{"type":"int"}}]})",
       "properties[0].dataType.specs[0].identifier: is missing"},
      {R"({"type":"struct","specs":[{"identifier":"a"}]})",
       "properties[0].dataType.specs[0].dataType: is missing"},
      {R"({"type":"struct","specs":[{"identifier":"a","dataType":{"type":"int"}},{"identifier":"a",)"
       R"("dataType":{"type":"int"}}]})",
       "properties[0].dataType.specs[1].identifier: "},
      {R"({"type":"struct","specs":[{"identifier":"a","dataType":{"type":"int","specs":{"min":"x"}}}]})",
       "properties[0].dataType.specs[0].dataType.specs.min: "},
  };
  for (const Row& row : rows)
    EXPECT_THAT(refusal(with_type(row.data_type)), StartsWith(row.refusal)) << row.data_type;
}

TEST(ThingModelParse, LetsArraysAndStructsNestTwoLevels) {
  const std::string number = R"({"type":"int"})";
  const auto array = [](const std::string& item) {
    return R"({"type":"array","specs":{"size":"2","item":)" + item + "}}";
  };
  const auto structure = [](const std::string& member) {
    return R"({"type":"struct","specs":[{"identifier":"m","dataType":)" + member + "}]}";
  };
  EXPECT_EQ(refusal(with_type(array(structure(number)))), "accepted");
  EXPECT_EQ(refusal(with_type(structure(array(number)))), "accepted");
  EXPECT_EQ(refusal(with_type(structure(structure(number)))), "accepted");
  EXPECT_EQ(refusal(with_type(array(array(number)))), "accepted");
  EXPECT_THAT(refusal(with_type(array(structure(array(number))))),
              StartsWith("properties[0].dataType.specs.item.specs[0].dataType: "));
  EXPECT_THAT(refusal(with_type(structure(structure(structure(number))))),
              HasSubstr("nest at most 2 levels"));
}

TEST(ThingModelParse, NamesThePathOfABadFeature) {
  const std::string number = R"({"type":"int"})";
  const std::pair<std::string, std::string> rows[] = {
      {R"({"profile":[]})", "profile: must be an object"},
      {R"({"properties":{}})", "properties: must be a list"},
      {R"({"services":"x"})", "services: must be a list"},
      {R"({"properties":[1]})", "properties[0]: must be an object"},
      {R"({"properties":[{"accessMode":"r","dataType":{"type":"int"}}]})",
       "properties[0].identifier: is missing"},
      {with_properties(property("", number)), "properties[0].identifier: "},
      {with_properties(property("a-b", number)), "properties[0].identifier: "},
      {with_properties(property("a:b", number)), "properties[0].identifier: "},
      {with_properties(property("灯", number)), "properties[0].identifier: "},
      {with_properties(property(std::string(51, 'a'), number)), "properties[0].identifier: "},
      {R"({"properties":[{"identifier":5}]})", "properties[0].identifier: "},
      {with_properties(property("a", number, "x")),
       "properties[0].accessMode: must be r, rw or w, not \"x\""},
      {R"({"properties":[{"identifier":"a","dataType":{"type":"int"}}]})", "properties[0].accessMode: "},
      {R"({"properties":[{"identifier":"a","accessMode":1,"dataType":{"type":"int"}}]})",
       "properties[0].accessMode: must be a text"},
      {R"({"properties":[{"identifier":"a","accessMode":"r"}]})", "properties[0].dataType: is missing"},
      {with_properties(property("a", number) + "," + property("a", number)),
       "properties[1].identifier: \"a\" is used already"},
      {R"({"services":[{"identifier":"s","callType":"maybe"}]})", "services[0].callType: "},
      {R"({"services":[{"identifier":"s","inputData":{}}]})", "services[0].inputData: must be a list"},
      {R"({"services":[{"identifier":"s","inputData":["a"]}]})",
       "services[0].inputData[0]: must be an object"},
      {R"({"services":[{"identifier":"s","outputData":[{"identifier":"a"}]}]})",
       "services[0].outputData[0].dataType: is missing"},
      {R"({"services":[{"identifier":"s"},{"identifier":"s"}]})", "services[1].identifier: "},
      {R"({"events":[{"identifier":"e","type":"warn"}]})", "events[0].type: "},
      {R"({"events":[{"identifier":"e","type":"info"},{"identifier":"e","type":"info"}]})",
       "events[1].identifier: "},
      {R"({"events":[{"identifier":"e","type":"info","outputData":[{}]}]})",
       "events[0].outputData[0].identifier: is missing"},
      {R"({"functionBlockId":"a b"})", "functionBlockId: "},
      {R"({"functionBlockId":""})", "functionBlockId: "},
      {R"({"functionBlocks":{}})", "functionBlocks: "},
      {R"({"functionBlocks":[1]})", "functionBlocks[0]: "},
      {R"({"functionBlocks":[{}]})", "functionBlocks[0].functionBlockId: is missing"},
      {R"({"functionBlocks":[{"functionBlockId":"m","properties":[{}]}]})",
       "functionBlocks[0].properties[0].identifier: is missing"},
  };
  for (const auto& [tsl, start] : rows) EXPECT_THAT(refusal(tsl), StartsWith(start)) << tsl;
}

// Each limit of cloud-api C.4: the largest that is taken and the smallest that is not.
TEST(ThingModelParse, KeepsTheLimits) {
  const auto properties = [](size_t n) {
    return with_properties(
        repeat(n, [](const std::string& i) { return property("p" + i, R"({"type":"int"})"); }));
  };
  EXPECT_EQ(refusal(properties(300)), "accepted");
  EXPECT_THAT(refusal(properties(301)), StartsWith("properties[300]: "));

  const auto members = [](size_t n) {
    return with_type(R"({"type":"struct","specs":[)" +
                     repeat(n, [](const std::string& i) { return parameter("m" + i); }) + "]}");
  };
  EXPECT_EQ(refusal(members(50)), "accepted");
  EXPECT_THAT(refusal(members(51)), StartsWith("properties[0].dataType.specs: has at most 50"));

  const auto items = [](size_t n) {
    return with_type(R"({"type":"enum","specs":{)" +
                     repeat(n, [](const std::string& i) { return "\"" + i + "\":\"x\""; }) + "}}");
  };
  EXPECT_EQ(refusal(items(100)), "accepted");
  EXPECT_THAT(refusal(items(101)), StartsWith("properties[0].dataType.specs: has 1 to 100 items"));

  const auto inputs = [](size_t n) {
    return R"({"services":[{"identifier":"s","inputData":[)" +
           repeat(n, [](const std::string& i) { return parameter("i" + i); }) + "]}]}";
  };
  EXPECT_EQ(refusal(inputs(100)), "accepted");
  EXPECT_THAT(refusal(inputs(101)), StartsWith("services[0].inputData: has at most 100"));

  const auto services = [](size_t n) {
    return R"({"services":[)" +
           repeat(n,
                  [](const std::string& s) {
                    return R"({"identifier":"s)" + s + R"(","inputData":[)" +
                           repeat(100, [](const std::string& i) { return parameter("i" + i); }) + "]}";
                  }) +
           "]}";
  };
  EXPECT_EQ(refusal(services(3)), "accepted");
  EXPECT_THAT(refusal(services(4)),
              StartsWith("services[3].inputData: services and events have at most 300"));

  const auto modules = [](size_t n) {
    return R"({"functionBlocks":[)" +
           repeat(n, [](const std::string& i) { return R"({"functionBlockId":"m)" + i + "\"}"; }) + "]}";
  };
  EXPECT_EQ(refusal(modules(200)), "accepted");
  EXPECT_THAT(refusal(modules(201)), StartsWith("functionBlocks: "));
}

TEST(ThingModelParse, DoesNotCountThePlatformsOwnFeatures) {
  const auto completed =
      complete_tsl(with_properties(repeat(
                       300, [](const std::string& i) { return property("p" + i, R"({"type":"int"})"); })),
                   "pk");
  ASSERT_TRUE(completed);
  EXPECT_EQ(refusal(*completed), "accepted");
}

}  // namespace
}  // namespace rollcall
