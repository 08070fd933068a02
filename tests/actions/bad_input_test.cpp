// Every parameter of every action with every kind of bad value, through the whole API service: refused with
// the closest code there is, nothing changed by it, and never an internal error.
#include "actions/bad_input.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "actions/calls.hpp"
#include "base/json.hpp"

namespace rollcall::testing {
namespace {

using api::ActionRow;
using api::ParameterKind;
using api::ParameterSpec;

constexpr const char* kInternal[] = {"InternalError", "iot.system.SystemException", "ServiceUnavailable"};

std::string deep(char open, char close) { return std::string(10'000, open) + std::string(10'000, close); }

// Of one action: calls with one parameter spoilt.
class Spoiler {
 public:
  explicit Spoiler(const ActionRow& row) : row_(row), action_(row.name) { start_anew(); }

  void spoil_all() {
    unknown_parameter();
    for (const ParameterSpec& spec : row_.parameters) {
      const bool repeated = spec.kind == ParameterKind::List || spec.kind == ParameterKind::Objects;
      if (!repeated) {
        spoil(spec, std::string(spec.name));
        continue;
      }
      size_t rows = 0;
      for (auto all : {device_rows, fleet_rows, model_rows, job_rows, direct_rows})
        for (const ParameterRow& row : all())
          if (std::string_view(row.parameter).starts_with(std::string(spec.name) + ".") &&
              find_row(action_, row.parameter) == &row && seen_.insert(row.parameter).second) {
            ++rows;
            spoil({spec.name}, row.parameter);
          }
      EXPECT_GT(rows, 0u) << action_ << "." << spec.name << " needs a row in the tables of this test";
    }
  }

 private:
  void start_anew() {
    caller_ = std::make_unique<Caller>();
    before_ = caller_->picture();
    good_code_ = Caller().call(action_, caller_->good_call(action_)).code;
  }

  Parameters call_with(const ParameterRow& row) const {
    Parameters call = caller_->good_call(action_);
    for (const auto& [name, value] : row.with)
      value.empty() ? remove(call, name) : put(call, name, caller_->fill(value));
    return call;
  }

  // Calls and sees to what must hold for every call.
  Reply ask(const Parameters& call) {
    Reply reply = caller_->call(action_, call);
    for (const char* code : kInternal) EXPECT_NE(reply.code, code) << reply.body.substr(0, 500);
    // What is gone cannot be looked at.
    const bool gone = reply.code.empty() && action_.starts_with("Delete");
    if (!gone && caller_->picture() == before_) return reply;
    EXPECT_EQ(reply.code, "") << "a refused call has changed something: " << reply.body.substr(0, 500);
    start_anew();
    return reply;
  }

  void refused(const Parameters& call, const std::set<std::string>& codes) {
    const Reply reply = ask(call);
    EXPECT_TRUE(codes.contains(reply.code))
        << "expected " << *codes.begin() << ", got '" << reply.code << "': " << reply.body.substr(0, 300);
  }
  void taken(const Parameters& call) {
    const Reply reply = ask(call);
    EXPECT_TRUE(reply.code.empty() || reply.code == good_code_) << reply.body.substr(0, 300);
  }

  static std::string code_of(ErrorCode code, const std::string& name = {}) {
    Error error(code);
    error.parameter = name;
    return api_code(error);
  }

  void unknown_parameter() {
    SCOPED_TRACE(action_ + " with an unknown parameter");
    Parameters call = caller_->good_call(action_);
    call.emplace_back("NoSuchParameter", "1");
    Caller strict(true);
    Parameters strict_call = strict.good_call(action_);
    strict_call.emplace_back("NoSuchParameter", "1");
    const std::string before = strict.picture();
    EXPECT_EQ(strict.call(action_, strict_call).code, code_of(kBadFormat));
    EXPECT_EQ(strict.picture(), before);
    EXPECT_TRUE(ask(call).warned);
  }

  void spoil(const ParameterSpec& spec, const std::string& name) {
    const ParameterRow* row = find_row(action_, name);
    ASSERT_NE(row, nullptr) << action_ << "." << name << " needs a row in the tables of this test";
    absent(spec, *row, name);
    wrong_kind(spec, *row, name);
    hostile(*row, name);
    for (const auto& [value, code] : row->refused) {
      SCOPED_TRACE(action_ + "." + name + " = " + value.substr(0, 60));
      Parameters call = call_with(*row);
      put(call, name, caller_->fill(value));
      refused(call, {code_of(code)});
    }
    for (const std::string& value : row->taken) {
      SCOPED_TRACE(action_ + "." + name + " = " + value.substr(0, 60));
      Parameters call = call_with(*row);
      put(call, name, caller_->fill(value));
      taken(call);
    }
  }

