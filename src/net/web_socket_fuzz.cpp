// Frames of a WebSocket client: a stream is read whole and in pieces, which must come to the same; and what a
// writer of the fuzzer's own makes of some messages is read back.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/fuzz_input.hpp"
#include "net/web_socket.hpp"

namespace rollcall::net {
namespace {

using fuzz::demand;
using Found = WebSocketReader::Found;

struct Reading {
  std::string data;
  std::vector<std::string> pings;
  Found end = Found::NeedMore;
  WebSocketClose close = WebSocketClose::Normal;
  bool operator==(const Reading&) const = default;
};

// `cuts` says how long each piece is, again and again.
Reading read(std::string_view stream, std::string_view cuts) {
  WebSocketReader reader;
  Reading reading;
  std::vector<uint8_t> bytes(stream.begin(), stream.end());
  for (size_t at = 0, cut = 0; at < bytes.size(); ++cut) {
    const size_t wanted = cuts.empty() ? bytes.size() : static_cast<uint8_t>(cuts[cut % cuts.size()]) + 1U;
    const auto piece = std::span<uint8_t>(bytes).subspan(at, std::min(wanted, bytes.size() - at));
    at += piece.size();
    std::span<uint8_t> in = piece;
    for (;;) {
      const size_t before = in.size();
      const auto event = reader.next(in);
      if (event.found == Found::NeedMore) {
        demand(in.empty() || reading.end != Found::NeedMore);
        break;
      }
      demand(reading.end == Found::NeedMore);  // nothing is found behind an end
      if (event.found == Found::Data) {
        demand(!event.payload.empty() && event.payload.size() <= before);
        demand(event.payload.data() >= piece.data() &&
               event.payload.data() + event.payload.size() <= piece.data() + piece.size());
        reading.data.append(event.payload.begin(), event.payload.end());
      } else if (event.found == Found::Ping) {
        demand(event.payload.size() <= 125);
        reading.pings.emplace_back(event.payload.begin(), event.payload.end());
      } else {
        reading.end = event.found;
        reading.close = event.close;
        demand((event.found == Found::Closed) == (event.close == WebSocketClose::Normal));
      }
    }
  }
  return reading;
}

void append_masked(std::string& out, uint8_t flags, std::string_view payload, uint32_t mask) {
  out.push_back(static_cast<char>(flags));
  const int length_bytes = payload.size() < 126 ? 0 : payload.size() <= 0xffff ? 2 : 8;
  out.push_back(static_cast<char>(0x80 | (length_bytes == 0   ? payload.size()
                                          : length_bytes == 2 ? 126U
                                                              : 127U)));
  for (int i = length_bytes; i-- > 0;)
    out.push_back(static_cast<char>(static_cast<uint64_t>(payload.size()) >> (8 * i)));
  for (int i = 4; i-- > 0;) out.push_back(static_cast<char>(mask >> (8 * i)));
  for (size_t i = 0; i < payload.size(); ++i)
    out.push_back(static_cast<char>(payload[i] ^ static_cast<char>(mask >> (24 - 8 * (i % 4)))));
}

// Messages of the fuzzer's choice, in fragments, with pings among them.
void write_and_read(fuzz::Input& input) {
  std::string stream;
  Reading expected;
  bool within = false;
  const std::string_view cuts = input.take(input.byte() % 8U);
  for (int frames = 0; !input.empty() && frames < 64 && stream.size() < 2'000; ++frames) {
    const uint8_t choice = input.byte();
    const uint32_t mask = 0x01010101U * input.byte() + choice;
    // Long enough for the second form of a length, and seldom for the third.
    const size_t repeated = choice == 0xff ? 70'000 : choice >= 0xf0 ? 300 : 1;
    std::string payload(input.take(choice % 32U));
    if (repeated > 1) payload.append(repeated, 'x');
    if ((choice & 0x60) == 0) {
      payload.resize(std::min<size_t>(payload.size(), 125));
      append_masked(stream, 0x89, payload, mask);
      expected.pings.push_back(payload);
      continue;
    }
    const bool final = (choice & 0x20) != 0;
    append_masked(stream, static_cast<uint8_t>((final ? 0x80 : 0) | (within ? 0 : 2)), payload, mask);
    within = !final;
    expected.data += payload;
  }
  demand(read(stream, cuts) == expected);
}

}  // namespace
}  // namespace rollcall::net

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rollcall;
  fuzz::Input input(data, size);
  if ((input.byte() & 1) != 0) {
    net::write_and_read(input);
    return 0;
  }
  const std::string_view cuts = input.take(input.byte() % 8U);
  const std::string_view stream = input.rest();
  const net::Reading whole = net::read(stream, {});
  fuzz::demand(net::read(stream, cuts) == whole);
  fuzz::demand(net::read(stream, std::string_view("\0", 1)) == whole);
  return 0;
}
