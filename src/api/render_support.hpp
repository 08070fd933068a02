// Fields of an answer as text, for the tests of api/. Thread: any; pure.
#pragma once

#include <string>

#include "api/node.hpp"

namespace rollcall::api {

inline std::string json_text(const Node& fields) { return render_json(fields); }

// The content of the root element.
inline std::string xml_text(const Node& fields) {
  const std::string whole = render_xml("Root", fields);
  const size_t begin = whole.find("<Root>");
  const size_t end = whole.rfind("</Root>");
  return begin == std::string::npos ? whole : whole.substr(begin + 6, end - begin - 6);
}

}  // namespace rollcall::api
