// The habits that a tool can check, as functions from a file's path and text to findings. Called by the
// self-test with small snippets and by the test of the tree with every file. A finding reads `file:line: X,
// use Y`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::tidy {

inline constexpr std::size_t kLineColumnsMax = 110;
inline constexpr std::size_t kFileLinesMax = 600;

/// All findings for one C++ file; `path` is relative to the tree, with forward slashes.
std::vector<std::string> check_source(std::string_view path, std::string_view text);

/// The findings that apply to every text file: paths that exist on one machine only.
std::vector<std::string> check_any_text(std::string_view path, std::string_view text);

}  // namespace rollcall::tidy
