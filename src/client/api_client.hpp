// ApiClient: signs any action of the cloud API and sends it over one kept connection. Called by the verbs
// `call`, `job`, `import` and `simulate`. Source: wire-protocol 1 and 2. Thread: one; calls block.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/http.hpp"
#include "base/random.hpp"
#include "base/request_signing.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "net/http_client.hpp"

namespace rollcall::client {

enum class SignatureVersion : uint8_t { V1, V3 };
enum class AnswerFormat : uint8_t { Json, Xml };

struct ApiSettings {
  net::Address endpoint;
  bool tls = false;
  std::string access_key_id;
  Secret access_key_secret;
  SignatureVersion signature = SignatureVersion::V3;
  AnswerFormat format = AnswerFormat::Json;
};

// Reads "HOST:PORT", "http://HOST:PORT" or "https://HOST:PORT" into `settings`. Error:
// InvalidFormattedParameter.
Status read_endpoint(std::string_view text, ApiSettings& settings);

// What makes each request different: the time, and a text that is never repeated.
struct Stamp {
  WallMs time;
  std::string nonce;
};

// The signed request. All parameters travel in the form body, so that no length is too long for a request
// line. Pure.
HttpRequest sign_call(const ApiSettings& settings, std::string_view action, const NameValues& parameters,
                      const Stamp& stamp);

struct ApiAnswer {
  int http_status = 0;
  std::string body;
  bool success = false;
  std::string code;     // empty on success
  std::string message;  // ErrorMessage, or Message of a gateway failure

  // The raw JSON at a path of member names ("Data.Status"); empty when it is not there. JSON answers only.
  std::string_view raw(std::string_view path) const;
  // The same decoded: the content of a string, or the digits of a number; empty when it is not there.
  std::string text(std::string_view path) const;
  int64_t number(std::string_view path) const;
  // "code: message", for people.
  std::string reason() const;
};

// A raw JSON value as text(): a string without its quotes, anything else as it stands.
std::string json_text(std::string_view raw);

// Judges a response. A body that is no answer of the API counts as a failure. Pure.
ApiAnswer read_answer(HttpResponse&& response, AnswerFormat format);

class ApiClient {
 public:
  ApiClient(ApiSettings settings, const Clock& clock, Random& random);
  ~ApiClient();

  // Fails with ServiceUnavailable when there is no answer at all; what the server refuses is an answer.
  Result<ApiAnswer> call(std::string_view action, const NameValues& parameters);
  // The same, but asks again while the server answers that calls come too fast (Throttling.User), for at most
  // 30 s; an answer without success is an error whose message names the action, the code and the text.
  Result<ApiAnswer> require(std::string_view action, const NameValues& parameters);

  const ApiSettings& settings() const { return settings_; }

 private:
  ApiSettings settings_;
  const Clock& clock_;
  Random& random_;
  std::unique_ptr<net::HttpClient> http_;
};

}  // namespace rollcall::client
