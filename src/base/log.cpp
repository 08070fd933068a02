#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"

namespace rollcall {
namespace {

struct Sink {
  std::shared_ptr<spdlog::logger> logger = spdlog::stderr_logger_mt("rollcall");
  LogLevel level = LogLevel::Info;
  bool json = false;
};

Sink& sink() {
  static Sink instance;
  return instance;
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F) return true;
  return false;
}

void append_value(std::string& line, std::string_view text) {
  if (needs_quotes(text))
    append_json_string(line, text);  // control characters come out escaped
  else
    line += text;
}

std::string plain_line(std::string_view event, std::initializer_list<LogField> fields) {
  std::string line(event);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

std::string json_line(std::string_view event, std::initializer_list<LogField> fields) {
  std::string line = "\"event\":";
  append_json_string(line, event);
  for (const LogField& field : fields) {
    line += ',';
    append_json_string(line, field.key);
    line += ':';
    append_json_string(line, field.value);
  }
  return line;
}

void write(LogLevel level, spdlog::level::level_enum spd_level, std::string_view event,
           std::initializer_list<LogField> fields) {
  Sink& to = sink();
  if (level < to.level) return;
  std::string line = to.json ? json_line(event, fields) : plain_line(event, fields);
  // What JSON leaves alone and a terminal does not: DEL, C1 controls, ill-formed UTF-8.
  if (std::any_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x7F; }))
    line = excerpt(line, line.size());
  to.logger->log(spd_level, "{}", line);
}

}  // namespace

void log_debug(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::Debug, spdlog::level::debug, event, fields);
}
void log_info(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::Info, spdlog::level::info, event, fields);
}
void log_warn(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::Warn, spdlog::level::warn, event, fields);
}
void log_error(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::Error, spdlog::level::err, event, fields);
}

void log_start(LogLevel level, bool json) {
  Sink& to = sink();
  to.level = level;
  to.json = json;
  to.logger->set_level(spdlog::level::trace);
  to.logger->flush_on(spdlog::level::info);
  if (json)
    to.logger->set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}",
                           spdlog::pattern_time_type::utc);
  else
    to.logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
}

LogLevel log_level() noexcept { return sink().level; }

}  // namespace rollcall
