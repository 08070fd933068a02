// Arbitrary requests at the door: none gets in without the secret, each refusal can be answered in either
// format, and any parameters at all get in, unchanged, once they are signed in either way. What was signed
// and then changed in one byte is refused, unless it means the same.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/envelope.hpp"
#include "api/request_reader.hpp"
#include "base/crypto.hpp"
#include "base/fuzz_input.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::api;
using fuzz::demand;

constexpr const char* kSecret = "a secret no input can guess";
constexpr const char* kTime = "2024-03-15T08:30:00Z";
constexpr WallMs kNow{1'710'491'400'000};  // the same moment

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

// Every element that is opened is closed, in order, and nothing between them looks like one.
bool is_xml(std::string_view text) {
  std::vector<std::string_view> open;
  while (!text.empty()) {
    const size_t begin = text.find('<');
    if (text.substr(0, begin).find_first_of(">") != std::string_view::npos) return false;
    if (begin == std::string_view::npos) break;
    const size_t end = text.find('>', begin);
    if (end == std::string_view::npos) return false;
    const std::string_view tag = text.substr(begin + 1, end - begin - 1);
    text.remove_prefix(end + 1);
    if (tag.starts_with('?') || tag.ends_with('/')) continue;
    if (!tag.starts_with('/')) {
      open.push_back(tag.substr(0, tag.find(' ')));
    } else {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    }
  }
  return open.empty();
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
    demand(format == Format::Json ? parse_json(response.body).has_value() : is_xml(response.body));
  }
}

// The reading of a form in other words.
NameValues plain_form(std::string text) {
  NameValues pairs;
  text += '&';
  std::string pair;
  for (const char c : text) {
    if (c != '&') {
      pair += c;
      continue;
    }
    if (!pair.empty()) {
      std::string value;
      if (const size_t equals = pair.find('='); equals != std::string::npos) {
        value = pair.substr(equals + 1);
        pair.resize(equals);
      }
      pairs.emplace_back(form_decode(pair), form_decode(value));
    }
    pair.clear();
  }
  return pairs;
}

using Values = std::map<std::string, std::string, std::less<>>;

Values values_of(const NameValues& pairs) {
  Values values = Parameters(pairs).all();
  values.erase("Signature");
  return values;
}

Result<AuthenticatedRequest> read(const HttpRequest& request) {
  static const KeyRing keys = key_ring();
  NonceStore nonces;
  AnswerContext context;
  return read_request(request, {keys, nonces, kNow}, context);
}

// One byte of the target, the body or a header is changed on the way.
void tamper(HttpRequest request, const Values& meant, std::string_view action, uint8_t where, uint8_t what) {
  std::vector<std::string*> texts = {&request.target, &request.body};
  for (auto& [name, value] : request.headers) texts.push_back(&value);
  std::string& text = *texts[where % texts.size()];
  if (text.empty()) return;
  text[(where * 37u + what) % text.size()] = static_cast<char>(what);
  const auto result = read(request);
  if (!result) return;
  Values values = result->parameters.all();
  values.erase("Signature");
  demand(values == meant && result->action == action);
}

// The pairs of `text` as a request of version 1.0 that somebody with the secret made.
HttpRequest signed_v1(const NameValues& given, bool in_form) {
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
  const Values values = values_of(pairs);
  NameValues sent(values.begin(), values.end());
  HttpRequest request;
  request.method = in_form ? "POST" : "GET";
  sent.emplace_back("Signature", sign_v1(string_to_sign_v1(request.method, sent), kSecret));
  request.target = in_form ? "/" : "/?" + print_form(sent);
  if (in_form) request.body = print_form(sent);
  return request;
}

// The same in version 3: one half of the pairs in the query, the other in the form.
HttpRequest signed_v3(const NameValues& given, bool in_form) {
  CanonicalParts parts;
  NameValues form;
  for (const auto& pair : given) {
    if (pair.first == "Format") continue;
    (in_form && form.size() < given.size() / 2 ? form : parts.query).push_back(pair);
  }
  HttpRequest request;
  request.method = "POST";
  request.target = "/?" + print_form(parts.query);
  request.body = print_form(form);
  const std::string hash = hex_lower(digest(HashKind::Sha256, request.body));
  parts.method = request.method;
  parts.payload_hash = hash;
  parts.signed_headers = {{"host", "rollcall"},           {"x-acs-action", "ListJob"},
                          {"x-acs-content-sha256", hash}, {"x-acs-date", kTime},
                          {"x-acs-signature-nonce", "1"}, {"x-acs-version", "2018-01-20"}};
  request.headers = parts.signed_headers;
  request.headers.emplace_back(
      "authorization",
      "ACS3-HMAC-SHA256 Credential=key,SignedHeaders=" + signed_header_names(parts.signed_headers) +
          ",Signature=" + sign_v3(string_to_sign_v3(canonical_request_v3(parts)), kSecret));
  return request;
}

void accept(const std::string& text, uint8_t choice, uint8_t where, uint8_t what) {
  NameValues given;
  demand(parse_form(text, limits::kParametersMax, given) && given == plain_form(text));
  NameValues again;
  demand(parse_form(print_form(given), limits::kParametersMax, again) && again == given);
  const bool v3 = (choice & 2) != 0;
  const bool in_form = (choice & 1) != 0;
  const HttpRequest request = v3 ? signed_v3(given, in_form) : signed_v1(given, in_form);
  const auto result = read(request);
  demand(result && result->action == "ListJob");
  NameValues sent;
  demand(parse_form(std::string_view(request.target).substr(std::min<size_t>(2, request.target.size())),
                    limits::kParametersMax, sent));
  demand(parse_form(request.body, limits::kParametersMax, sent));
  const Values meant = values_of(sent);
  NameValues got(result->parameters.all().begin(), result->parameters.all().end());
  demand(values_of(got) == meant);
  for (const auto& [name, value] : given) {  // lists of hostile names
    static_cast<void>(result->parameters.list(name));
    static_cast<void>(result->parameters.objects(name.substr(0, name.find('.'))));
  }
  tamper(request, meant, result->action, where, what);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  const uint8_t where = input.byte();
  const uint8_t what = input.byte();
  const std::string text(input.rest());
  refuse(make_request(choice, text));
  accept(text, choice, where, what);
  return 0;
}
