// Topic names and topic filters (MQTT 3.1.1 clause 4.7): which are valid, and which match. Callers check
// UTF-8 before. Thread: any; pure.
#pragma once

#include <string_view>

namespace rollcall {

// At least one character, no wildcard [MQTT-4.7.1-1], [MQTT-4.7.3-1].
bool valid_topic_name(std::string_view topic) noexcept;
// At least one character; '#' alone in the last level, '+' alone in its level [MQTT-4.7.1-2], [MQTT-4.7.1-3].
bool valid_filter(std::string_view filter) noexcept;
// Both must be valid. A filter that begins with a wildcard does not match a topic that begins with '$'
// [MQTT-4.7.2-1]. Linear in the longer of the two.
bool filter_matches(std::string_view filter, std::string_view topic) noexcept;

}  // namespace rollcall
