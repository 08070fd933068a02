// What the engine wants done after a commit: answers and pushes, each for one core. An effect leaves the
// engine only when everything it depends on is durable (DESIGN 3). Thread: values that cross mailboxes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "engine/commands.hpp"
#include "engine/explain.hpp"
#include "model/access.hpp"

namespace rollcall::engine {

// --- outcomes of API commands
struct Done {};
struct ProductMade {
  Product product;
};
struct DeviceMade {
  Device device;
  std::string product_key;
};
struct ApplyMade {
  ApplyId apply;
};
struct NamesRefused {
  struct Refused {
    std::string device_name;
    std::string nickname;
    std::string reason;
  };
  std::vector<std::string> invalid_names;
  std::vector<std::string> invalid_nicknames;
  std::vector<std::string> repeated_names;
  std::vector<Refused> details;
};
struct GroupMade {
  Group group;
};
struct GroupDevicesAdded {
  int64_t valid = 0;
  int64_t added = 0;
  int64_t already = 0;
  int64_t exceed_ten = 0;
};
struct GroupDevicesRemoved {
  int64_t valid = 0;
  int64_t removed = 0;
  int64_t already = 0;  // were in the group
};
struct ImportRefused {
  struct Refused {
    std::string device_name;
    std::string secret;
    std::string serial;
    std::string reason;
  };
  std::vector<std::string> invalid_names;
  std::vector<std::string> invalid_secrets;
  std::vector<std::string> invalid_serials;
  std::vector<std::string> repeated_names;
  std::vector<Refused> details;
};
struct TopicMade {
  TopicId topic;
};
struct JobMade {
  JobId job;
};
struct DevicesFound {
  struct Found {
    Device device;
    Product product;
    Presence presence;
  };                                          // in the order asked
  std::vector<std::optional<Found>> devices;  // absent: unknown, or another instance's
};
struct AccessChanged {
  std::shared_ptr<const AccessDirectory> directory;  // as it is from now on
  AccessKey key;                                     // of CreateKey and RotateKey, with its secret
};
struct AccessImported {
  ImportTally accounts, instances, aliases, users, keys;
  std::vector<ImportRefusal> refusals;
  std::shared_ptr<const AccessDirectory> directory;  // as it is from now on; none after a dry run
};
struct TaskExplained {
  Task task;
  TaskStatus status{};  // as everyone sees it
  std::vector<Reason> reasons;
};
// A direct call's message left, and the device's answer if the call was for one.
struct MessageSent {
  int64_t message_id = 0;
  bool answered = false;
  int32_t code = 200;
  std::string data;  // raw JSON; RRpc: bytes
  std::string message;
};
// Who signs with that product's secret gets that device's.
struct RegistrationFound {
  Secret product_secret;
  Secret device_secret;
};
// The answer is given later; only the engine itself sees this one.
struct AnsweredLater {};
using Outcome = std::variant<Done, ProductMade, DeviceMade, ApplyMade, NamesRefused, GroupMade,
                             GroupDevicesAdded, JobMade, DevicesFound, FleetImported, TaskExplained,
                             AccessChanged, AccessImported, GroupDevicesRemoved, ImportRefused, TopicMade,
                             MessageSent, RegistrationFound, AnsweredLater>;

struct ApiReply {
  uint64_t ticket = 0;
  Result<Outcome> outcome;
};

// --- device effects; `connection` may have died meanwhile, then they are dropped
struct DeviceIdentity {
  DeviceId device;  // empty: not registered, but may be (LoginKind::RegisterNew)
  Secret secret;
  Secret product_secret = {};  // of logins that register
};
struct DeviceFound {
  ConnectionRef connection;
  Result<DeviceIdentity> identity;
};  // NotExistedDevice, also of one that may not register; DeviceDisabled
struct SessionOpened {
  ConnectionRef connection;
  DeviceId device;
  int64_t epoch = 0;
};
struct SessionRefused {
  ConnectionRef connection;
  Error error;
};
// The device's tags are as it said, or why they are not.
struct TagReply {
  ConnectionRef connection;
  bool dropped = false;  // thing/deviceinfo/delete
  Status status;
  Echo echo;
};
struct Disconnect {
  ConnectionRef connection;
  int64_t epoch = 0;
  OfflineReason reason{};  // TakenOver, Disabled, Deleted or ServerStopped
};
// Send this task's message: job notify, property set, service call or custom topic, by content->type. The
// place in the core's mailbox was reserved before the task was decided SENT. The core reports back
// PushConfirmed (PUBACK), PushWritten (QoS 0 PUB).
struct PushTask {
  ConnectionRef connection;
  int64_t epoch = 0;
  TaskKey key;
  int32_t attempt = 1;
  std::shared_ptr<const JobContent> content;
  // Not 0: a direct call's message under this Alink id. There is no task. `key` is that of a message that
  // waits for its PUBACK (offline_key()), or empty: then nothing is reported back but the answer itself.
  uint32_t direct_id = 0;
  bool awaited = false;
};
// Tell the device that a task it has is over (CANCELLED, or REMOVED with its job): custom jobs only.
struct TellTask {
  ConnectionRef connection;
  int64_t epoch = 0;
  TaskKey key;
  int32_t attempt = 1;
  TaskStatus status{};
  bool removed = false;
};
struct JobGetReply {
  struct Item {
    TaskKey key;
    TaskStatus status{};
    std::shared_ptr<const JobContent> content;
  };  // content empty for List
  ConnectionRef connection;
  GetKind kind{};
  Echo echo;
  std::vector<Item> items;  // empty: none
};
struct JobUpdateReply {
  ConnectionRef connection;
  Echo echo;
  Status status;
};
struct Ack {
  ConnectionRef connection;
  uint16_t packet_id = 0;
};

struct Effect {
  uint16_t core = 0;
  std::variant<ApiReply, DeviceFound, SessionOpened, SessionRefused, Disconnect, PushTask, TellTask,
               JobGetReply, JobUpdateReply, Ack, TagReply>
      what;
};

}  // namespace rollcall::engine
