// Products, devices, groups, applications for batch registration and access keys as values (cloud-api C).
// Thread: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "model/ids.hpp"
#include "model/registration.hpp"

namespace rollcall {

struct AccessKey {
  std::string id;
  Secret secret;
  InstanceId instance;
  bool enabled = true;
  WallMs created_at;
  AccountId account{1};
  std::string user = {};       // the sub-user it belongs to; empty: the account itself
  bool administrator = false;  // may manage accounts and keys
};

enum class ProductStatus : uint8_t { Development = 1, Released = 2 };

struct Product {
  ProductId id;
  InstanceId instance;
  std::string key;   // ProductKey: globally unique
  std::string name;  // unique in the instance
  Secret secret;
  int32_t node_type = 0;         // 0 device, 1 gateway
  int32_t data_format = 1;       // 0 custom, 1 Alink JSON
  bool has_thing_model = false;  // AliyunCommodityCode iothub_senior
  std::string auth_type = "secret";
  int32_t net_type = 3;  // 3 Wi-Fi, 6 cellular, 7 Ethernet, 8 other
  std::string protocol_type;
  std::string category_key;
  bool id2 = false;
  int32_t validate_type = 1;  // 0 strong, 1 weak, 2 none
  std::string description;
  ProductStatus status = ProductStatus::Development;
  int64_t device_count = 0;
  WallMs created_at;
  int64_t revision = 0;  // another one after each change: what was decided on an older one is not written
  DynamicRegistration dynamic_registration{};
};

struct Device {
  DeviceId id;
  ProductId product;
  std::string name;
  std::string foreign_iot_id;  // only when imported; else the IotId is a code of the id (id_codec.hpp)
  Secret secret;
  std::string nickname;
  bool enabled = true;
  WallMs created_at;
  std::string serial;  // Sn of ImportDevice; else empty
  WallMs modified_at;  // 0: never
};

// Why a device's last connection ended. The numbers are stored.
enum class OfflineReason : uint8_t {
  Unknown = 0,  // online, never connected, or of a time when it was not kept
  Goodbye = 1,  // DISCONNECT
  ConnectionLost = 2,
  KeepAlive = 3,      // silent for one and a half keep-alive periods
  TakenOver = 4,      // a later login with the same identity
  Disabled = 5,       // DisableThing
  Deleted = 6,        // DeleteDevice
  ProtocolError = 7,  // it sent what is no MQTT, or what MQTT forbids
  TooSlow = 8,        // it did not read what it was sent
  TooFast = 9,        // it published more than limits.device_publishes_per_second
  Overloaded = 10,    // the server had no room for what it said
  ServerStopped = 11,
  ServerDied = 12,  // found online by the next start
};
// As the API shows it: "KEEP_ALIVE".
std::string_view offline_reason_text(OfflineReason reason) noexcept;

// What a device's connections left behind; written lazily, in batches (DESIGN 3).
struct Presence {
  DeviceId device;
  bool online = false;
  int64_t connection_epoch = 0;  // grows with every session
  WallMs activated_at;           // first connection; 0 = never (status UNACTIVE)
  WallMs online_at;              // last connection
  WallMs changed_at;             // last change of online
  std::string address;           // peer of the last connection
  OfflineReason offline_reason{};
  std::string firmware_version = {};  // the last /ota/device/inform
};

// The numbers are those of QueryDeviceByStatus.
enum class DeviceStatus : uint8_t { Unactive = 0, Online = 1, Offline = 3, Disabled = 8 };

// How many devices a product, a group or an instance has; `active` were connected once.
struct DeviceTally {
  int64_t devices = 0;
  int64_t active = 0;
  int64_t online = 0;
  int64_t disabled = 0;         // not counted for groups
  int64_t disabled_active = 0;  // likewise
  bool operator==(const DeviceTally&) const = default;
};

struct DeviceTag {
  std::string name;
  std::string value;
  bool operator==(const DeviceTag&) const = default;
};

// What a device may do with a topic; the numbers are those of QueryProductTopic.
enum class TopicOperation : uint8_t { Publish = 0, Subscribe = 1, Both = 2 };

// A topic class of a product: the levels behind /{ProductKey}/{DeviceName}/.
struct ProductTopic {
  TopicId id;
  ProductId product;
  std::string name;  // "user/update"; unique in the product
  TopicOperation operation{};
  std::string description;
  bool operator==(const ProductTopic&) const = default;
};

struct Group {
  GroupId id;
  InstanceId instance;
  std::string code;  // GroupId of the API
  std::string name;  // unique in the instance
  std::string description;
  GroupId parent;
  int64_t device_count = 0;
  WallMs created_at;
};

enum class ApplyStatus : uint8_t { Checked = 1, Creating = 2, Created = 3 };

// A batch registration (BatchCheckDeviceNames, then BatchRegisterDeviceWithApplyId).
struct Apply {
  ApplyId id;
  ProductId product;
  InstanceId instance;
  ApplyStatus status = ApplyStatus::Checked;
  int64_t count = 0;
  int64_t cursor = 0;  // rows worked off
  WallMs created_at;
};

// The rules of names; the Status says which rule was broken by which value.
Status check_product_name(
    std::string_view name);  // 4-30, CJK = 2; Chinese, letters, digits, '_' (cloud-api C.1)
Status check_device_name(std::string_view name);  // 4-32; letters, digits, - _ @ . : (cloud-api C.2)
Status check_nickname(std::string_view name);     // 4-64, CJK = 2; Chinese, letters, digits, '_'
Status check_group_name(
    std::string_view name);  // 4-30, CJK = 2; Chinese, letters, digits, '_' (cloud-api C.3)
Status check_job_name(
    std::string_view name);  // 4-30 code points; Chinese, letters, digits, '_' (cloud-api A.1)
Status check_device_secret(std::string_view secret);  // 1-32; letters, digits, - _ @ . :
Status check_serial(std::string_view serial);         // 1-64; letters, digits, '_'
Status check_tag(const DeviceTag& tag);               // SaveDeviceProp
// A topic class without "user/": levels of letters, digits and '_'; wildcards only to subscribe.
Status check_topic_name(std::string_view name, TopicOperation operation);
Status check_description(std::string_view text);  // at most 100 code points

}  // namespace rollcall
