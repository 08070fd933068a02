#include "actions/document.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rollcall::testing {
namespace {

std::string read_whole(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// The first line in which two texts differ.
std::string first_difference(const std::string& a, const std::string& b) {
  std::istringstream lines_a(a), lines_b(b);
  std::string line_a, line_b;
  for (int number = 1;; ++number) {
    const bool more_a = static_cast<bool>(std::getline(lines_a, line_a));
    const bool more_b = static_cast<bool>(std::getline(lines_b, line_b));
    if (!more_a) line_a.clear();
    if (!more_b) line_b.clear();
    if (line_a != line_b || more_a != more_b)
      return "line " + std::to_string(number) + "\n  in the file: " + line_a + "\n  should be:   " + line_b;
    if (!more_a) return "nowhere";
  }
}

}  // namespace

void expect_document(const std::string& name, const std::string& text) {
  const std::string path = std::string(ROLLCALL_API_DOCS) + "/" + name;
  if (std::getenv("ROLLCALL_WRITE_DOCS") != nullptr) {
    std::filesystem::create_directories(ROLLCALL_API_DOCS);
    std::ofstream(path) << text;
    return;
  }
  const std::string found = read_whole(path);
  EXPECT_TRUE(found == text) << "docs/api/" << name
                             << " is not current (./dev docs writes it): " << first_difference(found, text);
}

std::string table_cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

}  // namespace rollcall::testing
