// What GenerateFileUploadURL hands out and an upload brings back: the vendor's form of a signed policy
// (cloud-api A.11). Nothing is remembered in between: all that counts is in the policy. Thread: any; pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/clock.hpp"
#include "model/ids.hpp"

namespace rollcall::files {

struct UploadTicket {
  std::string key;
  std::string access_key_id;
  std::string policy;     // Base64 of a JSON
  std::string signature;  // Base64 of its HMAC-SHA1
};

struct UploadGrant {
  std::string key;
  InstanceId instance;
};

// What an upload is refused with: the XML of the vendor's object store.
struct UploadError {
  int status = 400;
  std::string code;  // "AccessDenied"
  std::string message;
};

class UploadTickets {
 public:
  explicit UploadTickets(std::string secret);
  UploadTicket make(const std::string& key, InstanceId instance, WallMs until) const;
  // `field` gives the fields of the form by their lower-case names, empty where there is none.
  tl::expected<UploadGrant, UploadError> check(const std::function<std::string(std::string_view)>& field,
                                               WallMs now) const;

 private:
  std::string secret_;
  std::string access_key_id_;
};

}  // namespace rollcall::files
