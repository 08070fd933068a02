// Alink topics: what a device publishes, read into an enum with the parts that matter, and what the server
// publishes, written. Nowhere else is a topic taken apart or put together. Called by gateway/ and client/.
// Source: device-protocol 2, 5. Thread: any; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::alink {

// The device's part of a topic: /sys/{product_key}/{device_name}/... Views of the caller's texts.
struct DeviceNames {
  std::string_view product_key;
  std::string_view device_name;
};

enum class UplinkKind : uint8_t {
  JobGet,               // thing/job/get
  JobUpdate,            // thing/job/update
  JobNotifyReply,       // thing/job/notify_reply
  PropertySetReply,     // thing/service/property/set_reply
  ServiceReply,         // thing/service/{part}_reply
  RrpcResponse,         // rrpc/response/{part}
  ExtRrpc,              // /ext/rrpc/{part}{inner}; inner begins with '/'
  PropertyPost,         // thing/event/property/post
  EventPost,            // thing/event/{part}/post
  PropertyBatchPost,    // thing/event/property/batch/post
  PropertyHistoryPost,  // thing/event/property/history/post
  DeviceInfoUpdate,     // thing/deviceinfo/update
  DeviceInfoDelete,     // thing/deviceinfo/delete
  ConfigGet,            // thing/config/get
  NtpRequest,           // /ext/ntp/{pk}/{dn}/request
  OtaInform,            // /ota/device/inform/{pk}/{dn}
  OtaProgress,
  OtaRequest,
  ShadowUpdate,  // /shadow/update/{pk}/{dn}
  Custom,        // /{pk}/{dn}/user/{part}
  OtherSystem,   // another topic of this device: accepted, nothing is done with it
  Foreign,       // not this device's topic
};

struct UplinkTopic {
  UplinkKind kind = UplinkKind::Foreign;
  std::string_view part;    // a piece of the topic, see UplinkKind
  std::string_view inner;   // ExtRrpc only
  std::string_view suffix;  // behind /sys/{pk}/{dn}/ for system topics, else empty
};

// Reads the topic of a PUBLISH from the device `names`. The views point into `topic`.
UplinkTopic read_uplink_topic(std::string_view topic, const DeviceNames& names) noexcept;
// May the device publish there? (device-protocol 1.9: own topics only)
bool is_own_topic(std::string_view topic, const DeviceNames& names) noexcept;

// What stands behind /sys/{pk}/{dn}/, or empty when `topic` is no system topic of this device.
std::string_view system_suffix(std::string_view topic, const DeviceNames& names) noexcept;

// A topic or filter of this device without its names: "/sys/{}/thing/job/notify", "/{}/user/get",
// "/ext/ntp/{}/response", so that devices with equal subscriptions have equal texts. Empty for a foreign
// topic or filter, which is also one with a wildcard in the place of a name.
std::string without_names(std::string_view topic, const DeviceNames& names);

// --- downlink topics, appended
void append_system_topic(std::string& out, const DeviceNames& names, std::string_view suffix);
void append_user_topic(std::string& out, const DeviceNames& names, std::string_view short_name);
// RRPC for a device without `ext` bit 0, and for one with it (device-protocol 5.3).
void append_rrpc_request_topic(std::string& out, const DeviceNames& names, uint32_t message_id);
void append_ext_rrpc_service_topic(std::string& out, const DeviceNames& names, uint32_t message_id,
                                   std::string_view service_identifier);
void append_ext_rrpc_user_topic(std::string& out, const DeviceNames& names, uint32_t message_id,
                                std::string_view short_name);
void append_ntp_response_topic(std::string& out, const DeviceNames& names);

inline constexpr std::string_view kJobNotify = "thing/job/notify";
inline constexpr std::string_view kJobGetReply = "thing/job/get_reply";
inline constexpr std::string_view kJobUpdateReply = "thing/job/update_reply";
inline constexpr std::string_view kPropertySet = "thing/service/property/set";
inline constexpr std::string_view kServicePrefix = "thing/service/";

}  // namespace rollcall::alink
