// A session under arbitrary bytes in arbitrary pieces: it ends in a fault or goes on, it never answers after
// its end.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mqtt/server_session.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::mqtt;

struct Peer : SessionHandler {
  ServerSession session;
  std::string out;
  SteadyUs now{0};
  bool decide_at_once = true;
  bool ended = false;

  void check() const {
    if (ended) std::abort();
  }
  void on_connect(const ConnectView&) override {
    check();
    if (decide_at_once) session.accept(now, out, *this);
  }
  void on_publish(const PublishView& publish) override {
    check();
    if (publish.topic.empty() || publish.qos > 1) std::abort();
    (void)session.begin_push(publish.payload.size());
  }
  void on_puback(uint64_t) override { check(); }
  void on_subscribe(const SubscribeView& subscribe, std::string& codes) override {
    check();
    codes.assign(subscribe.filter_count, '\0');
  }
  void on_unsubscribe(const UnsubscribeView& unsubscribe, std::string& codes) override {
    check();
    codes.assign(unsubscribe.filter_count, '\0');
  }
  void on_disconnect() override {
    check();
    ended = true;
  }
  void on_fault(SessionFault, std::optional<DecodeError>) override {
    check();
    ended = true;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t piece = data[0] + 1;
  Peer peer;
  peer.decide_at_once = data[1] & 1;
  // Most inputs would die before CONNECT; begin with one for half of them.
  if (data[1] & 2)
    peer.session.feed((data[1] & 4) ? std::string("\x10\x0e\0\4MQTT\5\2\0\x3c\0\0\1a", 16)
                                    : std::string("\x10\x0d\0\4MQTT\4\2\0\x3c\0\1a", 15),
                      peer.now, peer.out, peer);
  const std::string stream(reinterpret_cast<const char*>(data + 2), size - 2);
  for (size_t at = 0; at < stream.size(); at += piece) {
    peer.session.feed(stream.substr(at, piece), peer.now, peer.out, peer);
    if (peer.session.state() == ServerSession::State::Deciding && at % 3 == 0)
      peer.session.accept(peer.now, peer.out, peer);
  }
  return 0;
}
