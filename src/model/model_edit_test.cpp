// Editing drafts of thing models by module and feature (cloud-api C.4).
#include "model/model_edit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/limits.hpp"
#include "model/thing_model.hpp"

namespace rollcall {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Kind = ModelEdit::Kind;

std::string text(const Result<std::string>& result) {
  return result ? *result : "refused: " + public_message(result.error());
}

std::string flag(const std::string& id) {
  return R"({"identifier":")" + id +
         R"(","name":"F","rwFlag":"READ_WRITE","dataType":"BOOL","dataSpecsList":[{"name":"off",)"
         R"("value":0},{"name":"on","value":1}]})";
}
ModelEdit add(const std::string& features) {
  return {Kind::Add, R"({"properties":[)" + features + "]}", "", {}, {}, {}};
}
ModelEdit update(const std::string& identifier, const std::string& with) {
  return {Kind::Update, R"({"properties":[)" + with + "]}", identifier, {}, {}, {}};
}
ModelEdit remove_property(const std::string& identifier) {
  return {Kind::Remove, "", "", {identifier}, {}, {}};
}

std::string completed(const std::string& draft) {
  return text(complete_tsl(draft, "p1", limits::kTslCompletedBytesMax));
}

TEST(ModelEdit, AddsChangesAndRemovesFeaturesWhileTheOwnOnesFollow) {
  std::string draft = completed(text(edit_module(empty_tsl("p1"), "", "", add(flag("a") + "," + flag("b")))));
  auto model = ThingModel::parse(draft);
  ASSERT_TRUE(model) << draft;
  EXPECT_TRUE((*model)->check_properties(R"({"a":1,"b":0})"));
  EXPECT_THAT(draft, HasSubstr(R"("inputData":["a","b"])"));
  draft = completed(text(edit_module(draft, "", "", update("a", flag("c")))));
  EXPECT_THAT(draft, HasSubstr(R"("inputData":["c","b"])"));
  draft = completed(text(edit_module(draft, "", "", remove_property("b"))));
  EXPECT_THAT(draft, HasSubstr(R"("inputData":["c"])"));
  draft = completed(text(edit_module(draft, "", "", remove_property("c"))));
  EXPECT_THAT(draft, HasSubstr(R"("services":[])"));
  EXPECT_THAT(draft, HasSubstr(R"("events":[])"));
}

TEST(ModelEdit, KeepsModulesApart) {
  std::string draft = completed(text(edit_module(empty_tsl("p1"), "", "", add(flag("a")))));
  draft = completed(text(edit_module(draft, "zone", "Zone one", add(flag("a")))));
  auto model = ThingModel::parse(draft);
  ASSERT_TRUE(model) << draft;
  EXPECT_TRUE((*model)->check_properties(R"({"a":1,"zone:a":0})"));
  const std::string zone = text(module_of(draft, "zone"));
  EXPECT_THAT(zone, HasSubstr(R"("functionBlockId":"zone","functionBlockName":"Zone one")"));
  EXPECT_THAT(zone, HasSubstr(R"("profile":{"productKey":"p1"})"));
  EXPECT_EQ(text(module_of(draft, "default")), draft);
  EXPECT_THAT(text(module_of(draft, "attic")), StartsWith("refused: the thing model has no module attic"));
  draft = text(edit_module(draft, "zone", "Zone two", {Kind::Update, "", "", {}, {}, {}}));
  EXPECT_THAT(draft, HasSubstr("Zone two"));
  draft = text(edit_module(draft, "zone", "", remove_property("a")));
  EXPECT_THAT(draft, Not(HasSubstr("zone"))) << "a module without features is gone";
}

TEST(ModelEdit, RefusesWhatDoesNotFit) {
  const std::string draft =
      completed(text(edit_module(empty_tsl("p1"), "", "", add(flag("a") + "," + flag("b")))));
  std::string eleven = flag("f0");
  for (int i = 1; i <= 10; ++i) eleven += "," + flag("f" + std::to_string(i));
  const std::tuple<const char*, ModelEdit, const char*> rows[] = {
      {"", add(""), "ThingModelJson: holds no feature"},
      {"", add(eleven), "ThingModelJson: holds at most 10 features, not 11"},
      {"", add(flag("a")), R"(properties: "a" is used already)"},
      {"", add(flag("c") + "," + flag("c")), R"(properties[1].identifier: "c" is used already)"},
      {"", add(flag("time")), R"(properties[0].identifier: "time" is reserved)"},
      {"", add(flag("b-c")), "properties[0].identifier: is 1 to 50 letters"},
      {"", update("z", flag("z")), "the thing model has no feature z"},
      {"", update("a", flag("b")), R"(properties: "b" is used already)"},
      {"", update("a", flag("c") + "," + flag("d")), "ThingModelJson: holds exactly one feature"},
      {"", update("set", flag("c")), "the thing model has no feature set"},
      {"", remove_property("z"), "the thing model has no z in its properties"},
      {"zone", remove_property("a"), "the thing model has no module zone"},
      {"zone", update("a", flag("a")), "the thing model has no module zone"},
  };
  for (const auto& [module, edit, why] : rows)
    EXPECT_THAT(text(edit_module(draft, module, "", edit)), StartsWith(std::string("refused: ") + why));
}

TEST(ModelImport, ReplacesOneModuleAndKeepsTheOthers) {
  const std::string block =
      R"("properties":[{"identifier":"x","accessMode":"rw","dataType":{"type":"bool"}}])";
  std::string draft = completed(text(edit_module(empty_tsl("p1"), "", "", add(flag("a")))));
  draft = completed(text(import_module(draft, "zone", "Zone one", "{" + block + "}")));
  EXPECT_THAT(draft, HasSubstr(R"("identifier":"a")"));
  EXPECT_THAT(text(module_of(draft, "zone")), HasSubstr(R"("identifier":"x")"));
  draft = completed(text(import_module(draft, "", "", "{" + block + "}")));
  EXPECT_THAT(draft, Not(HasSubstr(R"("identifier":"a")")));
  EXPECT_THAT(text(module_of(draft, "zone")), HasSubstr(R"("identifier":"x")"));
  EXPECT_TRUE(ThingModel::parse(draft));
  EXPECT_EQ(completed(text(import_module(draft, "", "", draft))), draft) << "what it gives it takes back";
  draft = completed(text(import_module(draft, "", "", R"({"functionBlocks":[]})")));
  EXPECT_THAT(draft, Not(HasSubstr("zone")));
}

TEST(ModelImport, TakesADocumentThatNamesItsModule) {
  const std::string zone = R"({"functionBlockId":"zone","properties":[{"identifier":"x","accessMode":"r",)"
                           R"("dataType":{"type":"bool"}}]})";
  const std::string draft = completed(text(edit_module(empty_tsl("p1"), "", "", add(flag("a")))));
  for (const char* module : {"", "zone"}) {
    const std::string both = text(import_module(draft, module, "", zone));
    EXPECT_THAT(both, HasSubstr(R"("identifier":"a")"));
    EXPECT_THAT(text(module_of(both, "zone")), HasSubstr(R"("identifier":"x")"));
  }
  EXPECT_THAT(text(import_module(draft, "attic", "", zone)),
              StartsWith("refused: functionBlockId: is another"));
}

TEST(ModelImport, CountsBytesWithAndWithoutBlanks) {
  const std::string blanks = R"({"properties":[)" + std::string(limits::kTslBytesMax - 20, ' ') + "]}";
  EXPECT_THAT(text(import_module("{}", "", "", blanks)), Not(StartsWith("refused")));
  EXPECT_THAT(text(import_module("{}", "", "", blanks + std::string(20, ' '))),
              StartsWith("refused: the document"));
  const std::string dense = R"({"x":")" + std::string(limits::kTslSignificantBytesMax, 'x') + R"("})";
  EXPECT_THAT(text(import_module("{}", "", "", dense)), HasSubstr("without blanks"));
}

}  // namespace
}  // namespace rollcall
