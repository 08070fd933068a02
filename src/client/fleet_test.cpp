#include "client/fleet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"
#include "net/tcp_server.hpp"

namespace rollcall::client {
namespace {

using testing::HasSubstr;

constexpr int64_t kPatienceMs = 10'000;

// A server that answers every CONNECT with one code and nothing else.
class Greeter : public ByteHandler {
 public:
  explicit Greeter(net::CoreLoop& loop) : server(loop, {}) {
    EXPECT_TRUE(server.listen({"127.0.0.1", 0}, *this));
  }

  void on_open(ConnectionRef, std::string_view) override {}
  void on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) override {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.starts_with('\x10')) return;
    open.push_back(connection);
    std::string out;
    mqtt::append_connack(out, code);
    server.send(connection, out);
  }
  void on_closed(ConnectionRef) override { ++closed; }

  net::TcpServer server;
  mqtt::ConnectCode code = mqtt::ConnectCode::Accepted;
  std::vector<ConnectionRef> open;
  int closed = 0;
};

class FleetTest : public testing::Test {
 protected:
  Fleet& make(size_t devices, double offline = 0) {
    FleetOptions options;
    options.server = greeter.server.bound();
    options.devices = devices;
    options.offline = offline;
    DeviceSettings settings;
    settings.product_key = "pk";
    fleet = std::make_unique<Fleet>(loop, std::move(settings), std::move(options));
    for (size_t i = 0; i < devices; ++i) fleet->add("dev" + std::to_string(i), Secret("s"));
    fleet->start();
    return *fleet;
  }

  net::CoreLoop loop;
  Greeter greeter{loop};
  std::unique_ptr<Fleet> fleet;
};

TEST_F(FleetTest, ConnectsAllAndSaysGoodbye) {
  Fleet& devices = make(20);
  EXPECT_TRUE(loop.run_until([&] { return devices.all_connected(); }, kPatienceMs));
  EXPECT_EQ(devices.counters().connected, 20u);
  EXPECT_EQ(devices.counters().logins, 20u);
  devices.stop();
  EXPECT_TRUE(loop.run_until([&] { return devices.open_connections() == 0; }, kPatienceMs));
  EXPECT_EQ(devices.counters().cuts, 0u);
}

TEST_F(FleetTest, BringsBackADeviceThatWasCut) {
  Fleet& devices = make(2);
  ASSERT_TRUE(loop.run_until([&] { return devices.all_connected(); }, kPatienceMs));
  greeter.server.close(greeter.open.front());
  EXPECT_TRUE(loop.run_until([&] { return devices.counters().connected == 1; }, kPatienceMs));
  EXPECT_TRUE(loop.run_until([&] { return devices.counters().logins == 3; }, kPatienceMs));
  EXPECT_EQ(devices.counters().cuts, 1u);
  EXPECT_EQ(devices.counters().connected, 2u);
}

TEST_F(FleetTest, SaysWhyALoginWasRefused) {
  greeter.code = mqtt::ConnectCode::BadUserOrPassword;
  Fleet& devices = make(1);
  EXPECT_TRUE(loop.run_until([&] { return devices.counters().failures > 0; }, kPatienceMs));
  EXPECT_THAT(devices.counters().reason, HasSubstr("name or secret"));
  EXPECT_FALSE(devices.all_connected());
}

TEST_F(FleetTest, LeavesOfflineDevicesOutOfThoseItExpects) {
  Fleet& devices = make(100, 1.0);
  EXPECT_GT(devices.counters().expected, 20u);
  EXPECT_LT(devices.counters().expected, 80u);
  EXPECT_TRUE(loop.run_until([&] { return devices.all_connected(); }, kPatienceMs));
}

}  // namespace
}  // namespace rollcall::client
