// The dependency table of the folders under src/ (DESIGN 2), and which third-party headers each of them may
// see. Used by the rules and, to compare it with the link edges, by the test of the tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::tidy {

struct Folder {
  std::string_view name;
  std::vector<std::string_view> may_include;  ///< other folders of src/; a folder always sees itself
};

const std::vector<Folder>& folders();

/// Null when src/ has no such folder.
const Folder* find_folder(std::string_view name);

/// Why `path` (as written between the quotes) may not be included by a file of this folder; empty when it
/// may.
std::string refuse_own_include(const Folder& folder, std::string_view path);

/// The same for a header in angle brackets.
std::string refuse_foreign_include(const Folder& folder, std::string_view path);

}  // namespace rollcall::tidy
