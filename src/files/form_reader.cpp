#include "files/form_reader.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rollcall::files {
namespace {

constexpr size_t kBoundaryCharactersMax = 70;

// The value of a parameter behind a header's first word: `form-data; name="key"`.
std::optional<std::string> header_parameter(std::string_view header, std::string_view wanted) {
  size_t at = header.find(';');
  while (at != std::string_view::npos) {
    header.remove_prefix(at + 1);
    while (!header.empty() && (header[0] == ' ' || header[0] == '\t')) header.remove_prefix(1);
    const size_t equals = header.find_first_of("=;");
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = header.substr(0, equals);
    if (header[equals] == ';') {
      at = equals;
      continue;
    }
    header.remove_prefix(equals + 1);
    std::string value;
    if (header.starts_with('"')) {
      size_t i = 1;
      for (; i < header.size() && header[i] != '"'; ++i) {
        if (header[i] == '\\' && i + 1 < header.size()) ++i;
        value += header[i];
      }
      if (i >= header.size()) return std::nullopt;
      header.remove_prefix(i + 1);
    } else {
      value = std::string(header.substr(0, header.find(';')));
      while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
    }
    if (ascii_iequal(name, wanted)) return value;
    at = header.find(';');
  }
  return std::nullopt;
}

struct PartHead {
  std::string name;
  bool file = false;
};

// nullopt: no head of a form's part.
std::optional<PartHead> read_part_head(std::string_view head) {
  while (!head.empty()) {
    const size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    if (!ascii_iequal(line.substr(0, colon), "content-disposition")) continue;
    auto name = header_parameter(line.substr(colon + 1), "name");
    if (!name) return std::nullopt;
    const bool file = *name == "file" || header_parameter(line.substr(colon + 1), "filename").has_value();
    return PartHead{std::move(*name), file};
  }
  return std::nullopt;
}

}  // namespace

FormReader::FormReader(std::string_view boundary)
    : delimiter_("\r\n--" + std::string(boundary)), buffer_("\r\n") {}

std::optional<std::string> FormReader::boundary_of(std::string_view content_type) {
  if (!ascii_iequal(content_type.substr(0, content_type.find(';')), "multipart/form-data"))
    return std::nullopt;
  auto boundary = header_parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kBoundaryCharactersMax) return std::nullopt;
  return boundary;
}

FormReader::State FormReader::feed(std::string_view bytes, FormHandler& handler) {
  if (state_ != State::Reading) return state_;
  // A file goes through without a copy, but for what may be the begin of a delimiter.
  if (buffer_.empty()) {
    unread_ = bytes;
    while (state_ == State::Reading && step(handler)) {
    }
    buffer_.assign(unread_);
  } else {
    buffer_.append(bytes);
    unread_ = buffer_;
    while (state_ == State::Reading && step(handler)) {
    }
    buffer_.erase(0, buffer_.size() - unread_.size());
  }
  unread_ = {};
  return state_;
}

// True when something was worked off.
bool FormReader::step(FormHandler& handler) {
  if (part_ == Part::File) return step_file(handler);
  if (part_ == Part::Head) return step_head(handler);
  // Behind a delimiter stands the next part, or "--".
  if (part_ == Part::Behind) {
    if (unread_.size() < 2) return false;
    if (unread_.starts_with("--")) return stop(fields_ > kFieldsMax ? State::Done : State::Broken);
    if (!unread_.starts_with("\r\n")) return stop(State::Broken);
    if (fields_ > kFieldsMax) return stop(State::Order);
    part_ = Part::Head;
    return true;
  }
  // The preamble, and fields, are small.
  const size_t end = unread_.find(delimiter_);
  if (end == std::string_view::npos) return unread_.size() > kFieldBytesMax ? stop(State::Broken) : false;
  if (part_ == Part::Field) {
    if (end > kFieldBytesMax || ++fields_ > kFieldsMax) return stop(State::Broken);
    if (!handler.on_field(name_, unread_.substr(0, end))) return stop(State::Stopped);
  }
  unread_.remove_prefix(end + delimiter_.size());
  part_ = Part::Behind;
  return true;
}

// The head begins with the line end behind its delimiter, so that one without fields ends at once.
bool FormReader::step_head(FormHandler& handler) {
  const size_t end = unread_.find("\r\n\r\n");
  if (end == std::string_view::npos) return unread_.size() > kFieldBytesMax ? stop(State::Broken) : false;
  const auto head = read_part_head(unread_.substr(2, end > 2 ? end - 2 : 0));
  if (!head || end > kFieldBytesMax) return stop(State::Broken);
  unread_.remove_prefix(end + 4);
  if (!head->file) {
    name_ = head->name;
    // An empty value has its delimiter at once, whose line end was the head's last.
    part_ = Part::Field;
    return true;
  }
  part_ = Part::File;
  return handler.on_file_begin() ? true : stop(State::Stopped);
}

bool FormReader::step_file(FormHandler& handler) {
  const size_t end = unread_.find(delimiter_);
  size_t sure = end;
  if (end == std::string_view::npos) {
    // The last bytes may begin a delimiter.
    sure = unread_.size();
    const size_t from = sure - std::min(sure, delimiter_.size() - 1);
    for (size_t at = unread_.find('\r', from); at != std::string_view::npos;
         at = unread_.find('\r', at + 1)) {
      if (!delimiter_.starts_with(unread_.substr(at))) continue;
      sure = at;
      break;
    }
  }
  if (sure > 0 && !handler.on_file(unread_.substr(0, sure))) return stop(State::Stopped);
  unread_.remove_prefix(sure);
  if (end == std::string_view::npos) return false;
  unread_.remove_prefix(delimiter_.size());
  fields_ = kFieldsMax + 1;  // nothing may follow
  part_ = Part::Behind;
  return true;
}

}  // namespace rollcall::files
