// The tidy rules on the tree itself, and the link edges in CMakeLists.txt against the table of include edges.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "tidy/include_edges.hpp"
#include "tidy/rules.hpp"

namespace rollcall::tidy {
namespace {

namespace fs = std::filesystem;

const fs::path kTree = ROLLCALL_TREE;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool is_generated(const fs::path& name) {
  static const std::vector<std::string> skipped = {".git",   "build", "node_modules", "rollcall-data",
                                                   ".cache", "dist",  "corpus"};
  return std::find(skipped.begin(), skipped.end(), name.string()) != skipped.end();
}

std::vector<fs::path> tree_files() {
  std::vector<fs::path> files;
  for (auto it = fs::recursive_directory_iterator(kTree); it != fs::recursive_directory_iterator(); ++it) {
    if (is_generated(it->path().filename())) {  // .git is a file in a linked work tree
      if (it->is_directory()) it.disable_recursion_pending();
    } else if (it->is_regular_file()) {
      files.push_back(it->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool is_cpp(const fs::path& path) {
  const auto extension = path.extension();
  return extension == ".cpp" || extension == ".hpp" || extension == ".def";
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += "\n" + line;
  return out;
}

TEST(TidyTree, KeepsEveryRule) {
  std::vector<std::string> findings;
  std::size_t sources = 0;
  for (const fs::path& path : tree_files()) {
    const std::string text = read_file(path);
    if (text.find('\0') != std::string::npos) continue;  // not text
    const std::string name = path.lexically_relative(kTree).generic_string();
    auto found = check_any_text(name, text);
    std::move(found.begin(), found.end(), std::back_inserter(findings));
    if (!is_cpp(path)) continue;
    ++sources;
    found = check_source(name, text);
    std::move(found.begin(), found.end(), std::back_inserter(findings));
  }
  EXPECT_GT(sources, 50U) << "the walk over the tree lost its way";
  EXPECT_TRUE(findings.empty()) << join_lines(findings);
}

TEST(TidyTree, LinksTheFoldersByTheSameEdgesAsTheyInclude) {
  const std::string cmake = read_file(kTree / "CMakeLists.txt");
  const std::regex library(R"(rollcall_library\((\w+)(?:\s+USES\s+((?:[a-z_]+\s*)*))?)");
  std::size_t libraries = 0;
  for (auto it = std::sregex_iterator(cmake.begin(), cmake.end(), library); it != std::sregex_iterator();
       ++it) {
    ++libraries;
    const Folder* folder = find_folder((*it)[1].str());
    ASSERT_NE(folder, nullptr) << (*it)[1].str();
    std::istringstream uses((*it)[2].str());
    for (std::string use; uses >> use;) {
      EXPECT_THAT(folder->may_include, ::testing::Contains(use)) << "CMakeLists.txt links " << folder->name;
    }
  }
  EXPECT_GE(libraries, 11U);
}

}  // namespace
}  // namespace rollcall::tidy
