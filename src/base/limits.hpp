// Every number that bounds something, with its source. Those marked "configurable" are defaults of
// server/config.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rollcall::limits {

// --- HTTP
inline constexpr size_t kHttpRequestBytesMax =
    8u << 20;  // request line + headers, and body, each; issue 2; configurable
inline constexpr size_t kHttpHeadersMax = 100;
inline constexpr int64_t kHttpAnswerSeconds = 120;  // the handler's time before 504; beyond any store commit
inline constexpr int64_t kHttpWriteSeconds = 30;    // without the peer taking a byte
inline constexpr int64_t kHttpCloseSeconds = 2;     // waiting for the peer's end after ours
inline constexpr int64_t kTlsHandshakeSeconds = 10;
inline constexpr size_t kHttpConnectionsMax = 4096;  // per core; configurable
inline constexpr int64_t kHttpIdleSeconds = 75;      // keep-alive without a request
inline constexpr int64_t kHttpRequestSeconds = 60;   // from first byte to last byte of one request
inline constexpr size_t kParametersMax = 50'000;     // 10,000 objects of four fields and some

// --- signatures (wire-protocol 1.5)
inline constexpr int64_t kSignatureWindowMs = 15 * 60 * 1000;
inline constexpr int64_t kNonceKeepMs = 31 * 60 * 1000;
inline constexpr size_t kProductsExported = 10'000;  // of an instance
inline constexpr size_t kImportRefusalsTold = 20;    // of a chunk, with their places
inline constexpr size_t kNoncesMax = 2'000'000;  // beyond: ServiceUnavailable rather than a forgotten nonce

// --- MQTT (device-protocol 1.8, 1.9)
inline constexpr size_t kMqttPacketBytesMax = 256u * 1024 + 1024;  // payload 256 KB plus topic and head
inline constexpr size_t kAlinkBytesMax = 256u * 1024;              // one JSON message from a device
inline constexpr size_t kMqttTopicBytesMax = 128;
inline constexpr size_t kMqttClientIdBytesMax = 1024;  // id <= 64 plus extension list
inline constexpr size_t kMqttSubscriptionsMax = 100;   // per device
inline constexpr size_t kMqttFilterBytesMax = 256;     // room for wildcards above the 128 of a topic
inline constexpr int kMqttKeepAliveSecondsMin = 30;
inline constexpr int kMqttKeepAliveSecondsMax = 1200;
inline constexpr size_t kMqttConnectBytesMax =
    8u * 1024;  // CONNECT packet: from a peer that is not known yet
inline constexpr size_t kMqttEarlyBytesMax =
    16u * 1024;  // packets sent before CONNACK, kept until the login is decided
inline constexpr uint16_t kMqttTopicAliasMax = 16;                 // of a v5 client's messages; ours
inline constexpr uint32_t kMqttSessionSecondsMax = 7 * 24 * 3600;  // device-protocol 1.8
inline constexpr size_t kKeptSessionsMax = 200'000;                // of devices that are away; ours
inline constexpr size_t kWaitingMessagesMax = 64;        // of one device, behind a full window; ours
inline constexpr size_t kWaitingBytesMax = 512u * 1024;  // of one device, behind a full window; ours
inline constexpr size_t kMqttInFlightMax = 32;           // QoS 1 packets to one device without PUBACK
// A device may publish more in a burst; configurable: limits.device_publishes_per_second. Looser than the
// vendor's 30 and 10 (device-protocol 1.9), because some SDKs open with dozens.
inline constexpr int64_t kDevicePublishesPerSecond = 100;
inline constexpr int64_t kPublishBurstSeconds = 10;
// Failed logins of one device from one address; ours.
inline constexpr int kLoginFailuresFree = 5;
inline constexpr int64_t kLoginPauseSecondsMax = 60;
inline constexpr int64_t kLoginFailuresKeptSeconds = 600;
inline constexpr size_t kDampedLoginsMax = 16'384;
// What ListDeviceLogs can tell; ours. The lines are shared by all devices of a core, 184 bytes each.
inline constexpr size_t kDeviceLogLines = 2'048;
inline constexpr size_t kDeviceLogLineBytes = 160;
inline constexpr size_t kRefusedDevicesMax = 1'024;
inline constexpr size_t kRefusalsPerDevice = 16;
inline constexpr size_t kRefusalBytesMax = 512;
inline constexpr size_t kDeviceLogEntriesMax = 100;  // of one answer
// What devices said and nobody has taken yet; ours.
inline constexpr size_t kUplinkFeedEntriesMax = 16'384;
inline constexpr size_t kUplinkFeedBytesMax = 16u << 20;
inline constexpr int64_t kMqttConnectSeconds = 10;             // from accept to CONNECT
inline constexpr size_t kConnectionOutputBytesMax = 1u << 20;  // a slower reader is cut
inline constexpr int64_t kConnectionCloseSeconds = 5;          // to take what is queued for it once we close
inline constexpr int64_t kConnectSeconds = 10;                 // outgoing
inline constexpr int64_t kDeviceHelloSeconds = 10;             // from accept to the end of the TLS handshake
inline constexpr size_t kTlsHandshakesMax = 4096;        // under way on a core; then the oldest makes room
inline constexpr int kTlsHandshakeStepsPerRound = 8;     // begun, of 0.4 ms (RSA 2048)
inline constexpr size_t kTlsHelloBytesMax = 18u * 1024;  // what a client may say before it has an answer
inline constexpr size_t kWebSocketFrameBytesMax = 1u << 20;  // several of the largest MQTT packets
inline constexpr size_t kDeviceConnectionsMax =
    1'000'000;  // per core; the kernel's file limit is reached before

