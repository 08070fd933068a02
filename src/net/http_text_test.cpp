#include "net/http_text.hpp"

#include <gtest/gtest.h>

namespace rollcall::net {
namespace {

TEST(HttpText, WritesAWholeResponse) {
  HttpResponse response;
  response.status = 404;
  response.content_type = "text/plain";
  response.headers = {{"X-Id", "1"}};
  response.body = "no";
  std::string out;
  append_response(out, response, {}, "DATE");
  EXPECT_EQ(out,
            "HTTP/1.1 404 Not Found\r\nDate: DATE\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nX-Id: "
            "1\r\n\r\nno");
}

TEST(HttpText, TellsTheLengthButNotTheBodyToHead) {
  HttpResponse response;
  response.body = "12345";
  std::string out;
  append_response(out, response, ResponseFraming{true, true, false}, "D");
  EXPECT_NE(out.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_NE(out.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
}

TEST(HttpText, WritesNoBodyWhereTheStatusAllowsNone) {
  HttpResponse response;
  response.status = 204;
  response.body = "x";
  std::string out;
  append_response(out, response, {}, "D");
  EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n");
}

TEST(HttpText, AHeadersValueCannotEndItsLine) {
  HttpResponse response;
  response.headers = {{"X", "a\r\nSet-Cookie: b"}};
  std::string out;
  append_response(out, response, {}, "D");
  EXPECT_NE(out.find("X: aSet-Cookie: b\r\n"), std::string::npos);
}

TEST(HttpText, WritesARequestWithItsLength) {
  HttpRequest request;
  request.method = "POST";
  request.target = "?a=b";
  request.headers = {{"host", "ignored"}, {"x", "y"}};
  std::string out;
  append_request(out, request, "h:1");
  EXPECT_EQ(out, "POST /?a=b HTTP/1.1\r\nHost: h:1\r\nContent-Length: 0\r\nx: y\r\n\r\n");
}

TEST(HttpText, PrintsDatesAsHttpWantsThem) {
  EXPECT_EQ(http_date(WallMs{784'111'777'000}), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(WallMs{951'782'400'999}), "Tue, 29 Feb 2000 00:00:00 GMT");
}

}  // namespace
}  // namespace rollcall::net
