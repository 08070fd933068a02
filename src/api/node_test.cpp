#include "api/node.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/text.hpp"

namespace rollcall::api {
namespace {

std::string xml(const Node& node) {
  const std::string whole = render_xml("R", node);
  constexpr std::string_view kOpen = "<?xml version='1.0' encoding='UTF-8'?><R>";
  EXPECT_TRUE(whole.starts_with(kOpen)) << whole;
  EXPECT_TRUE(whole.ends_with("</R>")) << whole;
  return whole.substr(kOpen.size(), whole.size() - kOpen.size() - 4);
}

std::vector<Node> texts(std::initializer_list<const char*> values) {
  std::vector<Node> nodes;
  for (const char* value : values) nodes.emplace_back(value);
  return nodes;
}

TEST(Node, KeepsTheOrderAndTheTypesOfItsFields) {
  Node node;
  node.add("z", "text")
      .add("a", true)
      .add("n", int64_t{-9'007'199'254'740'993})
      .add("f", false)
      .add("s", std::string("1"));
  EXPECT_EQ(render_json(node), "{\"z\":\"text\",\"a\":true,\"n\":-9007199254740993,\"f\":false,\"s\":\"1\"}");
  EXPECT_EQ(xml(node), "<z>text</z><a>true</a><n>-9007199254740993</n><f>false</f><s>1</s>");
}

TEST(Node, NestsObjects) {
  Node inner;
  inner.add("x", 1);
  Node node;
  node.add("Data", std::move(inner)).add("Empty", Node());
  EXPECT_EQ(render_json(node), "{\"Data\":{\"x\":1},\"Empty\":{}}");
  EXPECT_EQ(xml(node), "<Data><x>1</x></Data><Empty></Empty>");
  EXPECT_EQ(render_json(Node()), "{}");
  EXPECT_EQ(xml(Node()), "");
}

// wire-protocol 5.2, cloud-api 0.3
TEST(Node, WrapsAListInItsTag) {
  Node device;
  device.add("DeviceName", "d");
  std::vector<Node> devices;
  devices.push_back(device);
  Node node;
  node.add_list("Data", "DeviceInfo", std::move(devices)).add_list("Names", "Name", texts({"a", "b"}));
  EXPECT_EQ(render_json(node),
            "{\"Data\":{\"DeviceInfo\":[{\"DeviceName\":\"d\"}]},\"Names\":{\"Name\":[\"a\",\"b\"]}}");
  EXPECT_EQ(xml(node),
            "<Data><DeviceInfo><DeviceName>d</DeviceName></DeviceInfo></Data>"
            "<Names><Name>a</Name><Name>b</Name></Names>");
}

TEST(Node, KeepsTheWrapperOfAnEmptyList) {
  Node node;
  node.add_list("Data", "data", {});
  EXPECT_EQ(render_json(node), "{\"Data\":{\"data\":[]}}");
  EXPECT_EQ(xml(node), "<Data></Data>");
}

TEST(Node, EscapesTextForBothForms) {
  Node node;
  node.add("t", "<a href=\"x\">&'\n\t\r]]>");
  EXPECT_EQ(render_json(node), "{\"t\":\"<a href=\\\"x\\\">&'\\n\\t\\r]]>\"}");
  EXPECT_EQ(xml(node), "<t>&lt;a href=\"x\"&gt;&amp;'\n\t&#13;]]&gt;</t>");
}

TEST(Node, ShowsWhatXmlCannotHoldAsAQuestionMark) {
  Node node;
  node.add("t", std::string("a\0b\x01\x1f\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd测", 17));
  EXPECT_EQ(xml(node),
            "<t>a?b?"
            "???\xef\xbf\xbd测</t>");
}

TEST(Node, SendsWellFormedUtf8Whatever) {
  Node node;
  node.add("t",
           "a\xff"
           "b\xe4\xb8");
  EXPECT_EQ(render_json(node), "{\"t\":\"a?b??\"}");
  EXPECT_EQ(xml(node),
            "<t>a?b?"
            "?</t>");
}

TEST(Node, PrintsEveryByteValueAsJsonThatParses) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  Node node;
  node.add(bytes.substr(0, 128), bytes);
  const std::string json = render_json(node);
  boost::system::error_code error;
  const auto value = boost::json::parse(json, error);
  EXPECT_FALSE(error) << json;
  EXPECT_EQ(value.as_object().size(), 1u);
}

TEST(Node, TakesTheFieldsOfAnother) {
  Node a, b;
  a.add("x", 1);
  b.add("y", 2).add_list("l", "t", texts({"v"}));
  a.add_all(b).add_all(Node()).add_all(Node("no object"));
  EXPECT_EQ(render_json(a), "{\"x\":1,\"y\":2,\"l\":{\"t\":[\"v\"]}}");
}

TEST(Node, KnowsItsFieldsAtTheTopOnly) {
  Node inner, node;
  inner.add("deep", 1);
  node.add("top", std::move(inner));
  EXPECT_TRUE(node.has("top"));
  EXPECT_FALSE(node.has("deep"));
  EXPECT_FALSE(node.has(""));
  EXPECT_FALSE(Node("text").has("top"));
}

TEST(NodeDeathTest, AddsNoFieldToAText) {
  Node text("x");
  EXPECT_DEATH(text.add("a", 1), "check failed");
}

}  // namespace
}  // namespace rollcall::api
