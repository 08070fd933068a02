// Feeds arbitrary texts to the reader of thing models and to the checks of one that has every data type: no
// over-read; what is taken is well formed and is taken again as it is. What the
// dialect gives is given back; what is imported can be imported again. The first byte chooses.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.hpp"
#include "model/model_edit.hpp"
#include "model/thing_model.hpp"
#include "model/thing_model_json.hpp"

namespace {

constexpr const char* kModel = R"({"properties":[
  {"identifier":"i","accessMode":"rw","dataType":{"type":"int","specs":{"min":"0","max":"100"}}},
  {"identifier":"f","accessMode":"rw","dataType":{"type":"float"}},
  {"identifier":"d","accessMode":"rw","dataType":{"type":"double","specs":{"min":"-1.5"}}},
  {"identifier":"t","accessMode":"rw","dataType":{"type":"text","specs":{"length":"5"}}},
  {"identifier":"b","accessMode":"rw","dataType":{"type":"bool"}},
  {"identifier":"e","accessMode":"rw","dataType":{"type":"enum","specs":{"0":"auto","7":"eco"}}},
  {"identifier":"u","accessMode":"rw","dataType":{"type":"date"}},
  {"identifier":"a","accessMode":"rw","dataType":{"type":"array","specs":{"size":"3","item":{"type":"int"}}}},
  {"identifier":"s","accessMode":"rw","dataType":{"type":"struct","specs":[
    {"identifier":"i","dataType":{"type":"int"}},
    {"identifier":"a","dataType":{"type":"array","specs":{"item":{"type":"text"}}}}]}}],
 "services":[{"identifier":"x","inputData":[{"identifier":"i","dataType":{"type":"int"}}]}]})";

void require(bool holds) {
  if (!holds) std::abort();
}

void read_model(const std::string& tsl) {
  using namespace rollcall;
  const auto model = ThingModel::parse(tsl);
  const auto completed = complete_tsl(tsl, "p1AbcDEFgh1");
  const auto simple = simple_tsl(tsl);
  if (model) require(completed && simple && ThingModel::parse(*completed));
  if (completed) require(complete_tsl(*completed, "p1AbcDEFgh1") == *completed);
  if (simple) require(simple_tsl(*simple) == *simple);
}

// What is taken from the dialect goes there and back unchanged.
void read_dialect(const std::string& json) {
  using namespace rollcall;
  const auto tsl = tsl_of_thing_model_json(json, "");
  if (!tsl || !ThingModel::parse(*tsl)) return;
  const std::string again = thing_model_json_of_tsl(*tsl, {"p1", "", ""});
  require(static_cast<bool>(parse_json(again)));
  const auto back = tsl_of_thing_model_json(again, "");
  require(static_cast<bool>(back) && ThingModel::parse(*back));
  require(thing_model_json_of_tsl(*back, {"p1", "", ""}) == again);
}

// An import and an edit of what was imported give a document that is well formed.
void edit_draft(const std::string& text) {
  using namespace rollcall;
  const auto draft = import_module(kModel, "zone", "Zone", text);
  if (draft) require(ThingModel::parse(*draft) && module_of(*draft, ""));
  const auto whole = import_module(kModel, "", "", text);
  if (whole) require(import_module(*whole, "", "", *whole).value_or("") == *whole);
  const auto edited = edit_module(kModel, "zone", "", {ModelEdit::Kind::Add, text, "", {}, {}, {}});
  if (edited) require(static_cast<bool>(parse_json(*edited)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rollcall;
  static const auto model = ThingModel::parse(kModel).value();
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 5 == 3) {
    read_dialect(text);
  } else if (data[0] % 5 == 4) {
    edit_draft(text);
  } else if (data[0] % 3 == 0) {
    read_model(text);
  } else if (data[0] % 3 == 1) {
    const auto sent = model->check_properties(text);
    if (sent) require(model->check_properties(*sent) == *sent);
  } else {
    const auto call = model->check_service("x", text);
    if (call) require(model->check_service("x", call->params)->params == call->params);
  }
  return 0;
}
