// The parameters of the calls that go to devices at once (cloud-api C.7): the tables of direct.cpp, which
// alone uses them. Thread: constants.
#pragma once

#include "api/actions/rows.hpp"

namespace rollcall::api {

inline constexpr const char* kQosRule =
    "0 or 1; default 0; with 1 it waits up to 7 days for a device that is away, if no answer is awaited";

inline constexpr ParameterSpec kSetDeviceProperty[] = {
    {.name = "IotId", .rule = "instead of ProductKey and DeviceName; wins over them"},
    {.name = "ProductKey", .rule = "with DeviceName, unless IotId is given"},
    {.name = "DeviceName", .rule = "with ProductKey, unless IotId is given"},
    {.name = "Items",
     .required = true,
     .kind = Json,
     .rule = "a JSON object of at most 65536 characters, property to value: {\"power\":1}; module:property "
             "for another module"},
    {.name = "Qos", .kind = Integer, .rule = kQosRule},
};
inline constexpr ParameterSpec kSetDevicesProperty[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "DeviceName", .kind = List, .rule = "1 to 100 names of the product, none twice"},
    {.name = "Items",
     .required = true,
     .kind = Json,
     .rule = "a JSON object of at most 65536 characters, property to value: {\"power\":1}; module:property "
             "for another module"},
    {.name = "Qos", .kind = Integer, .rule = kQosRule},
};
inline constexpr ParameterSpec kInvokeThingService[] = {
    {.name = "IotId", .rule = "instead of ProductKey and DeviceName; wins over them"},
    {.name = "ProductKey", .rule = "with DeviceName, unless IotId is given"},
    {.name = "DeviceName", .rule = "with ProductKey, unless IotId is given"},
    {.name = "Identifier",
     .required = true,
     .rule = "of a service of the published model; module:service for another module"},
    {.name = "Args",
     .required = true,
     .kind = Json,
     .rule = "a JSON object of at most 65536 characters, input parameter to value; {} when there are none"},
    {.name = "Qos", .kind = Integer, .rule = kQosRule},
};
inline constexpr ParameterSpec kInvokeThingsService[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "DeviceName", .kind = List, .rule = "1 to 100 names of the product, none twice"},
    {.name = "Identifier",
     .required = true,
     .rule = "of a service of the published model; module:service for another module"},
    {.name = "Args",
     .required = true,
     .kind = Json,
     .rule = "a JSON object of at most 65536 characters, input parameter to value; {} when there are none"},
    {.name = "Qos", .kind = Integer, .rule = kQosRule},
};
inline constexpr ParameterSpec kPub[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "TopicFullName",
     .required = true,
     .rule = "/{ProductKey}/{DeviceName}/user/{suffix} of at most 128 bytes, without wildcards"},
    {.name = "MessageContent", .required = true, .rule = "Base64 of at most 256 KB"},
    {.name = "Qos", .kind = Integer, .rule = kQosRule},
    {.name = "DeviceName", .rule = "has no effect"},
    {.name = "ResponseTopic", .rule = "any text; not relayed (MQTT 5)"},
    {.name = "CorrelationData", .rule = "Base64; not relayed (MQTT 5)"},
    {.name = "UserProp",
     .kind = Objects,
     .rule = "at most 20 pairs, UserProp.N.Key and .Value; not relayed (MQTT 5)"},
    {.name = "ContentType", .rule = "any text; not relayed (MQTT 5)"},
    {.name = "PayloadFormatIndicator", .kind = Integer, .rule = "0 or 1; not relayed (MQTT 5)"},
    {.name = "MessageExpiryInterval",
     .kind = Integer,
     .rule = "0 to 4294967295 seconds; not relayed (MQTT 5)"},
    {.name = "Retained", .kind = Boolean, .rule = "has no effect"},
    {.name = "TopicAlias", .kind = Integer, .rule = "0 to 65535; not relayed (MQTT 5)"},
};
inline constexpr ParameterSpec kBatchPub[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "DeviceName", .kind = List, .rule = "1 to 100 names of the product, none twice"},
    {.name = "MessageContent", .required = true, .rule = "Base64 of at most 256 KB"},
    {.name = "TopicShortName",
     .rule = "what stands behind /user/, without wildcards; unless TopicTemplateName is given"},
    {.name = "TopicTemplateName",
     .rule = "/{ProductKey}/${deviceName}/user/{suffix} of at most 128 bytes; wins over TopicShortName"},
    {.name = "Qos", .kind = Integer, .rule = kQosRule},
    {.name = "ResponseTopicTemplateName", .rule = "any text; not relayed (MQTT 5)"},
    {.name = "CorrelationData", .rule = "Base64; not relayed (MQTT 5)"},
    {.name = "UserProp",
     .kind = Objects,
     .rule = "at most 20 pairs, UserProp.N.Key and .Value; not relayed (MQTT 5)"},
    {.name = "ContentType", .rule = "any text; not relayed (MQTT 5)"},
    {.name = "PayloadFormatIndicator", .kind = Integer, .rule = "0 or 1; not relayed (MQTT 5)"},
    {.name = "MessageExpiryInterval",
     .kind = Integer,
     .rule = "0 to 4294967295 seconds; not relayed (MQTT 5)"},
    {.name = "Retained", .kind = Boolean, .rule = "has no effect"},
};
inline constexpr ParameterSpec kRRpc[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "DeviceName", .required = true, .rule = "of a device of the product"},
    {.name = "RequestBase64Byte", .required = true, .rule = "Base64 of at most 256 KB"},
    {.name = "Timeout",
     .required = true,
     .kind = Integer,
     .ill_formed = ErrorCode::InvalidTimeoutValue,
     .rule = "1000 to 8000 milliseconds"},
    {.name = "Topic",
     .rule = "/{ProductKey}/{DeviceName}/user/{suffix} of at most 128 bytes; a topic of its own for each "
             "request when absent"},
};

}  // namespace rollcall::api
