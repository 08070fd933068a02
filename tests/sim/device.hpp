// One simulated client with a device's identity: speaks MQTT and Alink over the simulated network, as the
// real ones do and worse. Says what it was told and what it said to Truth. A twin is a second object with the
// same identity. Thread: the world's.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "alink/topics.hpp"
#include "model/task.hpp"
#include "mqtt/decoder.hpp"
#include "sim/parts.hpp"

namespace rollcall::sim {

struct Identity {
  DeviceId id;
  std::string iot_id;
  std::string product_key;
  std::string name;
  std::string secret;
};

// Drawn once for each client.
struct Character {
  bool silent = false;
  bool lying = false;
  bool repeating = false;
  bool asks_next = false;
  bool subscriber = false;  // without _ss=1
  bool late = false;
  bool contrary = false;
  bool qos1 = false;
  bool withholds_puback = false;
  bool mostly_offline = false;
  bool twin = false;
};
Character draw_character(const Plan& plan, Dice& dice);

class SimDevice final : public Peer {
 public:
  SimDevice(Parts& parts, Identity identity, Character character, std::vector<std::string>& known_codes);

  void start(int64_t delay_us);
  // From now on it does everything right: comes, answers, asks for more, until it holds nothing.
  void become_honest();
  void leave();  // for good
  void cut(bool tell_server);
  bool is_online() const { return online_; }
  SteadyUs online_since() const { return connack_at_; }
  uint64_t connection() const { return connection_; }
  const Identity& identity() const { return identity_; }
  const Character& character() const { return character_; }

  void on_connected(uint64_t connection) override;
  void on_bytes(uint64_t connection, std::string_view bytes) override;
  void on_closed(uint64_t connection) override;

 private:
  struct Work {
    std::string code;
    uint32_t turn = 0;  // raised by each new delivery: steps of an older one stop
    int progress = -1;  // told; -1: nothing yet
  };
  // A report that was not answered yet.
  struct Unanswered {
    std::string payload;
    uint16_t packet_id = 0;  // of the present connection; 0: QoS 0 or not sent here
    SteadyUs sent_at;        // on the present connection, when an answer will get through; else 0
  };

  void connect();
  void come_back();
  void publish(std::string_view suffix, std::string_view payload, uint8_t qos, uint16_t packet_id = 0,
               bool dup = false);
  void send(const std::string& bytes);
  uint16_t next_packet_id();
  void every_minute();
  void online();
  void subscribe_all();
  void ask_next();
  void misbehave();
  void report_again(int64_t number);
  void check_answered();
  SteadyUs answerable_from() const;
  void later(int64_t us, std::function<void()> what);  // unless the client has left

  void on_packet(const mqtt::Packet& packet);
  void on_publish(const mqtt::PublishView& publish);
  bool acknowledge(const mqtt::PublishView& publish);
  void on_notify(const mqtt::PublishView& publish);
  void on_get_reply(std::string_view payload);
  void on_update_reply(std::string_view payload);
  void on_command(std::string_view suffix, std::string_view payload);
  void answer_command(const std::string& suffix, const std::string& id, const std::string& marker);
  void answer_later(int64_t us, const std::string& suffix, const std::string& id, const std::string& marker);

  void take_task(const std::string& code, const std::string& marker);
  void confirm(const TaskKey& key) { unconfirmed_.erase(key); }
  void work_on(const TaskKey& key, uint32_t turn);
  void report(const TaskKey& key, const std::string& code, TaskEvent event, int progress);

  Parts& parts_;
  Identity identity_;
  Character character_;
  std::vector<std::string>& known_codes_;
  bool honest_ = false;
  bool left_ = false;
  uint64_t connection_ = 0;
  bool online_ = false;
  bool subscribed_ = false;
  bool read_slowly_ = false;  // some time on this connection
  uint16_t packet_id_ = 0;
  SteadyUs connack_at_;
  bool next_pending_ = false;  // a $next asked right behind CONNACK is not answered yet
  mqtt::PacketReader reader_;
  std::map<TaskKey, Work> work_;
  std::map<int64_t, Unanswered> unanswered_;                         // by report number
  std::map<uint16_t, int64_t> packets_;                              // reports under way on this connection
  std::map<uint16_t, std::pair<TaskKey, int32_t>> command_packets_;  // answers to commands; task, attempt
  std::set<std::pair<TaskKey, int32_t>> pushed_here_;
  std::set<TaskKey> unconfirmed_;
};

}  // namespace rollcall::sim
