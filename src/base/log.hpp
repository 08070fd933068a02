// One event, one line: level, event name, then key=value pairs with stable names. Values with blanks or
// quotes are quoted; control characters never reach the terminal. Backed by spdlog in log.cpp, whose headers
// stay there. Thread: any.
//
//   log_info("server.listening", {{"http", address}, {"mqtt", other}});
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace rollcall {

enum class LogLevel : unsigned char { Debug, Info, Warn, Error, Off };

// A key and its printed value. Secrets print as "***".
struct LogField {
  std::string_view key;
  std::string value;
  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : key(name), value(text) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(text) {}
  LogField(std::string_view name, const Secret&) : key(name), value("***") {}
  template <std::integral T>
  LogField(std::string_view name, T number) : key(name), value(std::to_string(number)) {}
  LogField(std::string_view name, double number) : key(name), value(std::to_string(number)) {}
};

void log_debug(std::string_view event, std::initializer_list<LogField> fields = {});
void log_info(std::string_view event, std::initializer_list<LogField> fields = {});
void log_warn(std::string_view event, std::initializer_list<LogField> fields = {});
void log_error(std::string_view event, std::initializer_list<LogField> fields = {});

// Called once, before threads start. Lines go to standard error.
void log_start(LogLevel level, bool json);
LogLevel log_level() noexcept;

}  // namespace rollcall
