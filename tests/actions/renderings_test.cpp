// Every action answers its owner, and its answer says the same in JSON and in XML: the same names, nested in
// the same way, with the same texts, in the same order (wire-protocol 5.2, 5.3).
#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <sstream>
#include <string>

#include "actions/calls.hpp"
#include "actions/owner.hpp"
#include "api/envelope.hpp"
#include "base/json.hpp"

namespace rollcall::testing {
namespace {

using Tree = boost::property_tree::ptree;

std::string text_of(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (const auto* flag = value.if_bool()) return *flag ? "true" : "false";
  return std::to_string(value.as_int64());
}

// As XML nests it: an array is its elements, each under the array's name.
Tree tree_of(const boost::json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return Tree(text_of(value));
  Tree tree;
  for (const auto& [name, member] : *object) {
    if (const auto* array = member.if_array())
      for (const auto& element : *array) tree.push_back({std::string(name), tree_of(element)});
    else
      tree.push_back({std::string(name), tree_of(member)});
  }
  return tree;
}

Tree parse_xml(const std::string& text) {
  std::istringstream in(text);
  Tree tree;
  boost::property_tree::read_xml(in, tree);
  return tree;
}

// Where two trees differ; empty when they do not.
std::string difference(const Tree& json, const Tree& xml, const std::string& path) {
  if (json.size() != xml.size() || json.data() != xml.data())
    return path + ": " + std::to_string(json.size()) + " members and \"" + json.data() + "\" in JSON, " +
           std::to_string(xml.size()) + " and \"" + xml.data() + "\" in XML";
  auto other = xml.begin();
  for (const auto& [name, member] : json) {
    if (name != other->first) return path + ": " + name + " in JSON, " + other->first + " in XML";
    if (auto found = difference(member, other->second, path + "." + name); !found.empty()) return found;
    ++other;
  }
  return {};
}

TEST(Renderings, OfEveryActionAgree) {
  std::string previous;
  for (const auto& [action, one] : action_calls()) {
    if (action == std::exchange(previous, action)) continue;
    SCOPED_TRACE(action);
    Owner owner;
    const ActionAnswer answer = owner.call(kOwnerSelf, action, one.parameters(owner));
    ASSERT_FALSE(answer.error) << public_message(*answer.error);
    api::AnswerContext context;
    context.request_id = "5E3A0C2B-8C3F-4B1D-9C7E-0123456789AB";
    context.action = action;
    const auto json = parse_json(api::render_success(context, answer.fields).body);
    ASSERT_TRUE(json);
    context.format = api::Format::Xml;
    const Tree xml = parse_xml(api::render_success(context, answer.fields).body);
    ASSERT_EQ(xml.size(), 1u);
    EXPECT_EQ(xml.front().first, action + "Response");
    EXPECT_EQ(difference(tree_of(*json), xml.front().second, action), "");
  }
}

TEST(Renderings, TheComparisonSeesADifference) {
  const Tree one = tree_of(parse_json(R"({"a":{"b":[{"c":1},{"c":2}]},"d":true})").value());
  EXPECT_EQ(difference(one, parse_xml("<a><b><c>1</c></b><b><c>2</c></b></a><d>true</d>"), ""), "");
  EXPECT_NE(difference(one, parse_xml("<a><b><c>1</c></b><b><c>3</c></b></a><d>true</d>"), ""), "");
  EXPECT_NE(difference(one, parse_xml("<a><b><c>1</c></b></a><d>true</d>"), ""), "");
  EXPECT_NE(difference(one, parse_xml("<d>true</d><a><b><c>1</c></b><b><c>2</c></b></a>"), ""), "");
}

}  // namespace
}  // namespace rollcall::testing
