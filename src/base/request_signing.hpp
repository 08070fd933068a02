// The two signature families of the cloud API as pure text functions: what is signed, and with what
// (wire-protocol 1, 2). Used by api/ to check and by client/ to sign. Thread: any; pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall {

using NameValues = std::vector<std::pair<std::string, std::string>>;

// --- version 1.0 (HMAC-SHA1), wire-protocol 1.3 and 1.4

// METHOD&%2F&<encoded canonical query>; `parameters` are decoded, Signature itself is left out here.
std::string string_to_sign_v1(std::string_view method, const NameValues& parameters);
// Base64 of the HMAC under secret + "&".
std::string sign_v1(std::string_view string_to_sign, std::string_view secret);

// --- version 3 (ACS3-HMAC-SHA256), wire-protocol 2.2 and 2.3

struct CanonicalParts {
  std::string_view method;
  std::string_view path = "/";
  NameValues query;               // decoded; sorted here
  NameValues signed_headers;      // lower-case name, trimmed value; in the order of SignedHeaders
  std::string_view payload_hash;  // lower-case hex SHA-256 of the body
};
std::string canonical_request_v3(const CanonicalParts& parts);
// "ACS3-HMAC-SHA256\n<hash of the canonical request>".
std::string string_to_sign_v3(std::string_view canonical_request);
// Lower-case hex of the HMAC under the secret.
std::string sign_v3(std::string_view string_to_sign, std::string_view secret);
// "host;x-acs-action;..."
std::string signed_header_names(const NameValues& signed_headers);

// Both sides of a query or form: "a=1&b=2" to decoded pairs and back (strict percent coding).
// At most `pairs_max` pairs are read; false when there are more.
bool parse_form(std::string_view text, size_t pairs_max, NameValues& out);
std::string print_form(const NameValues& parameters);

}  // namespace rollcall
