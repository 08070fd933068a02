// Reads single members out of the messages that Rollcall itself writes, without a tree: a device handles tens
// of thousands of them a second. Relies on the rule that the SDKs rely on, too: compact, and what matters
// comes before any text of the application (device-protocol 0, 6.2). Used by device.cpp. Thread: any; pure.
#pragma once

#include <string_view>

namespace rollcall::client {

// The raw value (a string with its quotes, or the characters of a number) behind the first "key":, or empty
// when there is none, or when it is an object, a list or does not end.
std::string_view scan_raw(std::string_view text, std::string_view key) noexcept;

// The content of the string behind the first "key":; empty when it is no string or holds an escape.
std::string_view scan_text(std::string_view text, std::string_view key) noexcept;

}  // namespace rollcall::client