// --- jobs (cloud-api A.1, B.6)
inline constexpr size_t kJobDocumentCharactersMax = 65'536;
inline constexpr size_t kJobConfigCharactersMax = 8'192;
inline constexpr size_t kDescriptionCharactersMax = 100;
inline constexpr size_t kTargetDevicesMax = 200;
inline constexpr int64_t kTargetsMax = 100'000;  // configurable: limits.job_targets_max
inline constexpr int64_t kRolloutPerMinuteMin = 50;
inline constexpr int64_t kRolloutPerMinuteMax = 1'000;  // configurable: limits.rollout_per_minute_max
inline constexpr int64_t kRolloutPerMinuteDefault = 1'000;
inline constexpr int64_t kScheduleMinDelayMs =
    10 * 60 * 1000;  // configurable: limits.schedule_min_delay_seconds
inline constexpr int64_t kScheduleMaxDelayMs = 7LL * 24 * 3600 * 1000;
inline constexpr int64_t kJobLifetimeMs = 7LL * 24 * 3600 * 1000;  // DESIGN 5.15
inline constexpr size_t kTaskDetailBytesMax = 4'096;               // statusDetails, message (DESIGN 3)
inline constexpr int64_t kProgressNoteMs = 10'000;  // between history rows of progress alone (DESIGN 3)
inline constexpr uint8_t kNotesPerAttemptMax = 64;  // history rows that move nothing (DESIGN 3)
inline constexpr int kUnconfirmedPushesMax = 10;    // per device (DESIGN 3)
// Direct messages with QoS 1 that wait for a device (engine/offline_messages.cpp).
inline constexpr int64_t kOfflineMessageKeepMs = int64_t{7} * 24 * 3'600'000;  // cloud-api C.7
inline constexpr int64_t kOfflineMessagesPerDevice = 100;                      // ours, as the next two
inline constexpr int64_t kOfflineBytesPerDevice = int64_t{1} << 20;
inline constexpr int64_t kOfflineMessagesMax = 1'000'000;  // of all devices
inline constexpr size_t kOfflineMessagesPerLook = 16;      // of one device that are read at once
inline constexpr int kPushesPerTaskMax = 5;                // DESIGN 5.11
inline constexpr int64_t kNextWaitMs = 2'000;  // wait for a `$next` after CONNACK before pushing (DESIGN 3)
inline constexpr size_t kTaskListMax = 10;     // `$list` (device-protocol 4.3)
inline constexpr size_t kTellsPerLook = 64;    // tasks of one device that it is told of at once
inline constexpr size_t kRerunTasksMax = 200;  // TaskId.N of RerunJob; ours, as many as targetDevices
inline constexpr int64_t kNextTokenMs = 60'000;

// --- direct calls (cloud-api C.7, device-protocol 5.3)
inline constexpr int64_t kSyncServiceMs = 8'000;  // for a device's answer to a synchronous service
inline constexpr int64_t kRrpcMsMin = 1'000;
inline constexpr int64_t kRrpcMsMax = 8'000;
inline constexpr size_t kDirectDevicesMax = 100;               // DeviceName.N of one call
inline constexpr size_t kMessageBytesMax = 256u * 1024;        // what MessageContent decodes to
inline constexpr size_t kUserPropertiesMax = 20;               // UserProp.N
inline constexpr size_t kAwaitedRepliesMax = 16u * 1024;       // calls that wait for a device at once; ours
inline constexpr size_t kPropertyReportBytesMax = 16u * 1024;  // a longer report is answered, not kept; ours
inline constexpr size_t kPropertyValueBytesMax = 12u * 1024;   // above kTextCharactersMax; ours
inline constexpr size_t kLastValuesBytesMax = 64u * 1024;      // of one device; ours
inline constexpr size_t kValuesUnwrittenBytesMax = 32u << 20;  // of all devices, before they are stored; ours

