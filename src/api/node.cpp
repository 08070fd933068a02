#include "api/node.hpp"

#include "base/check.hpp"
#include "base/json.hpp"
#include "base/overload.hpp"
#include "base/text.hpp"

namespace rollcall::api {
namespace {

// Escapes what XML reserves; what XML 1.0 cannot hold becomes '?'.
void append_xml_text(std::string& out, std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\r':
        out += "&#13;";
        break;
      case '\n':
      case '\t':
        out.push_back(c);
        break;
      case '\xef':
        if (const std::string_view rest = text.substr(i);
            rest.starts_with("\xef\xbf\xbe") || rest.starts_with("\xef\xbf\xbf")) {
          out.push_back('?');  // U+FFFE, U+FFFF
          i += 2;
          break;
        }
        out.push_back(c);
        break;
      default:
        out.push_back(static_cast<unsigned char>(c) < 0x20 ? '?' : c);
    }
  }
}

void open_tag(std::string& out, std::string_view name) {
  out.push_back('<');
  out += name;
  out.push_back('>');
}

void close_tag(std::string& out, std::string_view name) {
  out += "</";
  out += name;
  out.push_back('>');
}

}  // namespace

Node& Node::add_node(std::string_view name, Node value) {
  auto* fields = std::get_if<Fields>(&value_);
  ROLLCALL_CHECK(fields != nullptr);
  fields->emplace_back(std::string(name), std::move(value));
  return *this;
}

Node& Node::add_list(std::string_view name, std::string_view tag, std::vector<Node> items) {
  return add_node(name, Node(List{std::string(tag), std::move(items)}));
}

Node& Node::add_all(const Node& object) {
  if (const auto* fields = std::get_if<Fields>(&object.value_))
    for (const auto& [name, value] : *fields) add_node(name, value);
  return *this;
}

bool Node::has(std::string_view name) const noexcept {
  const auto* fields = std::get_if<Fields>(&value_);
  if (fields == nullptr) return false;
  for (const auto& [field, value] : *fields)
    if (field == name) return true;
  return false;
}

void Node::append_json(std::string& out) const {
  std::visit(Overload{
                 [&](const Fields& fields) {
                   out.push_back('{');
                   for (size_t i = 0; i < fields.size(); ++i) {
                     if (i > 0) out.push_back(',');
                     append_json_string(out, fields[i].first);
                     out.push_back(':');
                     fields[i].second.append_json(out);
                   }
                   out.push_back('}');
                 },
                 [&](const std::string& text) {
                   utf8_length(text) ? append_json_string(out, text)
                                     : append_json_string(out, replace_invalid_utf8(text));
                 },
                 [&](int64_t number) { out += std::to_string(number); },
                 [&](bool flag) { out += flag ? "true" : "false"; },
                 [&](const List& list) {
                   out.push_back('{');
                   append_json_string(out, list.tag);
                   out += ":[";
                   for (size_t i = 0; i < list.items.size(); ++i) {
                     if (i > 0) out.push_back(',');
                     list.items[i].append_json(out);
                   }
                   out += "]}";
                 },
             },
             value_);
}

void Node::append_xml(std::string& out, std::string_view name) const {
  open_tag(out, name);
  std::visit(Overload{
                 [&](const Fields& fields) {
                   for (const auto& [field, value] : fields) value.append_xml(out, field);
                 },
                 [&](const std::string& text) {
                   utf8_length(text) ? append_xml_text(out, text)
                                     : append_xml_text(out, replace_invalid_utf8(text));
                 },
                 [&](int64_t number) { out += std::to_string(number); },
                 [&](bool flag) { out += flag ? "true" : "false"; },
                 [&](const List& list) {
                   for (const Node& item : list.items) item.append_xml(out, list.tag);
                 },
             },
             value_);
  close_tag(out, name);
}

std::string render_json(const Node& node) {
  std::string out;
  node.append_json(out);
  return out;
}

std::string render_xml(std::string_view root, const Node& node) {
  std::string out = "<?xml version='1.0' encoding='UTF-8'?>";
  node.append_xml(out, root);
  return out;
}

}  // namespace rollcall::api
