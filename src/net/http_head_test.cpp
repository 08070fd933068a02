#include "net/http_head.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rollcall::net {
namespace {

using Found = HeadScanner::Found;

TEST(HeadScanner, FindsTheEndWhereverTheInputIsCut) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (size_t cut = 0; cut < head.size(); ++cut) {
    HeadScanner scanner;
    EXPECT_EQ(scanner.scan(std::string_view(head).substr(0, cut)), Found::NeedMore) << cut;
    EXPECT_EQ(scanner.scan(head + "body"), Found::End) << cut;
    EXPECT_EQ(scanner.head_bytes(), head.size());
  }
}

TEST(HeadScanner, RefusesALineFeedWithoutACarriageReturn) {
  for (const char* text :
       {"GET / HTTP/1.1\n", "\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\n\n"}) {
    HeadScanner scanner;
    EXPECT_EQ(scanner.scan(text), Found::Broken) << text;
  }
}

int refusal_of(const std::string& head, size_t headers_max = 100) {
  const auto refusal = check_request_head(head, headers_max);
  return refusal ? refusal->status : 0;
}

TEST(HeadScanner, RefusesAFirstByteThatBeginsNoMethod) {
  for (const char* text : {"\x16\x03\x01", " GET / HTTP/1.1\r\n\r\n", "\r"}) {
    HeadScanner scanner;
    EXPECT_EQ(scanner.scan(text), Found::Broken) << text;
  }
}

TEST(RequestHead, AcceptsOrdinaryRequests) {
  for (const char* head : {
           "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET /?A=b HTTP/1.0\r\n\r\n",
           "POST / HTTP/1.1\r\nhost:a\r\nContent-Length: 5 \r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX: tab\tand \xe4\xb8\xad\r\n\r\n",
       })
    EXPECT_EQ(refusal_of(head), 0) << head;
}

TEST(RequestHead, RefusesWhatTwoReadersCouldTakeDifferently) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (const char* rest : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
           "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
           "Content-Length: 5\r\ncontent-length: 6\r\n\r\n",
           "Content-Length: 5, 5\r\n\r\n",
           "Content-Length: +5\r\n\r\n",
           "Content-Length: -5\r\n\r\n",
           "Content-Length: 0x5\r\n\r\n",
           "Content-Length: 5 5\r\n\r\n",
           "Content-Length:\r\n\r\n",
           "Content-Length: 99999999999999999999\r\n\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
           "Transfer-Encoding: gzip, chunked\r\n\r\n",
           "Transfer-Encoding: chunked, identity\r\n\r\n",
           "Transfer-Encoding: xchunked\r\n\r\n",
           "Transfer-Encoding: \"chunked\"\r\n\r\n",
           "Transfer-Encoding:\r\n\r\n",
           "Transfer-Encoding : chunked\r\n\r\n",
           "Content-Length : 5\r\n\r\n",
           " Content-Length: 5\r\n\r\n",
           "X: a\r\n folded\r\n\r\n",
           "X: a\r\n\tfolded\r\n\r\n",
           "X: a\rContent-Length: 5\r\n\r\n",
           "no colon\r\n\r\n",
           ": no name\r\n\r\n",
           "Na me: x\r\n\r\n",
           "X\x01: x\r\n\r\n",
           "X: a\x01\r\n\r\n",
           "X: a\x7f\r\n\r\n",
           "Host: b\r\n\r\n",
       })
    EXPECT_EQ(refusal_of(start + rest), 400) << rest;
  EXPECT_EQ(refusal_of(start + std::string("X: a\0b\r\n\r\n", 10)), 400);
}

TEST(RequestHead, RefusesRequestLinesThatAreNotOne) {
  for (const char* head : {"GET /\r\nHost: a\r\n\r\n", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "\r\n",
                           "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", "GET / http/1.1\r\nHost: a\r\n\r\n"})
    EXPECT_NE(refusal_of(head), 0) << head;
  EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(refusal_of("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 505);
}

TEST(RequestHead, WantsAHostInHttp11Only) {
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.0\r\n\r\n"), 0);
}

TEST(RequestHead, RefusesChunksInHttp10) {
  EXPECT_EQ(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(RequestHead, RefusesTooManyAndTooLongHeaders) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 4; ++i) head += "X: y\r\n";
  EXPECT_EQ(refusal_of(head + "\r\n", 5), 0);
  EXPECT_EQ(refusal_of(head + "\r\n", 4), 431);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(66'000, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(2'000, 'x') + ": y\r\n\r\n"), 431);
}

}  // namespace
}  // namespace rollcall::net
