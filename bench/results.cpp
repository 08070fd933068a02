#include "bench/results.hpp"

#include <fmt/format.h>

#include <boost/json/value.hpp>

#include "base/json.hpp"

namespace rollcall::bench {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view text) {
  append_json_string(out, name);
  out += ':';
  append_json_string(out, text);
  out += ',';
}

void append_figure(std::string& out, const Figure& figure) {
  out += "    {";
  append_member(out, "name", figure.name);
  out += fmt::format(R"("ratio":{},"higherIsBetter":{},)", figure.ratio, figure.higher_is_better);
  if (figure.target) {
    const bool at_least = figure.target->bound == Target::Bound::AtLeast;
    out += fmt::format(R"("{}":{},)", at_least ? "atLeast" : "atMost", figure.target->value);
  }
  out += R"("samples":[)";
  for (size_t i = 0; i < figure.samples.size(); ++i)
    out += fmt::format("{}{:.6g}", i == 0 ? "" : ",", figure.samples[i]);
  out += "]}";
}

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
}

bool flag_of(const boost::json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  return member != nullptr && member->is_bool() && member->get_bool();
}

std::optional<double> number_of(const boost::json::value* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

std::optional<Figure> read_figure(const boost::json::value& value) {
  if (!value.is_object()) return std::nullopt;
  const auto& object = value.get_object();
  Figure figure;
  figure.name = text_of(object, "name");
  figure.ratio = flag_of(object, "ratio");
  figure.higher_is_better = flag_of(object, "higherIsBetter");
  if (const auto bound = number_of(object.if_contains("atLeast")))
    figure.target = Target{Target::Bound::AtLeast, *bound};
  if (const auto bound = number_of(object.if_contains("atMost")))
    figure.target = Target{Target::Bound::AtMost, *bound};
  const auto* samples = object.if_contains("samples");
  if (figure.name.empty() || samples == nullptr || !samples->is_array()) return std::nullopt;
  for (const auto& sample : samples->get_array()) {
    const auto number = number_of(&sample);
    if (!number) return std::nullopt;
    figure.samples.push_back(*number);
  }
  return figure;
}

}  // namespace

bool is_met(const Target& target, double value) {
  return target.bound == Target::Bound::AtLeast ? value >= target.value : value <= target.value;
}

std::string target_text(const Target& target) {
  return fmt::format("{} {:g}", target.bound == Target::Bound::AtLeast ? "at least" : "at most",
                     target.value);
}

bool is_rate(std::string_view name) { return name.ends_with("_per_s") || name == kCpuShare; }

std::string to_json(const RunResults& results) {
  std::string out = "{\n  ";
  append_member(out, "commit", results.commit);
  append_member(out, "kernel", results.kernel);
  append_member(out, "processor", results.processor);
  out += fmt::format(R"("cores":{},)", results.cores);
  append_member(out, "options", results.options);
  out += "\n  \"figures\":[\n";
  for (const Figure& figure : results.figures) {
    append_figure(out, figure);
    out += &figure == &results.figures.back() ? "\n" : ",\n";
  }
  out += "  ],\n  \"failures\":[";
  for (const std::string& failure : results.failures) {
    append_json_string(out, failure);
    if (&failure != &results.failures.back()) out += ',';
  }
  out += "]\n}\n";
  return out;
}

Result<RunResults> from_json(std::string_view text) {
  ROLLCALL_TRY(const auto value, parse_json(text));
  const auto refuse = [](const char* why) { return fail(ErrorCode::InvalidFormattedParameter, why); };
  if (!value.is_object()) return refuse("this is no result of a benchmark");
  const auto& object = value.get_object();
  const auto* figures = object.if_contains("figures");
  if (figures == nullptr || !figures->is_array()) return refuse("there are no figures in it");
  RunResults results;
  results.commit = text_of(object, "commit");
  results.kernel = text_of(object, "kernel");
  results.processor = text_of(object, "processor");
  results.cores = static_cast<int64_t>(number_of(object.if_contains("cores")).value_or(0));
  results.options = text_of(object, "options");
  for (const auto& one : figures->get_array()) {
    auto figure = read_figure(one);
    if (!figure) return refuse("a figure is damaged");
    results.figures.push_back(std::move(*figure));
  }
  return results;
}

}  // namespace rollcall::bench
