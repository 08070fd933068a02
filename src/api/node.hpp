// A response as a tree: made once by an action, printed as JSON or XML (wire-protocol 5.2, 5.3; cloud-api
// 0.3). Thread: value.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rollcall::api {

class Node {
 public:
  // An object without fields.
  Node() : value_(Fields{}) {}
  explicit Node(std::string text) : value_(std::move(text)) {}
  explicit Node(std::string_view text) : value_(std::string(text)) {}
  explicit Node(const char* text) : value_(std::string(text)) {}
  explicit Node(bool flag) : value_(flag) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) explicit Node(T number) : value_(static_cast<int64_t>(number)) {}

  // Adds a field behind the others; only to objects.
  template <class T>
  Node& add(std::string_view name, T&& value) {
    return add_node(name, Node(std::forward<T>(value)));
  }
  Node& add(std::string_view name, Node value) { return add_node(name, std::move(value)); }
  // A list: JSON {"name":{"tag":[...]}}, XML <name><tag>..</tag>..</name>.
  Node& add_list(std::string_view name, std::string_view tag, std::vector<Node> items);

  // The fields of another object behind these.
  Node& add_all(const Node& object);

  bool has(std::string_view name) const noexcept;

  void append_json(std::string& out) const;
  // The element `name` with this node as its content.
  void append_xml(std::string& out, std::string_view name) const;

 private:
  using Fields = std::vector<std::pair<std::string, Node>>;
  struct List {
    std::string tag;
    std::vector<Node> items;
  };
  explicit Node(List list) : value_(std::move(list)) {}
  Node& add_node(std::string_view name, Node value);

  std::variant<Fields, std::string, int64_t, bool, List> value_;
};

std::string render_json(const Node& node);
// With declaration; the root element is `root`.
std::string render_xml(std::string_view root, const Node& node);

}  // namespace rollcall::api