// --- engine
inline constexpr size_t kBatchCommandsMax = 4'096;
inline constexpr int64_t kKeepDeletedMs = int64_t{30} * 24 * 3600 * 1000;  // ours (DESIGN 5.16)
inline constexpr size_t kSweepRows = 2'000;  // rows of one chunk of a long sweep (DESIGN 3)
inline constexpr size_t kPushSlice = 1'024;  // tasks sent in one commit
inline constexpr size_t kMailboxEntriesMax = 65'536;
// A database that is asked (store/postgresql): an answer that takes longer will not come. The session's own
// limit for one statement is shorter, so that a slow one fails alone. A connection that fails is tried again
// after the first of these waits, then later and later up to the other.
inline constexpr int kDatabaseAnswerMsMax = 40'000;
inline constexpr int64_t kReconnectMsMin = 100;
inline constexpr int64_t kReconnectMsMax = 5'000;

// --- accounts (ours): the directory is small enough to be handed on as a whole
inline constexpr size_t kAccountsMax = 1'000;
inline constexpr size_t kInstancesMax = 1'000;
inline constexpr size_t kInstanceAliasesMax = 1'000;
inline constexpr size_t kSubUsersMax = 1'000;
inline constexpr size_t kAccessKeysMax = 1'000;
inline constexpr size_t kPolicyPatternsMax = 100;

// --- calls a second (wire-protocol 7): a bucket for each account and action; full ones go when there are
// more
inline constexpr size_t kThrottleBucketsMax = 16'384;

// --- ClientToken of CreateJob (ours; the length is what the vendor's other products allow)
inline constexpr size_t kClientTokenBytesMax = 64;
inline constexpr int64_t kClientTokenKeepMs = int64_t{24} * 3'600'000;
inline constexpr size_t kClientTokensForgottenAtOnce = 2'000;  // 10 ms (DESIGN 3)
inline constexpr int64_t kClientTokensLookEveryUs = 60'000'000;

// --- products, devices, groups, thing models (cloud-api C)
inline constexpr size_t kProductsMax = 1'000;
inline constexpr size_t kGroupsMax = 1'000;
inline constexpr size_t kGroupDevicesMax = 100'000;
inline constexpr int kGroupsPerDeviceMax = 10;
inline constexpr size_t kDeviceNamesPerCheckMax = 10'000;
inline constexpr size_t kDevicesPerStateCallMax = 50;
inline constexpr size_t kRelationsPerCallMax = 200;
inline constexpr size_t kDetailsPerCallMax = 100;    // BatchQueryDeviceDetail
inline constexpr size_t kNicknamesPerCallMax = 100;  // not documented; as many as details
inline constexpr size_t kTagsPerDeviceMax = 100;     // SaveDeviceProp, as the four below
inline constexpr size_t kTagNameCharactersMax = 32;
inline constexpr size_t kTagValueCharactersMax = 128;
inline constexpr size_t kTagBytesPerCallMax = 5 * 1024;
inline constexpr size_t kFirmwareVersionCharactersMax = 64;    // of /ota/device/inform
inline constexpr size_t kTagsPerQueryMax = 10;                 // QueryDeviceByTags
inline constexpr int64_t kTaggedDevicesCounted = 100'000;      // ours: its Total stops there
inline constexpr size_t kTopicsPerProductMax = 50;             // custom topic classes
inline constexpr int64_t kDeviceTokenMs = 24LL * 3600 * 1000;  // NextToken of QueryDevice; ours
inline constexpr size_t kDevicesPerScan = 5'000;               // looked through in one snapshot of a reader
inline constexpr int64_t kMembersKeptMs =
    60'000;  // that left a group: a job may be on its way that wants them
inline constexpr size_t kTslBytesMax = 512u * 1024;
inline constexpr size_t kTslCompletedBytesMax = 4 * kTslBytesMax;  // set, get and post repeat the properties
inline constexpr size_t kTslSignificantBytesMax = 256u * 1024;     // without blanks; cloud-api C.4
inline constexpr size_t kModelVersionsMax = 10;                    // cloud-api C.4
inline constexpr size_t kFeaturesPerCallMax = 10;                  // CreateThingModel, cloud-api C.4
inline constexpr size_t kModulesMax = 200;                         // cloud-api C.4, as all below
inline constexpr size_t kModuleFeaturesMax = 300;
inline constexpr size_t kStructMembersMax = 50;
inline constexpr size_t kEnumItemsMax = 100;
inline constexpr size_t kTextCharactersMax = 10'240;
inline constexpr size_t kArrayElementsMax = 512;
inline constexpr size_t kFeatureParametersMax = 100;  // of one service each way, of one event
inline constexpr size_t kModelParametersMax = 300;    // over all services and events of a module
inline constexpr int kNestedTypesMax = 2;             // arrays and structs in one another
inline constexpr size_t kIdentifierCharactersMax = 50;
inline constexpr size_t kModuleIdCharactersMax = 30;

}  // namespace rollcall::limits
