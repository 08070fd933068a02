// A whole gateway core under devices that log in and then send anything, cut anywhere, while the engine
// answers late and pushes at any moment. The invariants are in support/gateway_world.hpp.
//
// Input: steps of one letter, a digit for the connection, and what the step needs; see step().
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support/gateway_world.hpp"
#include "mqtt/encoder.hpp"

namespace {

using namespace rollcall;
using rollcall::fuzz::World;

constexpr size_t kStepsMax = 200;
constexpr const char* kTopics[] = {"/sys/a1pk/dev1/thing/job/get",
                                   "/sys/a1pk/dev1/thing/job/update",
                                   "/sys/a1pk/dev1/thing/job/notify_reply",
                                   "/sys/a1pk/dev1/thing/service/property/set_reply",
                                   "/sys/a1pk/dev1/thing/service/restart_reply",
                                   "/sys/a1pk/dev1/rrpc/response/17",
                                   "/ext/rrpc/17/sys/a1pk/dev1/thing/service/restart",
                                   "/sys/a1pk/dev1/thing/event/property/post",
                                   "/sys/a1pk/dev1/thing/config/get",
                                   "/ext/ntp/a1pk/dev1/request",
                                   "/a1pk/dev1/user/update",
                                   "/sys/a1pk/dev2/thing/job/get"};

// "$T" stands for the code of a task.
std::string with_task(std::string_view text, const World& world) {
  std::string out(text);
  if (const size_t at = out.find("$T"); at != std::string::npos) out.replace(at, 2, world.task_code());
  return out;
}

std::string publish(fuzz::Input& input, const World& world, uint32_t slot) {
  const uint8_t topic = input.byte();
  const uint8_t qos = input.byte();
  const std::string payload = with_task(input.line(), world);
  const uint16_t packet_id = (qos & 1) != 0 ? static_cast<uint16_t>((qos >> 1) % 8 + 1) : uint16_t{0};
  std::string packet;
  mqtt::append_publish(packet,
                       {.topic = kTopics[topic % std::size(kTopics)],
                        .packet_id = packet_id,
                        .qos = static_cast<uint8_t>(qos & 1),
                        .version = world.version(slot)},
                       payload);
  return packet;
}

std::string subscribe(fuzz::Input& input) {
  std::string packet("\x82\0\0\x21", 4);
  const std::string_view filter = input.line().substr(0, 100);
  packet += '\0';
  packet += static_cast<char>(filter.size());
  packet += filter;
  packet += '\1';
  packet[1] = static_cast<char>(packet.size() - 2);
  return packet;
}

void step(World& world, fuzz::Input& input) {
  const uint8_t what = input.byte();
  const uint32_t slot = input.byte() % World::kSlots;
  switch (what) {
    case 'o':  // a connection
      return world.open(slot);
    case 'l': {  // a login: device, password, version and clean session, then the extension of the client id
      const uint8_t choice = input.byte();
      return world.login(slot, (choice & 1) != 0 ? 1 : 2, input.line(),
                         {choice % 16 != 0, (choice & 0x20) != 0, (choice & 0x40) == 0});
    }
    case 'p':
      return world.bytes(slot, publish(input, world, slot));
    case 's':
      return world.bytes(slot, subscribe(input));
    case 'a': {  // PUBACK
      const std::string packet{'\x40', '\2', '\0', static_cast<char>(input.byte() % 8 + 1)};
      return world.bytes(slot, packet);
    }
    case 'r':  // raw: length and bytes
      return world.bytes(slot, input.take(input.byte()));
    case 'c':
      return world.hang_up(slot);
    case 'e':
      return world.engine_step(input.byte());
    case 'u':  // push
      return world.push(slot, input.byte());
    case 't':
      return world.tell(slot);
    case 'd':
      return world.disconnect(slot, input.byte());
    case 'i':
      return world.tick(input.byte());
    case 'z':
      world.piece_bytes = input.byte() % 64 + 1u;
      return;
    case 'E':
      world.engine_full = !world.engine_full;
      return;
    case 'S':
      world.sink_full = !world.sink_full;
      return;
    default:
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  World world;
  for (size_t i = 0; i < kStepsMax && !input.empty(); ++i) step(world, input);
  world.finish();
  return 0;
}
