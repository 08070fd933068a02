// Connections without pause: logins right and wrong, over TCP and TLS, in all versions, cut in the middle of
// a packet, taken over, kicked by the API, lost. Afterwards nothing of them is left. Seconds by
// ROLLCALL_SOAK_SECONDS, the seed by ROLLCALL_SOAK_SEED; runs under the sanitizers too (./dev sanitize).
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/crypto.hpp"
#include "base/text.hpp"
#include "client/fleet_setup.hpp"
#include "failing_server.hpp"
#include "mqtt/encoder.hpp"
#include "net/address.hpp"
#include "net/http_client.hpp"
#include "net/tcp_client.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::testing {
namespace {

constexpr size_t kDevices = 40;
constexpr size_t kConnectionsMax = 60;  // of each kind
constexpr int64_t kStepMs = 1;
constexpr int kStepsPerKick = 100;

int64_t number_from(const char* variable, int64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : parse_int(text).value_or(otherwise);
}

struct Fleet {
  std::string product_key;
  std::vector<std::pair<std::string, Secret>> devices;
};

// Clients of one kind, over TCP or TLS, that do anything.
class Crowd final : public ByteHandler {
 public:
  Crowd(net::CoreLoop& loop, const std::string& address, const Fleet& fleet, Random& dice, bool tls)
      : address_(*net::parse_address(address)),
        fleet_(fleet),
        dice_(dice),
        client_(loop, *this, options(tls)) {}

  void step() {
    if (client_.connections() < kConnectionsMax)
      ASSERT_TRUE(client_.connect(address_.host, address_.port, dice_.below(fleet_.devices.size())));
    if (open_.empty()) return;
    const ConnectionRef connection = open_[dice_.below(open_.size())];
    switch (dice_.below(6)) {
      case 0:
        return client_.close(connection);
      case 1: {
        std::string bye;
        mqtt::append_disconnect(bye);
        client_.send(connection, bye);
        return;
      }
      case 2:  // no MQTT
        client_.send(connection, std::string(dice_.below(40) + 1, '\xFF'));
        return;
      default:
        client_.send(connection, message(client_.token(connection)));
        return;
    }
  }

  void end() { client_.close_all(); }
  size_t connections() const { return client_.connections(); }
  uint64_t accepted = 0, refused = 0, closed = 0;

  void on_open(ConnectionRef connection, std::string_view) override {
    open_.push_back(connection);
    std::string packet = login(client_.token(connection));
    if (dice_.below(8) == 0) packet.resize(dice_.below(packet.size()) + 1);  // and then nothing more
    client_.send(connection, packet);
  }
  void on_bytes(ConnectionRef, std::span<const uint8_t> bytes) override {
    if (bytes.size() < 4 || bytes[0] != 0x20) return;
    ++(bytes[3] == 0 ? accepted : refused);
  }
  void on_closed(ConnectionRef connection) override {
    ++closed;
    std::erase(open_, connection);
  }

 private:
  static net::TcpClientOptions options(bool tls) {
    net::TcpClientOptions made;
    if (tls) made.tls = net::TlsContext::for_client().value();
    return made;
  }

  std::string login(size_t device) {
    const auto& [name, secret] = fleet_.devices[device];
    const std::string key = dice_.below(8) == 0 ? "guess" : secret.reveal();
    const std::string user = name + "&" + fleet_.product_key;
    const std::string password =
        hex_lower(hmac(HashKind::Md5, key, "clientIdxdeviceName" + name + "productKey" + fleet_.product_key));
    mqtt::ConnectView connect;
    connect.protocol_level = static_cast<uint8_t>(3 + dice_.below(3));
    connect.clean_session = dice_.below(2) == 0;
    connect.keep_alive_seconds = 60;
    connect.client_id = "x|_ss=1|";
    connect.user_name = user;
    connect.password = password;
    if (connect.protocol_level == 5 && !connect.clean_session) connect.properties.session_expiry_seconds = 60;
    std::string packet;
    mqtt::append_connect(packet, connect);
    return packet;
  }

  // In 3.1.1's form: to a client of 5.0 mostly something malformed, which is as good.
  std::string message(size_t device) {
    const std::string names = "/" + fleet_.product_key + "/" + fleet_.devices[device].first;
    const std::string topic =
        dice_.below(2) == 0 ? "/sys" + names + "/thing/event/property/post" : names + "/user/update";
    std::string packet;
    mqtt::append_publish(packet, {.topic = topic, .packet_id = 1, .qos = 1},
                         R"({"id":"1","params":{"a":1}})");
    if (dice_.below(4) == 0) packet.resize(dice_.below(packet.size()) + 1);
    return packet;
  }

  const net::Address address_;
  const Fleet& fleet_;
  Random& dice_;
  net::TcpClient client_;
  std::vector<ConnectionRef> open_;
};

class SoakTest : public ::testing::Test {
 protected:
  // A gauge of /metrics; -1: it is not there.
  int64_t metric(const std::string& name) {
    net::HttpClientOptions options;
    options.server = server.settings.endpoint;
    HttpRequest request;
    request.method = "GET";
    request.target = "/metrics";
    const auto answer = net::HttpClient(options).send(request);
    if (!answer) return -1;
    const size_t at = answer->body.find("\n" + name + " ");
    if (at == std::string::npos) return -1;
    const std::string_view rest = std::string_view(answer->body).substr(at + name.size() + 2);
    return parse_int(rest.substr(0, rest.find_first_of(".\n"))).value_or(-1);
  }

