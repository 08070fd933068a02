// Feeds arbitrary texts to the reader of job documents: no over-read, and what is taken is well formed on the
// wire.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.hpp"
#include "model/job_document.hpp"

namespace {

// Equal but for the last digits of fractions: the tree's reader rounds them by where they stand in its
// buffer.
bool same(const boost::json::value& a, const boost::json::value& b) {
  if (a == b) return true;
  if (a.is_double() && b.is_double())
    return std::fabs(a.get_double() - b.get_double()) <= 1e-12 * std::fabs(a.get_double());
  if (a.is_array() && b.is_array())
    return std::equal(a.get_array().begin(), a.get_array().end(), b.get_array().begin(), b.get_array().end(),
                      same);
  if (!a.is_object() || !b.is_object()) return false;
  const auto same_member = [](const auto& left, const auto& right) {
    return left.key() == right.key() && same(left.value(), right.value());
  };
  return std::equal(a.get_object().begin(), a.get_object().end(), b.get_object().begin(),
                    b.get_object().end(), same_member);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rollcall;
  if (size == 0) return 0;
  const auto require = [](bool holds) {
    if (!holds) std::abort();
  };
  const auto type = static_cast<JobType>(data[0] % 4 + 1);
  const std::string document(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto content = read_job_document(type, document);
  if (!content) {
    require(!content.error().message.empty());
    return 0;
  }
  if (type == JobType::Pub) {
    require(!content->topic_short_name.empty() &&
            content->topic_short_name.find_first_of("+#") == std::string::npos);
    return 0;
  }
  const auto body = parse_json(content->body);
  require(body && body->is_object());
  if (type == JobType::CustomJob) {
    require(same(*body, *parse_json(document)));
    require(compact_json(content->body, true) == content->body);
  }
  return 0;
}
