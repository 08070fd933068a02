// A whole HTTP connection under arbitrary bytes: where they are cut, how much the peer takes at once and when
// the handler answers changes nothing of what the requests are, every answer is one whole HTTP message, and
// what the handler got is read the same once it is written down again.
#include <boost/beast/http/error.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/fuzz_input.hpp"
#include "base/text.hpp"
#include "net/http_connection.hpp"
#include "net/http_text.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::net;
using fuzz::demand;

constexpr size_t kBodyBytesMax = 96;
constexpr size_t kHeadersMax = 12;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

// The peer's side of the fake stream.
struct Wire {
  Stream::Owner reader;
  Stream::Owner writer;
  std::string_view unwritten;
  std::string sent;
  size_t taken_at_once = SIZE_MAX;
  bool finished = false;
  bool closed = false;
};

class FakeStream final : public Stream {
 public:
  explicit FakeStream(Wire& wire) : wire_(wire) {}
  void handshake(Owner) override { demand(false); }
  void read(Owner owner) override {
    demand(!wire_.reader && !wire_.closed && !wire_.finished);
    wire_.reader = std::move(owner);
  }
  size_t try_write(std::string_view bytes, error_code&) override {
    demand(!wire_.writer && !wire_.closed && !wire_.finished);
    const std::string_view taken = bytes.substr(0, wire_.taken_at_once);
    wire_.sent += taken;
    return taken.size();
  }
  void write(std::string_view bytes, Owner owner) override {
    demand(!wire_.writer && !wire_.closed && !bytes.empty());
    wire_.writer = std::move(owner);
    wire_.unwritten = bytes;
  }
  void finish(bool, Owner) override { wire_.finished = true; }
  void close() override { wire_.closed = true; }
  Transport release() override { return {}; }
  TcpSocket& socket() override { std::abort(); }

 private:
  Wire& wire_;
};

struct Handler final : HttpHandler {
  std::vector<HttpRequest> requests;
  std::vector<HttpResponder> kept;
  bool keep = false;

  static void answer(const HttpResponder& respond) {
    HttpResponse response;
    response.body = "answer";
    respond(std::move(response));
  }
  void handle(HttpRequest&& request, HttpResponder respond) override {
    requests.push_back(std::move(request));
    demand(kept.empty());  // one at a time
    if (keep)
      kept.push_back(std::move(respond));
    else
      answer(respond);
  }
};

struct Way {
  size_t piece = SIZE_MAX;
  size_t taken_at_once = SIZE_MAX;
  bool answer_late = false;
};

struct Outcome {
  std::vector<HttpRequest> requests;
  std::string sent;
};

Outcome talk(std::string_view stream, const Way& way) {
  static CoreLoop loop;
  HttpServerOptions options;
  options.body_bytes_max = kBodyBytesMax;
  options.headers_max = kHeadersMax;
  Handler handler;
  handler.keep = way.answer_late;
  HttpServerContext context;
  context.loop = &loop;
  context.options = &options;
  context.handler = &handler;
  context.on_dead = [](HttpConnection&) {};
  context.date = [] { return kDate; };
  Wire wire;
  wire.taken_at_once = way.taken_at_once;
  auto connection =
      std::make_shared<HttpConnection>(context, std::make_unique<FakeStream>(wire), "peer", false);
  connection->start();
  // Whatever is possible, until nothing is: the peer takes bytes, the handler answers, bytes arrive.
  for (;;) {
    if (wire.writer) {
      const std::string_view taken = wire.unwritten.substr(0, wire.taken_at_once);
      wire.sent += taken;
      const auto owner = std::exchange(wire.writer, nullptr);
      owner->on_written({}, taken.size());
    } else if (!handler.kept.empty()) {
      const HttpResponder respond = std::move(handler.kept.back());
      handler.kept.pop_back();
      Handler::answer(respond);
    } else if (wire.reader && !wire.closed) {
      const auto owner = std::exchange(wire.reader, nullptr);
      if (stream.empty()) {
        owner->on_read(asio::error::eof, {});
      } else {
        const std::string piece(stream.substr(0, way.piece));
        stream.remove_prefix(piece.size());
        owner->on_read({}, piece);
      }
    } else {
      break;
    }
    if (wire.finished && wire.reader && stream.empty()) break;
  }
  wire.reader.reset();
  connection->close_now();
  return {std::move(handler.requests), std::move(wire.sent)};
}

// Interim answers say only what had arrived when.
std::string without_continue(std::string text) {
  for (size_t at = text.find(kContinue); at != std::string::npos; at = text.find(kContinue, at))
    text.erase(at, kContinue.size());
  return text;
}

bool same(const HttpRequest& a, const HttpRequest& b) {
  return a.method == b.method && a.target == b.target && a.headers == b.headers && a.body == b.body;
}

