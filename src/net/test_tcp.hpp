// For tests: a ByteHandler that records, and a fixture with a TcpServer on a free port. Thread: the test's.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/tcp_server.hpp"
#include "net/test_peer.hpp"

namespace rollcall::net {

// Records what happens; a test may hang a reaction on it.
struct Recorder : ByteHandler {
  void on_open(ConnectionRef c, std::string_view peer) override {
    opened.push_back(c);
    peers.emplace_back(peer);
    if (opening) opening(c);
  }
  void on_bytes(ConnectionRef c, std::span<const uint8_t> bytes) override {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    received[c.slot].append(text);
    bytes_received += bytes.size();
    largest = std::max(largest, bytes.size());
    if (reaction) reaction(c, text);
  }
  void on_closed(ConnectionRef c) override {
    closed.push_back(c);
    if (closing) closing(c);
  }

  std::vector<ConnectionRef> opened;
  std::vector<ConnectionRef> closed;
  std::vector<std::string> peers;
  std::map<uint32_t, std::string> received;
  size_t bytes_received = 0;
  size_t largest = 0;
  std::function<void(ConnectionRef)> opening;
  std::function<void(ConnectionRef, std::string_view)> reaction;
  std::function<void(ConnectionRef)> closing;
};

struct TcpTest : testing::Test {
  void start(const TcpServerOptions& options = {}) {
    server = std::make_unique<TcpServer>(loop, options);
    ASSERT_TRUE(server->listen(Address{"127.0.0.1", 0}, handler));
    port = server->bound().port;
    ASSERT_NE(port, 0);
  }
  void echo() {
    handler.reaction = [this](ConnectionRef c, std::string_view text) { server->send(c, text); };
  }

  CoreLoop loop;
  Recorder handler;
  std::unique_ptr<TcpServer> server;
  uint16_t port = 0;
};

}  // namespace rollcall::net
