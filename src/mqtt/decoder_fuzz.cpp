// Feeds arbitrary bytes whole and in pieces: no over-read, and the same packets either way.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mqtt/test_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rollcall::mqtt;
  if (size == 0) return 0;
  const size_t piece = data[0] % 17 + 1;
  const Version version = data[0] >= 0x80 ? Version::Five : Version::Three;
  // A copy of its own, so that the sanitizer sees a read past the end.
  const std::string stream(reinterpret_cast<const char*>(data + 1), size - 1);
  PacketReader whole_reader;
  whole_reader.set_version(version);
  std::string whole;
  const auto whole_outcome = whole_reader.feed(stream, [&whole](const Packet& packet) {
    whole += test::describe(packet) + "\n";
    return Reading::Continue;
  });
  PacketReader reader;
  reader.set_version(version);
  std::string out;
  std::optional<DecodeError> error;
  for (size_t at = 0; at < stream.size() && !error; at += piece) {
    const std::string part = stream.substr(at, piece);
    error = reader
                .feed(part,
                      [&out](const Packet& packet) {
                        out += test::describe(packet) + "\n";
                        return Reading::Continue;
                      })
                .error;
  }
  if (out != whole || error != whole_outcome.error) std::abort();
  return 0;
}
