// Arbitrary requests at the door: none gets in without the secret, each refusal can be answered in either
// format, and any parameters at all get in, unchanged, once they are signed.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/envelope.hpp"
#include "api/request_reader.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::api;

constexpr const char* kSecret = "a secret no input can guess";
constexpr const char* kTime = "2024-03-15T08:30:00Z";
constexpr WallMs kNow{1'710'491'400'000};  // the same moment

void demand(bool condition) {
  if (!condition) std::abort();
}

KeyRing key_ring() {
  AccessKey key;
  key.id = "key";
  key.secret = Secret(kSecret);
  return KeyRing({key});
}

// Takes the text up to the next line end.
std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

// Lines: target, headers "name:value" up to an empty line, then the body.
HttpRequest make_request(uint8_t choice, std::string_view rest) {
  static constexpr const char* kMethods[] = {"GET", "POST", "PUT", "POST"};
  HttpRequest request;
  request.method = kMethods[choice & 3];
  request.tls = (choice & 4) != 0;
  request.target = std::string(take_line(rest));
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.empty()) break;
    const size_t colon = std::min(line.find(':'), line.size());
    request.headers.emplace_back(ascii_lower(trim(line.substr(0, colon))),
                                 std::string(trim(line.substr(std::min(colon + 1, line.size())))));
  }
  request.body = std::string(rest);
  return request;
}

void refuse(const HttpRequest& request) {
  const KeyRing keys = key_ring();
  NonceStore nonces;
  AnswerContext context;
  context.request_id = "E87A2536-9C7D-562F-B782-C2BB8C5D321A";
  const auto result = read_request(request, {keys, nonces, kNow}, context);
  demand(!result && nonces.size() == 0);
  for (const Format format : {Format::Json, Format::Xml}) {
    context.format = format;
    const HttpResponse response = render_error(context, result.error(), Node());
    demand(response.status >= 400 && utf8_length(response.body).has_value());
    if (format == Format::Json) demand(parse_json(response.body).has_value());
  }
}

// The pairs of `text` as a request of version 1.0 that somebody with the secret made.
void accept(std::string_view text, bool in_form) {
  NameValues given;
  demand(parse_form(text, limits::kParametersMax, given));
  NameValues again;
  demand(parse_form(print_form(given), limits::kParametersMax, again) && again == given);
  NameValues pairs = given;
  for (const auto& [name, value] : NameValues{{"AccessKeyId", "key"},
                                              {"SignatureMethod", "HMAC-SHA1"},
                                              {"SignatureVersion", "1.0"},
                                              {"SignatureNonce", "1"},
                                              {"Timestamp", kTime},
                                              {"Version", "2018-01-20"},
                                              {"Action", "ListJob"},
                                              {"Format", "JSON"},
                                              {"SecurityToken", ""}})
    pairs.emplace_back(name, value);  // the last of equal names counts
  const Parameters meant(pairs);
  NameValues sent(meant.all().begin(), meant.all().end());
  std::erase_if(sent, [](const auto& pair) { return pair.first == "Signature"; });
  HttpRequest request;
  request.method = in_form ? "POST" : "GET";
  const std::string signature = sign_v1(string_to_sign_v1(request.method, sent), kSecret);
  sent.emplace_back("Signature", signature);
  request.target = in_form ? "/" : "/?" + print_form(sent);
  if (in_form) request.body = print_form(sent);
  const KeyRing keys = key_ring();
  NonceStore nonces;
  AnswerContext context;
  const auto result = read_request(request, {keys, nonces, kNow}, context);
  demand(result.has_value());
  demand(NameValues(result->parameters.all().begin(), result->parameters.all().end()) == [&] {
    const Parameters expected(sent);
    return NameValues(expected.all().begin(), expected.all().end());
  }());
  for (const auto& [name, value] : given) {  // lists of hostile names
    static_cast<void>(result->parameters.list(name));
    static_cast<void>(result->parameters.objects(name.substr(0, name.find('.'))));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  refuse(make_request(data[0], text));
  accept(text, (data[0] & 1) != 0);
  return 0;
}