  void absent(const ParameterSpec& spec, const ParameterRow& row, const std::string& name) {
    SCOPED_TRACE(action_ + "." + name + " is absent");
    Parameters without = call_with(row);
    const bool given = std::find_if(without.begin(), without.end(),
                                    [&](const auto& p) { return p.first == name; }) != without.end();
    remove(without, name);
    Parameters empty = without, other_case = without;
    put(empty, name, "");
    std::string other = name;
    other[0] = static_cast<char>(other[0] ^ 0x20);
    put(other_case, other, given ? call_value(row, name) : "x");
    const std::string missing = code_of(ErrorCode::Missing, name);
    for (const Parameters* call : {&without, &empty, &other_case}) {
      if (spec.required) {
        refused(*call, {missing});
      } else {
        const Reply reply = ask(*call);
        EXPECT_NE(reply.code, missing);
        EXPECT_EQ(reply.warned, call == &other_case) << reply.body.substr(0, 300);
      }
    }
  }
  std::string call_value(const ParameterRow& row, const std::string& name) const {
    for (const auto& [key, value] : call_with(row))
      if (key == name) return value;
    return {};
  }

  void wrong_kind(const ParameterSpec& spec, const ParameterRow& row, const std::string& name) {
    std::vector<std::string> values{std::string(4'097, 'a'), std::string(70'001, 'a')};
    ErrorCode code = row.senseless.value_or(kBadFormat);
    const std::string digits(30, '9');
    switch (spec.kind) {
      case ParameterKind::Integer:
        values.insert(values.end(), {"x", "1.5", "1.0", " 1", "1 ", "+1", "0x1", "1e0", "1e999", digits,
                                     "-" + digits, "true", "[1]", "9223372036854775808", "\xef\xbc\x91"});
        code = spec.ill_formed;
        break;
      case ParameterKind::Boolean:
        values.insert(values.end(), {"1", "0", "yes", "t", "TRUE ", "null", digits});
        code = spec.ill_formed;
        break;
      case ParameterKind::Json:
        values.insert(values.end(), {"{",
                                     "}",
                                     "{}x",
                                     "nul",
                                     "[1",
                                     "1",
                                     "\"a\"",
                                     "true",
                                     "[]",
                                     "{\"a\":1,}",
                                     "{'a':1}",
                                     "{\"a\":1,\"a\":2}",
                                     "{\"a\":" + digits + digits + "x}",
                                     "{\"a\":01}",
                                     "{\"a\":NaN}",
                                     "{\"a\":\"\\ud800\"}",
                                     "{\"a\":\"\xed\xa0\x80\"}",
                                     "{\"a\":\"\x01\"}",
                                     deep('[', ']'),
                                     "{\"a\":" + deep('[', ']') + "}",
                                     std::string(10'000, '[')});
        code = kBadFormat;
        break;
      default:
        break;
    }
    for (const std::string& value : values) {
      SCOPED_TRACE(action_ + "." + name + " = " + value.substr(0, 40) + " of the wrong kind, " +
                   std::to_string(value.size()) + " bytes");
      Parameters call = call_with(row);
      put(call, name, value);
      if (row.senseless || spec.kind != ParameterKind::Text)
        refused(call, {code_of(code), code_of(row.senseless.value_or(code))});
      else
        taken(call);
      // The last of equal names counts.
      Parameters twice = call_with(row);
      twice.emplace_back(name, value);
      if (value.size() == 4'097 && row.senseless)
        refused(twice, {code_of(code), code_of(row.senseless.value_or(code))});
    }
  }

  // No text of a caller holds these.
  void hostile(const ParameterRow& row, const std::string& name) {
    const std::string good = call_value(row, name);
    const std::string nul(1, '\0');
    for (const std::string& value :
         {nul, good + nul, "a" + nul + "b", good + "\x01", std::string("\x1b[2J"), std::string("\x7f"),
          std::string("\xff"), std::string("\xed\xa0\x80"), std::string("\xc0\x80"),
          std::string("\xf4\x90\x80\x80"), good + "\xe4\xb8"}) {
      SCOPED_TRACE(action_ + "." + name + " with hostile bytes, " + std::to_string(value.size()) +
                   " bytes, " + percent_encode(value).substr(0, 60));
      Parameters call = call_with(row);
      put(call, name, value);
      refused(call, {code_of(kBadFormat), code_of(row.senseless.value_or(kBadFormat))});
    }
    for (const std::string& value :
         {deep('[', ']'), deep('{', '}'), std::string("1e999"), std::string("-0"), std::string("' OR 1=1 --"),
          std::string("%00"), std::string("../../x"), std::string("\xe2\x80\xae\xf0\x9f\x98\x80"),
          std::string("*"), std::string("@@"), std::string("null")}) {
      SCOPED_TRACE(action_ + "." + name + " = " + value.substr(0, 60));
      Parameters call = call_with(row);
      put(call, name, value);
      ask(call);
    }
  }

  const ActionRow& row_;
  const std::string action_;
  std::unique_ptr<Caller> caller_;
  std::string before_, good_code_;
  std::set<std::string> seen_;
};

// A call with `count` elements of the row's list.
Parameters call_of(const Caller& caller, const CountRow& row, size_t count) {
  Parameters call = caller.good_call(row.action);
  for (const auto& [name, value] : row.with) remove(call, name);
  std::erase_if(call, [&](const auto& pair) { return pair.first.starts_with(std::string(row.list) + "."); });
  for (size_t i = 1; i <= count; ++i) {
    for (const auto& [field, value] : row.element) {
      std::string text = caller.fill(value);
      if (const size_t at = text.find('#'); at != std::string::npos) text.replace(at, 1, std::to_string(i));
      call.emplace_back(std::string(row.list) + "." + std::to_string(i) + (field.empty() ? "" : "." + field),
                        text);
    }
  }
  return call;
}

TEST(BadInputLists, AreTakenUpToTheirLength) {
  for (const CountRow& row : count_rows()) {
    SCOPED_TRACE(std::string(row.action) + "." + row.list);
    const std::string too_many = api_code(Error(row.too_many));
    Caller caller;
    const std::string before = caller.picture();
    const Reply more = caller.call(row.action, call_of(caller, row, row.max + 1));
    EXPECT_EQ(more.code, too_many) << more.body.substr(0, 300);
    EXPECT_EQ(caller.picture(), before);
    if (row.none != ErrorCode::InternalError) {  // that stands for lists that may be left out
      EXPECT_EQ(caller.call(row.action, call_of(caller, row, 0)).code, api_code(Error(row.none)));
      EXPECT_EQ(caller.picture(), before);
    }
    EXPECT_NE(caller.call(row.action, call_of(caller, row, row.max)).code, too_many);
  }
}

TEST(BadInputLists, HaveANumberForEveryElement) {
  for (const CountRow& row : count_rows()) {
    const std::string list = row.list;
    for (const std::string& name : {list, list + ".", list + ".0", list + ".01", list + ".x", list + ".-1",
                                    list + ".1x", list + ".99999999999999999999", list + "..1"}) {
      SCOPED_TRACE(std::string(row.action) + "." + name);
      Caller caller;
      const std::string before = caller.picture();
      Parameters call = call_of(caller, row, 0);
      call.emplace_back(name, "device-1");
      const Reply reply = caller.call(row.action, call);
      if (row.none != ErrorCode::InternalError) {
        EXPECT_EQ(reply.code, api_code(Error(row.none)));
      }
      EXPECT_TRUE(reply.warned || !reply.code.empty());
      if (!reply.code.empty()) {
        EXPECT_EQ(caller.picture(), before);
      }
    }
  }
}

TEST(BadInputLists, SomeTasksThatAreNamedWronglyAreNotAllTasks) {
  Caller caller;
  const std::string before = caller.picture();
  for (const char* name :
       {"TaskId", "TaskId.0", "TaskId.01", "TaskId.x", "TaskId.1.x", "Status", "Status.0"}) {
    Parameters call = caller.good_call("RerunJob");
    call.emplace_back(name, name[0] == 'T' ? caller.owner.task : "FAILED");
    EXPECT_EQ(caller.call("RerunJob", call).code, api_code(Error(kBadFormat))) << name;
  }
  EXPECT_EQ(caller.picture(), before);
}

class BadInput : public ::testing::TestWithParam<ActionRow> {};

TEST_P(BadInput, IsRefusedAndChangesNothing) { Spoiler(GetParam()).spoil_all(); }

INSTANTIATE_TEST_SUITE_P(Actions, BadInput,
                         ::testing::ValuesIn(api::action_table().begin(), api::action_table().end()),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace rollcall::testing
