// Reads a multipart/form-data body (RFC 7578) that comes in pieces: small fields first, then one file, of any
// size, as the last part (cloud-api A.11). Constant memory. Sans-I/O. Thread: any; one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::files {

class FormHandler {
 public:
  virtual ~FormHandler() = default;
  // False from any of these ends the reading.
  virtual bool on_field(std::string_view name, std::string_view value) = 0;
  virtual bool on_file_begin() = 0;
  virtual bool on_file(std::string_view bytes) = 0;
};

class FormReader {
 public:
  static constexpr size_t kFieldBytesMax = 16 * 1024;  // of one field, with its head; ours
  static constexpr size_t kFieldsMax = 32;             // ours

  enum class State : uint8_t {
    Reading,
    Done,     // the file and the end of the form were there; what follows is dropped
    Stopped,  // by the handler
    Broken,   // not a form
    Order,    // something stands behind the file
  };

  explicit FormReader(std::string_view boundary);
  State feed(std::string_view bytes, FormHandler& handler);
  State state() const noexcept { return state_; }

  // The boundary of a Content-Type; nullopt when that is no multipart/form-data, or has none of 1 to 70
  // characters (RFC 2046 section 5.1.1).
  static std::optional<std::string> boundary_of(std::string_view content_type);

 private:
  enum class Part : uint8_t { Preamble, Head, Field, File, Behind };
  bool step(FormHandler& handler);
  bool step_head(FormHandler& handler);
  bool step_file(FormHandler& handler);
  bool stop(State state) {
    state_ = state;
    return false;
  }

  std::string delimiter_;  // CRLF "--" boundary
  std::string buffer_;     // not worked off yet
  std::string_view unread_;
  std::string name_;  // of the field that is read
  size_t fields_ = 0;
  Part part_ = Part::Preamble;
  State state_ = State::Reading;
};

}  // namespace rollcall::files
