// Everything the engine can be asked to do, as values. api/ and gateway/ make them on their cores; the engine
// decides them in batches on its own thread and answers with effects (effects.hpp). A command holds no views.
// Thread: values that cross mailboxes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/byte_stream.hpp"
#include "model/fleet.hpp"
#include "model/ids.hpp"
#include "model/job.hpp"
#include "model/job_document.hpp"
#include "model/last_values.hpp"
#include "model/model_edit.hpp"
#include "model/reachability.hpp"
#include "model/task.hpp"

namespace rollcall::engine {

// --- who asks

// Whom to answer: a number that means something to the asking core only.
struct Ticket {
  uint16_t core = 0;
  uint64_t number = 0;
};

// For audit, tracing and idempotency (DESIGN 3).
struct Actor {
  InstanceId instance;
  std::string access_key_id;
  std::string source_address;
  std::string request_id;
  AccountId account{1};
};

// One device connection of one core.
struct DeviceConnection {
  uint16_t core = 0;
  ConnectionRef connection;
};

// The session on that connection; a stale epoch is ignored (DESIGN 3, "connection epoch").
struct SessionRef {
  DeviceConnection at;
  DeviceId device;
  int64_t epoch = 0;
};

// What a reply to a device must repeat: its id verbatim, the task code as it wrote it, and the packet to
// PUBACK (0 = QoS 0).
struct Echo {
  std::string id_json;    // raw JSON value
  std::string task_code;  // thing/job/*: the taskId text of the request
  uint16_t packet_id = 0;
};

// A device as API callers name it: IotId wins over the pair (cloud-api C).
struct DeviceRef {
  std::string iot_id;
  std::string product_key;
  std::string device_name;
};

// --- API commands: answered by ApiReply with the Outcome named behind each

struct CreateProduct {
  Product product;
};  // ProductMade; key and secret are made when empty
struct RegisterDevice {
  std::string product_key;
  std::string device_name;
  std::string nickname;
  Secret secret{};         // ImportDevice brings its own, as the next one
  std::string serial{};    // empty: none
};                         // DeviceMade; name and secret made when empty
struct CheckDeviceNames {  // ApplyMade or NamesRefused
  std::string product_key;
  std::vector<std::pair<std::string, std::string>> names;  // DeviceName, Nickname
};
struct RegisterApplied {
  std::string product_key;
  ApplyId apply;
};  // ApplyMade
struct CreateGroup {
  Group group;
  std::string parent_code;  // SuperGroupId; empty: none
};                          // GroupMade
struct AddGroupDevices {
  std::string group_code;
  std::vector<DeviceRef> devices;
};  // GroupDevicesAdded
// Name and, when given, description.
struct UpdateProduct {
  std::string product_key;
  std::string name;
  std::optional<std::string> description;
  std::optional<DynamicRegistration> dynamic_registration = {};
};  // Done
// Refused while the product is released or has devices; its thing models go with it (DESIGN 5.18).
struct DeleteProduct {
  std::string product_key;
};  // Done
// ReleaseProduct and CancelReleaseProduct; what is so already is a success.
struct SetProductReleased {
  std::string product_key;
  bool released = true;
};  // Done
// A module of a thing model; an empty id is the default one.
struct ModelModule {
  std::string id;
  std::string name;
};
struct ImportThingModel {
  std::string product_key;
  std::string tsl;
  ModelModule module = {};
};  // Done
// CreateThingModel, UpdateThingModel and DeleteThingModel: one step of editing a draft.
struct ChangeThingModel {
  std::string product_key;
  ModelModule module;
  ModelEdit edit;
};  // Done
struct PublishThingModel {
  std::string product_key;
  std::string version;
  std::string description;
};                  // Done
struct CreateJob {  // JobMade
  JobSpec
      spec;  // target ids, snapshot, sync_service, wire_params, unfit products are filled in by the engine
  JobSettings settings;
  std::vector<DeviceRef> targets;  // DEVICE_LIST
  std::string client_token;        // empty: none; the same within 24 hours is the same job
  std::string request_digest;      // of what the caller asked for, when there is a token
};
struct CancelJob {
  JobId job;
};  // Done
struct DeleteJob {
  JobId job;
};  // Done
// The whole job, or only its tasks of some statuses (FAILED, TIMED_OUT), or only these tasks: the latter two
// are an extension (DESIGN 5.14).
struct RerunJob {
  JobId job;
  std::vector<TaskStatus> statuses;
  std::vector<TaskKey> tasks;
};  // Done
struct PauseJob {
  JobId job;
};  // Done; extension (DESIGN 5.17)
struct ResumeJob {
  JobId job;
};  // Done; extension
// What is absent is kept (DESIGN 5.16).
struct UpdateJob {
  JobId job;
  std::optional<std::string> description;
  std::optional<int64_t> maximum_per_minute;
  std::optional<MessageQos> qos;           // acts on CUSTOM_JOB and PUB only
  std::optional<int64_t> timeout_minutes;  // as given: what takes effect depends on the job's type
};                                         // Done
struct QueryDevices {
  std::vector<DeviceRef> devices;
  std::string product_key{};  // when given it has to exist
};                            // DevicesFound; live presence included
// What became of rows that came in, or in a dry run would.
struct ImportTally {
  int64_t added = 0;
  int64_t same = 0;
  int64_t changed = 0;
  int64_t refused = 0;  // in a dry run only
};
struct ImportRefusal {
  std::string place;  // in what was given: "devices[3]"
  std::string why;
};
struct FleetImported {
  ImportTally products, groups, devices, tasks;
  std::vector<ImportRefusal> refusals;  // at most limits::kImportRefusalsTold
};
// A chunk of a fleet import (at most limits::kSweepRows rows of a kind): all of it or nothing. What is absent
// of a row is kept, or has the default of a new one.
struct ImportFleet {  // FleetImported
  struct ProductEntry {
    std::string key;
    std::optional<std::string> name;
    std::optional<Secret> secret;
    std::optional<int32_t> node_type, data_format, net_type, validate_type;
    std::optional<bool> has_thing_model, id2, released;
    std::optional<DynamicRegistration> dynamic_registration;
    std::optional<std::string> auth_type, protocol_type, category_key, description;
    std::string tsl;                                  // published; empty: none
    std::string draft_tsl;                            // empty: as published
    std::optional<std::vector<ProductTopic>> topics;  // name, operation, description; others of it are kept
    std::string place;                                // in what was given: "products[2]"
  };
  struct DeviceEntry {
    std::string product_key;
    Device device;
    std::vector<DeviceTag> tags;      // others are kept
    std::vector<std::string> groups;  // codes; it stays in others
    std::string place;
  };
  struct GroupEntry {
    std::string code;
    std::optional<std::string> name, description, parent_code;
    std::vector<DeviceRef> devices;
    std::string place;
  };
  // A TaskId of another platform from now on stands for a task of ours.
  struct TaskEntry {
    std::string foreign_id;
    TaskKey key;
    std::string place;
  };
  std::vector<ProductEntry> products;
  std::vector<GroupEntry> groups;
  std::vector<DeviceEntry> devices;
  std::vector<TaskEntry> tasks;
  // Only checks, and goes on behind what would be refused. What earlier chunks would bring may be named.
  bool dry_run = false;
  std::vector<std::string> known_products, known_groups;  // by key and code; in a dry run only
  FleetImported refused;                                  // by the reader already; likewise
};
// DisableThing and EnableThing; what is so already is a success. Disabling ends the device's connection and
// leaves its tasks waiting (DESIGN 5.18).
struct SetThingEnabled {
  DeviceRef device;
  bool enabled = true;
};  // Done
// Ends the device's connection and cancels its open tasks; its name may be registered again (DESIGN 5.18).
struct DeleteDevice {
  DeviceRef device;
};  // Done
// Why a task has not moved; extension.
struct ExplainTask {
  TaskKey key;
};  // TaskExplained
struct CreateAccessKey {
  AccessKey key;
};  // Done
// One change of accounts and keys, for administrators; which fields matter depends on the operation.
struct ChangeAccess {
  enum class Operation : uint8_t {
    CreateAccount,       // account, instance: the code of its first instance
    CreateInstance,      // account, instance
    SetDefaultInstance,  // account, instance
    AddAlias,            // instance, alias
    DeleteAlias,         // alias
    PutUser,             // account, user, policy
    DeleteUser,          // account, user; its keys go with it
    CreateKey,           // account, user or none, administrator; key id and secret are made when empty
    EnableKey,           // key_id, as all below
    DisableKey,
    RotateKey,  // a new secret
    DeleteKey,
  };
  Operation operation{};
  std::string account;
  std::string user;
  std::string policy;
  std::string instance;
  std::string alias;
  std::string key_id;
  Secret secret;
  bool administrator = false;
};  // AccessChanged

// Accounts and keys that come in with their identities: what is there and the same is left as it is, what is
// another is changed, nothing is taken away. All of it or nothing.
struct ImportAccess {
  enum class Kind : uint8_t { Account, Instance, Alias, User, Key };
  struct Entry {
    Kind kind{};
    // Account: account, and instance: its default one; instance: instance, account; alias: alias, instance;
    // user: user, account, policy; key: key_id, secret, account, user, administrator.
    ChangeAccess row;
    bool enabled = true;  // key
    std::string place;
  };
  std::vector<Entry> entries;  // accounts first, keys last
  bool dry_run = false;
};  // AccessImported

// --- many devices, groups, tags and topic classes

// Registers `count` devices with names of our making, in chunks.
struct RegisterMany {
  std::string product_key;
  int64_t count = 0;
};  // ApplyMade
// Registers devices with names and secrets of their own, in chunks; all names are checked before.
struct ImportMany {
  struct Entry {
    std::string name;
    Secret secret;
    std::string serial;
  };
  std::string product_key;
  std::vector<Entry> entries;
};                     // ApplyMade or ImportRefused
struct SetNicknames {  // all or none; empty: the device loses its nickname
  std::vector<std::pair<DeviceRef, std::string>> nicknames;
};  // Done
struct UpdateGroup {
  std::string group_code;
  std::string description;
};  // Done
// The group is gone with all its memberships; refused while it has groups below it.
struct DeleteGroup {
  std::string group_code;
};  // Done
struct RemoveGroupDevices {
  std::string group_code;
  std::vector<DeviceRef> devices;
};  // GroupDevicesRemoved
struct SaveTags {
  DeviceRef device;
  std::vector<DeviceTag> tags;
};  // Done
struct DeleteTag {
  DeviceRef device;
  std::string name;
};  // Done, also when there is no such tag
struct CreateTopic {
  std::string product_key;
  ProductTopic topic;
};  // TopicMade
struct UpdateTopic {
  ProductTopic topic;
};  // Done
struct DeleteTopic {
  TopicId topic;
};  // Done

// A direct call: a message to devices without a job (cloud-api C.7). Its content is that of a job of this
// type, and it takes the same way to the device.
struct SendMessage {
  std::vector<DeviceRef> devices;
  bool many = false;  // a call that names a list: devices that are not there are left out, nothing is awaited
  JobType type = JobType::Pub;
  MessageQos qos = MessageQos::Qos0;
  std::string service_identifier;  // INVOKE_SERVICE
  std::string body;                // PUB: bytes; else the parameters as a raw JSON object
  std::string topic_short_name;    // PUB: behind /user/
  bool raw_rrpc = false;           // RRpc: the answer is awaited for
  int64_t timeout_ms = 0;          // this long
};                                 // MessageSent, later when an answer is awaited

// A device wants its secret (device-protocol 3.1). No call of an account: the instance of the actor says
// nothing.
struct FindRegistration {
  std::string product_key;
  std::string device_name;
};  // RegistrationFound

struct ApiCommand {
  Ticket ticket;
  Actor actor;
  std::variant<CreateProduct, RegisterDevice, CheckDeviceNames, RegisterApplied, CreateGroup, AddGroupDevices,
               ImportThingModel, PublishThingModel, UpdateProduct, DeleteProduct, SetProductReleased,
               ChangeThingModel, CreateJob, CancelJob, DeleteJob, RerunJob, PauseJob, ResumeJob, UpdateJob,
               QueryDevices, ImportFleet, CreateAccessKey, ChangeAccess, ImportAccess, SetThingEnabled,
               DeleteDevice, ExplainTask, RegisterMany, ImportMany, SetNicknames, UpdateGroup, DeleteGroup,
               RemoveGroupDevices, SaveTags, DeleteTag, CreateTopic, UpdateTopic, DeleteTopic, SendMessage,
               FindRegistration>
      what;
};

// --- device commands

// Step 1 of a login: answered by DeviceFound. The core then checks the password.
struct FindDevice {
  DeviceConnection from;
  std::string product_key;
  std::string device_name;
  LoginKind kind = LoginKind::Session;
};
// A device that is not registered has shown its product's secret (device-protocol 3.3): answered by
// DeviceFound, as if it had always been there.
struct AddDevice {
  DeviceConnection from;
  std::string product_key;
  std::string device_name;
};
// Step 2: answered by SessionOpened or SessionRefused. An older session of the device is disconnected.
struct OpenSession {
  DeviceConnection from;
  DeviceId device;
  std::shared_ptr<const Reachability> reachability;
  std::string address;
  bool begins_anew = true;      // what waited for the device is not for it [MQTT-3.1.2-6]
  bool keeps_messages = false;  // what it does not acknowledge waits for its next connection
};
struct SetReachability {
  SessionRef session;
  std::shared_ptr<const Reachability> reachability;
};  // no answer
struct CloseSession {
  SessionRef session;
  OfflineReason reason{};
};  // no answer

enum class GetKind : uint8_t { Next, List, One };
// thing/job/get: answered by JobGetReply. `key` for One (a code that does not decode is sent with an empty
// key).
struct JobGet {
  SessionRef session;
  GetKind kind = GetKind::Next;
  TaskKey key;
  Echo echo;
};
// thing/job/update: answered by JobUpdateReply.
struct JobUpdate {
  SessionRef session;
  TaskKey key;                      // empty job id: the code did not decode
  TaskEvent event{};                // one of Report*
  std::optional<int32_t> progress;  // 0..100
  std::string status_details;       // JSON object text, or empty
  Echo echo;
};
// A direct message that waits until its device acknowledges it is pushed and confirmed as a task is, under
// the key of no job.
constexpr TaskKey offline_key(int64_t message) { return {JobId{}, message}; }
inline bool is_offline_key(const TaskKey& key) { return !key.job && key.sequence != 0; }
// PUBACK of a pushed message, or notify_reply: answered by nothing. For PUB jobs it is the success
// (DESIGN 5.12).
struct PushConfirmed {
  SessionRef session;
  TaskKey key;
  int32_t attempt = 1;
};
// The connection wrote a QoS 0 PUB message (DESIGN 5.12).
struct PushWritten {
  SessionRef session;
  TaskKey key;
  int32_t attempt = 1;
};
// set_reply, service reply or RRPC response: answered by Ack when echo.packet_id is set.
struct CommandReply {
  SessionRef session;
  uint32_t alink_id = 0;
  int32_t code = 200;
  std::string data;  // raw JSON
  std::string message;
  Echo echo;
  // The answer to a direct call's RRpc: bytes, of which code, data and message say nothing.
  std::optional<std::string> payload = {};
};
// A property report shows the values that a SET_PROPERTY task just set (DESIGN 5.12).
struct PropertySeen {
  SessionRef session;
  TaskKey key;
  int32_t attempt = 1;
};

// thing/event/property/post: what the device says of its properties now. Nothing waits for it; it is written
// within about a second (DESIGN 3).
struct PropertyReport {
  SessionRef session;
  LastValueMap values;
};  // no answer

// thing/deviceinfo/update and delete (device-protocol 5.5): answered by TagReply.
struct TagReport {
  SessionRef session;
  std::vector<DeviceTag> put;
  std::vector<std::string> dropped;
  Echo echo;  // id_json empty: the device wants no reply
};
// /ota/device/inform: written within about a second, with the presence.
struct FirmwareReport {
  SessionRef session;
  std::string version;
};  // no answer

using Command = std::variant<ApiCommand, FindDevice, AddDevice, OpenSession, SetReachability, CloseSession,
                             JobGet, JobUpdate, PushConfirmed, PushWritten, CommandReply, PropertySeen,
                             PropertyReport, TagReport, FirmwareReport>;

}  // namespace rollcall::engine