  net::CoreLoop loop;
  RollcallServer server{binary_under_test(), loop, {.environment = {{"ROLLCALL_MQTTS", "127.0.0.1:0"}}}};
  Fleet fleet;
};

TEST_F(SoakTest, LeavesNothingOfItsConnections) {
  const int64_t seconds = number_from("ROLLCALL_SOAK_SECONDS", 4);
  const auto seed = static_cast<uint64_t>(number_from("ROLLCALL_SOAK_SEED", 1));
  const auto api = server.client();
  auto prepared =
      client::prepare_fleet(*api, server.random, {"soak", "soak-", kDevices}, [](const std::string&) {});
  ASSERT_TRUE(prepared) << public_message(prepared.error());
  fleet = {prepared->product_key, std::move(prepared->devices)};

  SeededRandom dice(seed);
  Crowd plain(loop, server.mqtt, fleet, dice, false);
  Crowd secure(loop, server.mqtt, fleet, dice, true);  // on the same port
  const SteadyUs end = loop.now() + seconds * 1'000'000;
  int64_t rss_at_half = 0;
  for (int step = 1; loop.now() < end; ++step) {
    plain.step();
    secure.step();
    if (rss_at_half == 0 && end - loop.now() < seconds * 500'000) rss_at_half = server.process.rss_bytes();
    if (step % kStepsPerKick == 0) {
      const NameValues device{{"ProductKey", fleet.product_key},
                              {"DeviceName", fleet.devices[dice.below(kDevices)].first}};
      ASSERT_TRUE(api->require("DisableThing", device));
      ASSERT_TRUE(api->require("EnableThing", device));
    }
    loop.run_until([] { return false; }, kStepMs);
  }
  EXPECT_GT(plain.accepted, 10u);
  EXPECT_GT(secure.accepted, 10u);
  EXPECT_GT(plain.refused, 0u);
  std::printf(
      "seed %llu: %llu logins, %llu refused, %llu connections; resident %lld KB at half time, %lld at the "
      "end\n",
      static_cast<unsigned long long>(seed),
      static_cast<unsigned long long>(plain.accepted + secure.accepted),
      static_cast<unsigned long long>(plain.refused + secure.refused),
      static_cast<unsigned long long>(plain.closed + secure.closed),
      static_cast<long long>(rss_at_half / 1024), static_cast<long long>(server.process.rss_bytes() / 1024));

  plain.end();
  secure.end();
  ASSERT_TRUE(loop.run_until([&] { return plain.connections() + secure.connections() == 0; }, 20'000));
  EXPECT_TRUE(loop.run_until(
      [&] { return metric("rollcall_mqtt_connections") == 0 && metric("rollcall_devices_connected") == 0; },
      20'000));
  EXPECT_TRUE(server.process.running()) << server.log();
  server.process.stop();
  EXPECT_EQ(server.log().find("Sanitizer"), std::string::npos) << server.log();
}

// Out of descriptors the server says so, serves those it has, and takes others when there is room again.
TEST(FileLimit, IsSaidAndSurvived) {
  net::CoreLoop loop;
  ScratchFolder folder;
  const std::string ready = folder.path() + "/ready.json";
  const std::string log = folder.path() + "/log";
  Process process;
  ASSERT_TRUE(process.start(
      {"/bin/sh", "-c", "ulimit -n 64; exec \"$0\" \"$@\"", binary_under_test(), "serve", "--data",
       folder.path() + "/data", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--ready-file", ready},
      log, {}));
  ASSERT_TRUE(loop.run_until([&] { return !read_file(ready).empty() || !process.running(); }, 30'000));
  const std::string text = read_file(ready);
  const size_t at = text.find("\"mqtt\":\"") + 8;
  const net::Address mqtt = *net::parse_address(text.substr(at, text.find('"', at) - at));

  struct Quiet final : ByteHandler {
    void on_open(ConnectionRef, std::string_view) override {}
    void on_bytes(ConnectionRef, std::span<const uint8_t>) override {}
    void on_closed(ConnectionRef) override {}
  } quiet;
  net::TcpClient clients(loop, quiet, {.close_ms = 100});
  for (int i = 0; i < 80; ++i) ASSERT_TRUE(clients.connect(mqtt.host, mqtt.port));
  EXPECT_TRUE(loop.run_until(
      [&] { return read_file(log).find("64 open files are allowed") != std::string::npos; }, 20'000))
      << read_file(log);
  clients.close_all();
  ASSERT_TRUE(loop.run_until([&] { return clients.connections() == 0; }, 20'000));

  struct Answered final : ByteHandler {
    bool closed = false;
    void on_open(ConnectionRef, std::string_view) override {}
    void on_bytes(ConnectionRef, std::span<const uint8_t>) override {}
    void on_closed(ConnectionRef) override { closed = true; }
  } answered;
  net::TcpClient one(loop, answered, {});
  const auto connection = one.connect(mqtt.host, mqtt.port);
  ASSERT_TRUE(connection);
  one.send(*connection, "no MQTT");
  EXPECT_TRUE(loop.run_until([&] { return answered.closed; }, 20'000));  // somebody is there who refuses it
  process.stop();
}

}  // namespace
}  // namespace rollcall::testing
