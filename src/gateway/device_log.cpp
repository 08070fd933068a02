#include "gateway/device_log.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/text.hpp"

namespace rollcall::gateway {
namespace {

std::string dotted(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += c >= 0x20 && c < 0x7F ? c : '.';
  return out;
}

// A cut text must not end in the middle of a character, and what a device sent may be anything.
std::string readable(std::string_view bytes) {
  for (size_t cut = 0; cut < 4 && cut < bytes.size(); ++cut) {
    const std::string_view whole = bytes.substr(0, bytes.size() - cut);
    if (utf8_length(whole)) return holds_control_characters(whole) ? dotted(bytes) : std::string(whole);
  }
  return dotted(bytes);
}

}  // namespace

std::string log_name(std::string_view product_key, std::string_view device_name) {
  std::string name(device_name);
  name.append("&").append(product_key);
  return name;
}

void DeviceLog::note(DeviceId device, WallMs at, DeviceLogKind kind, std::string_view topic,
                     std::string_view text) {
  if (lines_.size() < limits::kDeviceLogLines) {
    if (lines_.empty()) lines_.reserve(limits::kDeviceLogLines);
    lines_.emplace_back();
  }
  Line& line = lines_[next_];
  next_ = next_ + 1 < limits::kDeviceLogLines ? next_ + 1 : 0;
  line.at = at;
  line.device = device;
  line.kind = kind;
  const size_t topic_bytes = std::min(topic.size(), limits::kDeviceLogLineBytes / 2);
  const size_t text_bytes = std::min(text.size(), limits::kDeviceLogLineBytes - topic_bytes);
  line.topic_bytes = static_cast<uint8_t>(topic_bytes);
  line.text_bytes = static_cast<uint8_t>(text_bytes);
  std::memcpy(line.bytes.data(), topic.data(), topic_bytes);
  std::memcpy(line.bytes.data() + topic_bytes, text.data(), text_bytes);
}

void DeviceLog::note_message(DeviceId device, WallMs at, DeviceLogKind kind, std::string_view topic, int qos,
                             std::string_view payload) {
  std::array<char, limits::kDeviceLogLineBytes> text;
  char* end = text.data();
  const auto add = [&](std::string_view piece) {
    const size_t room = static_cast<size_t>(text.data() + text.size() - end);
    const size_t bytes = std::min(piece.size(), room);
    std::memcpy(end, piece.data(), bytes);
    end += bytes;
  };
  add(qos == 0 ? "QoS 0, " : "QoS 1, ");
  char digits[20];
  add({digits,
       static_cast<size_t>(std::to_chars(digits, digits + sizeof digits, payload.size()).ptr - digits)});
  add(" bytes: ");
  add(payload);
  note(device, at, kind, topic, {text.data(), static_cast<size_t>(end - text.data())});
}

void DeviceLog::refuse(std::string_view name, WallMs at, DeviceLogKind kind, std::string_view topic,
                       std::string text) {
  std::deque<DeviceLogEntry>& entries = refusals_.use(name);
  if (entries.size() >= limits::kRefusalsPerDevice) entries.pop_front();
  text.resize(std::min(text.size(), limits::kRefusalBytesMax));
  entries.push_back({at, kind, readable(topic.substr(0, limits::kMqttTopicBytesMax)), readable(text)});
}

std::vector<DeviceLogEntry> DeviceLog::last(DeviceId device, std::string_view name, size_t entries_max) {
  std::vector<DeviceLogEntry> found;
  if (const auto* refused = refusals_.find(name)) found.assign(refused->rbegin(), refused->rend());
  const size_t with_lines_max = found.size() + entries_max;
  const size_t oldest = lines_.size() < limits::kDeviceLogLines ? 0 : next_;
  for (size_t i = lines_.size(); i-- > 0 && found.size() < with_lines_max;) {
    const Line& line = lines_[(oldest + i) % lines_.size()];
    if (line.device != device) continue;
    const std::string_view bytes(line.bytes.data(), line.bytes.size());
    found.push_back({line.at, line.kind, readable(bytes.substr(0, line.topic_bytes)),
                     readable(bytes.substr(line.topic_bytes, line.text_bytes))});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.at.value > b.at.value; });
  if (found.size() > entries_max) found.resize(entries_max);
  return found;
}

}  // namespace rollcall::gateway
