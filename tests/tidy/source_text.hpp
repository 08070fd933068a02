// A source file as the tidy rules see it: the text as written, and the same text with comments and the
// insides of literals blanked, so that a rule about code does not fire on prose. Positions are equal in both.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::tidy {

/// Replaces comments and the contents of string and character literals by blanks; keeps every line break.
std::string blank_comments_and_literals(std::string_view text);

/// Lines without their line break; a last line without one counts.
std::vector<std::string_view> split_lines(std::string_view text);

/// Number of Unicode code points, which is what a column limit means to a reader.
std::size_t count_columns(std::string_view line);

/// One-based number of the line that holds this offset.
std::size_t line_at(std::string_view text, std::size_t offset);

}  // namespace rollcall::tidy
