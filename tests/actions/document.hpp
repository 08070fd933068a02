// Documents that are generated from the product's own tables, and tests that they are current. Run with
// ROLLCALL_WRITE_DOCS=1 (./dev docs) the tests write the documents instead.
#pragma once

#include <string>

namespace rollcall::testing {

// `name` is a file under docs/api/.
void expect_document(const std::string& name, const std::string& text);

// A text inside a cell of a Markdown table.
std::string table_cell(std::string_view text);

}  // namespace rollcall::testing
