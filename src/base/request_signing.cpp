#include "base/request_signing.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/text.hpp"

namespace rollcall {
namespace {

// Sorted by decoded name, byte order; pct(name)=pct(value) joined with '&'.
std::string canonical_query(const NameValues& parameters) {
  std::vector<const std::pair<std::string, std::string>*> order;
  order.reserve(parameters.size());
  for (const auto& pair : parameters) order.push_back(&pair);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->first < b->first; });
  std::string out;
  for (const auto* pair : order) {
    if (!out.empty()) out.push_back('&');
    out += percent_encode(pair->first);
    out.push_back('=');
    out += percent_encode(pair->second);
  }
  return out;
}

}  // namespace

std::string string_to_sign_v1(std::string_view method, const NameValues& parameters) {
  NameValues signed_set;
  signed_set.reserve(parameters.size());
  for (const auto& pair : parameters)
    if (pair.first != "Signature") signed_set.push_back(pair);
  return std::string(method) + "&%2F&" + percent_encode(canonical_query(signed_set));
}

std::string sign_v1(std::string_view string_to_sign, std::string_view secret) {
  return base64_encode(hmac(HashKind::Sha1, std::string(secret) + "&", string_to_sign));
}

std::string signed_header_names(const NameValues& signed_headers) {
  std::string out;
  for (const auto& [name, value] : signed_headers) {
    if (!out.empty()) out.push_back(';');
    out += name;
  }
  return out;
}

std::string canonical_request_v3(const CanonicalParts& parts) {
  std::string out(parts.method);
  out.push_back('\n');
  out += parts.path;
  out.push_back('\n');
  out += canonical_query(parts.query);
  out.push_back('\n');
  for (const auto& [name, value] : parts.signed_headers) {
    out += name;
    out.push_back(':');
    out += value;
    out.push_back('\n');
  }
  out.push_back('\n');
  out += signed_header_names(parts.signed_headers);
  out.push_back('\n');
  out += parts.payload_hash;
  return out;
}

std::string string_to_sign_v3(std::string_view canonical_request) {
  return "ACS3-HMAC-SHA256\n" + hex_lower(digest(HashKind::Sha256, canonical_request));
}

std::string sign_v3(std::string_view string_to_sign, std::string_view secret) {
  return hex_lower(hmac(HashKind::Sha256, secret, string_to_sign));
}

bool parse_form(std::string_view text, size_t pairs_max, NameValues& out) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (out.size() == pairs_max) return false;
    const size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    out.emplace_back(form_decode(pair.substr(0, equals)), form_decode(value));
  }
  return true;
}

std::string print_form(const NameValues& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out.push_back('&');
    out += percent_encode(name);
    out.push_back('=');
    out += percent_encode(value);
  }
  return out;
}

}  // namespace rollcall