void check_request(const HttpRequest& request) {
  demand(!request.method.empty() && request.body.size() <= kBodyBytesMax);
  demand(request.headers.size() <= kHeadersMax);
  for (const char c : request.method + request.target)
    demand(static_cast<unsigned char>(c) > ' ' && c != '\x7f');
  std::map<std::string, int, std::less<>> count;
  for (const auto& [name, value] : request.headers) {
    ++count[name];
    demand(!name.empty() && name == ascii_lower(name) && name.find_first_of(" \t:\r\n") == std::string::npos);
    demand(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
  // Where the request ended can be read in one way only.
  demand(count["host"] <= 1 && count["content-length"] + count["transfer-encoding"] <= 1);
  if (count["content-length"] == 1)
    demand(parse_int(request.header("content-length")) == static_cast<int64_t>(request.body.size()));
  else
    demand(request.body.empty() || ascii_iequal(request.header("transfer-encoding"), "chunked"));
}

// Reads the answers as a client would; they are as many as the requests, and a refusal at most.
void check_answers(std::string_view sent, const std::vector<HttpRequest>& requests) {
  for (size_t i = 0; !sent.empty(); ++i) {
    demand(i <= requests.size() && sent.starts_with("HTTP/1.1 "));
    const auto status = parse_int(sent.substr(9, 3));
    demand(status && *status >= 200 && *status < 600);
    demand(i == requests.size() ? *status >= 400 : *status == 200);
    const size_t head = sent.find("\r\n\r\n");
    demand(head != std::string_view::npos);
    const std::string_view fields = sent.substr(0, head + 2);
    const std::string_view name = "\r\nContent-Length: ";
    const size_t at = fields.find(name);
    demand(at != std::string_view::npos && fields.find(name, at + 1) == std::string_view::npos);
    const std::string_view from = fields.substr(at + name.size());
    const auto length = parse_int(from.substr(0, from.find('\r')));
    demand(length.has_value());
    const bool bodiless = i < requests.size() && requests[i].method == "HEAD";
    sent.remove_prefix(head + 4);
    // A refused HEAD may or may not have been understood as one.
    const bool refusal = i == requests.size();
    const size_t body = bodiless ? 0 : static_cast<size_t>(*length);
    demand(body <= sent.size() || (refusal && sent.empty()));
    sent.remove_prefix(std::min(body, sent.size()));
  }
}

// The last bytes of a chunked body are read together: the peer that ends before is not told what was wrong.
// A HEAD is told so without the text.
bool is_late_refusal(std::string_view answer) {
  const bool said = answer.ends_with("the body is not well formed\"}") || answer.ends_with("\r\n\r\n");
  return answer.starts_with("HTTP/1.1 400 ") && said;
}

// The same requests, written down by our own client.
void check_again(const std::vector<HttpRequest>& requests) {
  std::string stream;
  for (const HttpRequest& request : requests) {
    if (request.target.find("://") != std::string::npos || !request.target.starts_with('/')) continue;
    HttpRequest copy = request;
    std::erase_if(copy.headers, [](const auto& header) {
      return header.first == "transfer-encoding" || header.first == "expect" ||
             header.first == "connection" || header.first == "upgrade" ||
             header.first == "proxy-connection" || header.first == "trailer";
    });
    for (auto& [name, value] : copy.headers) std::erase(value, '\t');  // never written
    stream.clear();
    append_request(stream, copy, "h");
    const Outcome again = talk(stream, {});
    if (copy.headers.size() + 2 > kHeadersMax) continue;
    demand(again.requests.size() == 1);
    const HttpRequest& read = again.requests[0];
    demand(read.method == copy.method && read.target == copy.target && read.body == copy.body);
    for (const auto& [name, value] : copy.headers)
      demand(name == "host" || name == "content-length" || read.header(name) == copy.header(name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  const std::string_view stream = input.rest();
  const Outcome whole = talk(stream, {});
  for (const HttpRequest& request : whole.requests) check_request(request);
  const std::string sent = without_continue(whole.sent);
  check_answers(sent, whole.requests);
  Way way;
  way.piece = choice % 16 + 1u;
  way.taken_at_once = (choice & 16) != 0 ? 7 : SIZE_MAX;
  way.answer_late = (choice & 32) != 0;
  const Outcome cut = talk(stream, way);
  demand(cut.requests.size() == whole.requests.size());
  for (size_t i = 0; i < cut.requests.size(); ++i) demand(same(cut.requests[i], whole.requests[i]));
  const std::string cut_sent = without_continue(cut.sent);
  if (cut_sent != sent) demand(sent.starts_with(cut_sent) && is_late_refusal(sent.substr(cut_sent.size())));
  check_again(whole.requests);
  return 0;
}
