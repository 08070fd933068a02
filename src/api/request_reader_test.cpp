#include "api/request_reader.hpp"

#include <gtest/gtest.h>

#include "api/signed_requests.hpp"
#include "base/random.hpp"

namespace rollcall::api {
namespace {

using namespace test;

class Reader : public testing::Test {
 protected:
  Result<AuthenticatedRequest> read(const HttpRequest& request) {
    context = AnswerContext();
    return read_request(request, {keys, nonces, kNow}, context);
  }
  std::string refusal(const HttpRequest& request) {
    const auto result = read(request);
    return result ? "" : api_code(result.error());
  }
  static HttpRequest plain(std::string method, std::string target) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = {{"host", kHost}};
    return request;
  }
  // All in the form, as pop-core does.
  static HttpRequest post_v1(NameValues parameters) {
    parameters.emplace_back("Signature", sign_v1(string_to_sign_v1("POST", parameters), kSecret));
    HttpRequest request = plain("POST", "/");
    request.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
    request.body = print_form(parameters);
    return request;
  }

  const KeyRing keys = key_ring();
  NonceStore nonces;
  AnswerContext context;
};

TEST_F(Reader, ReadsARequestOfVersionOne) {
  NameValues parameters = common_v1();
  parameters.emplace_back("JobName", "job 测试 (1)*~!'");
  const auto result = read(get_v1(parameters));
  ASSERT_TRUE(result) << public_message(result.error());
  EXPECT_EQ(result->action, "ListJob");
  EXPECT_EQ(result->parameters.get("JobName"), "job 测试 (1)*~!'");
  EXPECT_EQ(result->key->id, kKeyId);
  EXPECT_EQ(context.action, "ListJob");
  EXPECT_EQ(context.host, kHost);
}

TEST_F(Reader, ReadsAFormAndMergesItOverTheQuery) {
  const HttpRequest request = post_v3("A=query&B=2", headers_v3(), "A=form&C=3");
  const auto result = read(request);
  ASSERT_TRUE(result) << public_message(result.error());
  EXPECT_EQ(result->parameters.get("A"), "form");
  EXPECT_EQ(result->parameters.get("B"), "2");
  EXPECT_EQ(result->parameters.get("C"), "3");
  EXPECT_EQ(result->action, "ListJob");
}

TEST_F(Reader, TakesFormsWithACharsetAndWithoutAType) {
  for (const char* type :
       {"application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-URLencoded", ""}) {
    nonces = NonceStore();
    HttpRequest request = post_v1(common_v1());
    request.headers.back().second = type;
    EXPECT_EQ(refusal(request), "") << type;
  }
}

TEST_F(Reader, RefusesABodyThatIsNoForm) {
  for (const char* type : {"application/json", "text/plain", "multipart/form-data; boundary=x", ";"}) {
    HttpRequest request = post_v1(common_v1());
    request.headers.back().second = type;
    EXPECT_EQ(refusal(request), type[0] == ';' ? "" : "InvalidRequest") << type;
  }
  HttpRequest empty = get_v1(common_v1());
  empty.headers.emplace_back("content-type", "application/json");  // of no body
  nonces = NonceStore();
  EXPECT_EQ(refusal(empty), "");
}

// wire-protocol 0.1: an empty path, a query directly behind the host.
TEST_F(Reader, TakesATargetWithoutAPath) {
  HttpRequest request = get_v1(common_v1());
  request.target.erase(0, 1);
  EXPECT_EQ(refusal(request), "");
}

TEST_F(Reader, RefusesOtherMethodsBeforeAllElse) {
  for (const char* method : {"PUT", "DELETE", "HEAD", "OPTIONS", "get", "Post", "", "PATCH"}) {
    HttpRequest request = plain(method, "/?Format=XML&Action=ListJob");
    request.body = "{}";
    request.headers.emplace_back("content-type", "application/json");
    EXPECT_EQ(refusal(request), "UnsupportedHTTPMethod") << method;
    EXPECT_EQ(context.format, Format::Xml);
    EXPECT_EQ(context.host, kHost);
  }
}

TEST_F(Reader, JudgesTheVersionAfterTheNonce) {
  NameValues parameters = common_v1();
  put(parameters, "Version", "2022-01-01");
  const HttpRequest request = get_v1(parameters);
  EXPECT_EQ(refusal(request), "InvalidVersion");
  EXPECT_EQ(refusal(request), "SignatureNonceUsed");
}

// --- format of the answer (wire-protocol 0.7, 5.4)

TEST_F(Reader, AnswersVersionOneInXmlUnlessJsonIsAsked) {
  NameValues parameters = common_v1();
  read(get_v1(parameters));
  EXPECT_EQ(context.format, Format::Xml);
  for (const auto& [text, format] :
       {std::pair("json", Format::Json), std::pair("JSON", Format::Json), std::pair("Json", Format::Json),
        std::pair("xml", Format::Xml), std::pair("XML", Format::Xml), std::pair("", Format::Xml)}) {
    put(parameters, "Format", text);
    read(get_v1(parameters));
    EXPECT_EQ(context.format, format) << text;
    read(post_v1(parameters));
    EXPECT_EQ(context.format, format) << text;
  }
}

TEST_F(Reader, AnswersVersionThreeInJsonUnlessXmlIsAsked) {
  const auto format = [&](std::string_view query, const char* accept) {
    HttpRequest request = post_v3(query, headers_v3());
    if (accept != nullptr) request.headers.emplace_back("accept", accept);
    read(request);
    return context.format;
  };
  EXPECT_EQ(format("", nullptr), Format::Json);
  EXPECT_EQ(format("", "application/json"), Format::Json);
  EXPECT_EQ(format("", "*/*"), Format::Json);
  EXPECT_EQ(format("", "text/xml, application/json"), Format::Json);
  EXPECT_EQ(format("", "application/xml"), Format::Xml);
  EXPECT_EQ(format("Format=XML", "application/json"), Format::Xml);
  EXPECT_EQ(format("Format=json", "application/xml"), Format::Json);
}

TEST_F(Reader, AnswersAProbeInJson) {
  EXPECT_EQ(refusal(plain("GET", "/")), "MissingAccessKeyId");
  EXPECT_EQ(context.format, Format::Json);
}

TEST_F(Reader, RefusesAnUnknownFormatInJson) {
  NameValues parameters = common_v1();
  for (const char* format : {"yaml", "jsonp", "xml ", "x"}) {
    put(parameters, "Format", format);
    EXPECT_EQ(refusal(get_v1(parameters)), "InvalidParameter.Format") << format;
    EXPECT_EQ(context.format, Format::Json);
  }
}

TEST_F(Reader, KeepsTheFormatAndTheActionOfARefusedRequest) {
  NameValues parameters = common_v1();
  put(parameters, "Format", "XML");
  EXPECT_EQ(refusal(get_v1(parameters, "wrong")), "SignatureDoesNotMatch");
  EXPECT_EQ(context.format, Format::Xml);
  EXPECT_EQ(context.action, "ListJob");
}

TEST_F(Reader, NamesNoActionThatCannotBeAnElement) {
  for (const char* action : {"<script>", "a b", "1Job", "x:y", "动作", "a/", "-"}) {
    NameValues parameters = common_v1();
    put(parameters, "Action", action);
    read(get_v1(parameters));
    EXPECT_EQ(context.action, "") << action;
  }
}

TEST_F(Reader, RemembersWhetherTheCallerUsedTls) {
  HttpRequest request = plain("GET", "/");
  request.tls = true;
  read(request);
  EXPECT_TRUE(context.tls);
}

// --- size and garbage

TEST_F(Reader, ReadsTenThousandNames) {
  NameValues parameters = common_v1();
  for (int i = 1; i <= 10'000; ++i)
    parameters.emplace_back("DeviceName." + std::to_string(i), "device" + std::to_string(i));
  const auto result = read(post_v1(parameters));
  ASSERT_TRUE(result) << public_message(result.error());
  EXPECT_EQ(result->parameters.list("DeviceName").size(), 10'000u);
}

TEST_F(Reader, RefusesTooManyParametersInQueryFormOrBoth) {
  std::string half, whole;
  for (size_t i = 0; i <= limits::kParametersMax; ++i) whole += "a=&";
  for (size_t i = 0; i <= limits::kParametersMax / 2; ++i) half += "a=&";
  EXPECT_EQ(refusal(plain("GET", "/?" + whole)), "InvalidRequest");
  EXPECT_EQ(context.host, kHost);
  HttpRequest request = plain("POST", "/");
  request.body = whole;
  EXPECT_EQ(refusal(request), "InvalidRequest");
  request.target = "/?" + half;
  request.body = half;
  EXPECT_EQ(refusal(request), "InvalidRequest");
}

TEST_F(Reader, RefusesGarbageWithAGatewayErrorAndNeverBreaks) {
  for (const char* target :
       {"", "?", "/?", "/?%", "/?%zz=%4", "/?=&=&&=", "/?Action", "/?Action=%00", "/?Signature=%ff%fe", "/#x",
        "/?a#b", "/?AccessKeyId", "*", "http://h/?Action=ListJob"})
    EXPECT_EQ(refusal(plain("GET", target)), "MissingAccessKeyId") << target;
  SeededRandom random(5);
  for (int round = 0; round < 2'000; ++round) {
    HttpRequest request = round % 2 == 0 ? get_v1(common_v1()) : post_v3("A=1&B=2", headers_v3());
    std::string& text = round % 4 < 2 ? request.target : request.headers.back().second;
    for (uint64_t n = 1 + random.below(4); n > 0; --n)
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    const auto result = read(request);
    const int status = result ? 0 : error_row(result.error().code).http_status;
    EXPECT_NE(status, 200) << text;
  }
}

}  // namespace
}  // namespace rollcall::api
