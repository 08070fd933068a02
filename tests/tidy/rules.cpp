#include "tidy/rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <regex>

#include "tidy/include_edges.hpp"
#include "tidy/source_text.hpp"

namespace rollcall::tidy {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

struct File {
  std::string_view path;
  std::string_view text;
  std::string code;         ///< text without comments and literals
  std::string_view folder;  ///< first folder below src/, empty elsewhere
  std::vector<std::string>* findings;

  void report(std::size_t line, const std::string& message) const {
    findings->push_back(std::string(path) + ":" + std::to_string(line) + ": " + message);
  }
};

std::string_view folder_of(std::string_view path) {
  if (!path.starts_with("src/")) return {};
  path.remove_prefix(4);
  const std::size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

bool starts_with_any(std::string_view path, const std::vector<std::string_view>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [path](std::string_view prefix) { return path.starts_with(prefix); });
}

void check_includes(const File& file) {
  const Folder* folder = find_folder(file.folder);
  if (folder == nullptr) {
    if (!file.folder.empty()) file.report(1, "folder unknown to DESIGN 2, use one of its table");
    return;
  }
  static const std::regex include(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  std::size_t number = 0;
  for (const std::string_view line : split_lines(file.code)) {
    ++number;
    std::match_results<std::string_view::const_iterator> match;
    if (!std::regex_search(line.begin(), line.end(), match, include)) continue;
    const std::string target = match[2].str();
    const std::string refusal = match[1].str() == "\"" ? refuse_own_include(*folder, target)
                                                       : refuse_foreign_include(*folder, target);
    if (!refusal.empty()) file.report(number, refusal);
  }
}

struct Banned {
  const char* pattern;
  std::vector<std::string_view> allowed;  ///< path prefixes
  const char* message;
};

const std::vector<Banned>& banned_words() {
  static const std::vector<std::string_view> ground = {"src/base/", "src/net/"};
  static const std::vector<std::string_view> threads = {"src/net/mailbox", "src/net/core_loop_test",
                                                        "src/base/counters", "src/base/log", "src/server/"};
  static const std::vector<Banned> table = {
      {R"(\b(system_clock|steady_clock|high_resolution_clock)\b)", ground,
       "a hidden clock, use the Clock& that is passed in (base/clock.hpp)"},
      {R"((\bs?rand\s*\(|\brandom_device\b|\bmt19937))", ground,
       "hidden randomness, use the Random& that is passed in (base/random.hpp)"},
      {R"(\b(sleep|usleep|nanosleep|sleep_for|sleep_until)\s*\()", ground, "a sleep, use a timer or a tick"},
      {R"(\b(mutex|shared_mutex|recursive_mutex|condition_variable|lock_guard|unique_lock|scoped_lock)\b)",
       threads, "a lock, use one owner thread and a mailbox (net/mailbox.hpp)"},
      {R"(\batomic(_\w+)?\b)", threads, "an atomic, use base/counters.hpp or a mailbox"},
  };
  return table;
}

void check_banned_words(const File& file) {
  if (file.folder.empty() || file.path.ends_with("_bench.cpp")) return;
  for (const Banned& banned : banned_words()) {
    if (starts_with_any(file.path, banned.allowed)) continue;
    const std::regex pattern(banned.pattern);
    std::size_t number = 0;
    for (const std::string_view line : split_lines(file.code)) {
      ++number;
      if (std::regex_search(line.begin(), line.end(), pattern)) file.report(number, banned.message);
    }
  }
}

void check_layout(const File& file) {
  static const std::regex unfinished(std::string("\\b(TO") + "DO|FIX" + "ME|XX" + "X)\\b");
  const bool is_table = file.path.ends_with(".def");  // one row is one line there
  const auto lines = split_lines(file.text);
  std::size_t number = 0;
  for (const std::string_view line : lines) {
    ++number;
    const std::size_t columns = count_columns(line);
    if (columns > kLineColumnsMax && !is_table) {
      file.report(number, "line of " + std::to_string(columns) + " columns, use at most 110");
    }
    if (line.find('\t') != std::string_view::npos) file.report(number, "tab, use spaces");
    if (line.ends_with('\r')) file.report(number, "carriage return, use a plain line feed");
    if (std::regex_search(line.begin(), line.end(), unfinished)) {
      file.report(number, "unfinished work in a comment, use an issue");
    }
  }
  if (lines.size() > kFileLinesMax) {
    file.report(lines.size(), "file of " + std::to_string(lines.size()) + " lines, use at most 600");
  }
  if (!file.text.empty() && !file.text.ends_with('\n')) {
    file.report(lines.size(), "no line feed at the end, use one");
  }
}

void check_header(const File& file) {
  if (!file.path.ends_with(".hpp")) return;
  if (file.code.find("#pragma once") == std::string::npos) {
    file.report(1, "header without a guard, use #pragma once");
  }
  const auto lines = split_lines(file.text);
  const bool opens_with_comment =
      (!lines.empty() && lines[0].starts_with("//")) ||
      std::any_of(lines.begin(),
                  lines.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(lines.size(), 3)),
                  [](std::string_view line) { return line.starts_with("//"); });
  if (!opens_with_comment) file.report(1, "header without a word on what it is, use 2 to 8 lines of comment");
}

/// Start of the statement around `offset`: behind the last `;`, or the last brace that ends a line.
std::size_t statement_start(std::string_view code, std::size_t offset) {
  for (std::size_t i = offset; i > 0; --i) {
    const char c = code[i - 1];
    if (c == ';') return i;
    if (c != '{' && c != '}') continue;
    const std::size_t next = code.find_first_not_of(" \t", i);
    if (next != std::string_view::npos && code[next] == '\n') return i;
  }
  return 0;
}

/// End of the statement: its `;`, or the parenthesis that closes the condition it stands in.
std::size_t statement_end(std::string_view code, std::size_t offset) {
  int depth = 0;
  for (std::size_t i = offset; i < code.size(); ++i) {
    if (code[i] == '(') ++depth;
    if (code[i] == ')' && --depth < 0) return i;
    if (code[i] == ';') return i;
  }
  return code.size();
}

char last_visible(std::string_view code, std::size_t before) {
  const std::size_t at = before == 0 ? std::string_view::npos : code.find_last_not_of(" \t\n", before - 1);
  return at == std::string_view::npos ? '\0' : code[at];
}

bool has_capturing_lambda(std::string_view statement) {
  for (std::size_t i = 0; i < statement.size(); ++i) {
    if (statement[i] != '[') continue;
    const char before = last_visible(statement, i);
    if (is_word(before) || before == ')' || before == ']' || before == '[') continue;  // subscript, attribute
    const std::size_t inside = statement.find_first_not_of(" \t\n", i + 1);
    if (inside != std::string_view::npos && statement[inside] != ']' && statement[inside] != '[') return true;
  }
  return false;
}

bool has_brace_temporary(std::string_view statement) {
  for (std::size_t i = 0; i < statement.size(); ++i) {
    if (statement[i] != '{') continue;
    const char before = last_visible(statement, i);
    if (is_word(before) || before == '>' || before == '(' || before == ',' || before == '=') return true;
  }
  return false;
}

// gcc 12 destroys such temporaries twice.
void check_co_await(const File& file) {
  const std::string_view code = file.code;
  for (std::size_t at = code.find("co_await"); at != std::string_view::npos;
       at = code.find("co_await", at + 8)) {
    const std::size_t start = statement_start(code, at);
    const std::string_view statement = code.substr(start, statement_end(code, at) - start);
    const std::size_t line = line_at(code, at);
    if (has_capturing_lambda(statement)) {
      file.report(line, "capturing lambda in a statement with co_await, use a named local and std::move");
    }
    if (has_brace_temporary(statement)) {
      file.report(line, "braced temporary in a statement with co_await, use a named local and std::move");
    }
  }
}

}  // namespace

std::vector<std::string> check_source(std::string_view path, std::string_view text) {
  std::vector<std::string> findings;
  const File file{path, text, blank_comments_and_literals(text), folder_of(path), &findings};
  check_includes(file);
  check_banned_words(file);
  check_layout(file);
  check_header(file);
  check_co_await(file);
  return findings;
}

std::vector<std::string> check_any_text(std::string_view path, std::string_view text) {
  static const std::regex machine_path(std::string("(^|[^\\w./-])/(wo") + "rk|ro" + "ot|ho" + "me)/");
  std::vector<std::string> findings;
  std::size_t number = 0;
  for (const std::string_view line : split_lines(text)) {
    ++number;
    if (std::regex_search(line.begin(), line.end(), machine_path)) {
      findings.push_back(std::string(path) + ":" + std::to_string(number) +
                         ": path of one machine, use a path inside the checkout");
    }
  }
  return findings;
}

}  // namespace rollcall::tidy
