#include "base/clock.hpp"

#include <chrono>
#include <cstdio>
#include <string_view>

namespace rollcall {
namespace {

struct Civil {
  int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0;
};

// Days since 1970-01-01 of a date in the proleptic Gregorian calendar, and back (the well-known era
// arithmetic).
int64_t days_from_civil(int64_t year, int month, int day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

Civil civil_from(int64_t ms) {
  Civil out;
  int64_t days = ms / 86'400'000;
  int64_t rest = ms % 86'400'000;
  if (rest < 0) {
    rest += 86'400'000;
    --days;
  }
  out.ms = static_cast<int>(rest % 1000);
  out.second = static_cast<int>(rest / 1000 % 60);
  out.minute = static_cast<int>(rest / 60'000 % 60);
  out.hour = static_cast<int>(rest / 3'600'000);
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  out.day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  out.month = static_cast<int>(shifted_month + (shifted_month < 10 ? 3 : -9));
  out.year = year_of_era + era * 400 + (out.month <= 2);
  return out;
}

bool read_digits(std::string_view text, size_t at, size_t count, int& out) {
  out = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  return true;
}

int month_days(int64_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

}  // namespace

WallMs SystemClock::wall() const {
  using std::chrono::duration_cast;
  return WallMs{
      duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

SteadyUs SystemClock::steady() const {
  using std::chrono::duration_cast;
  return SteadyUs{
      duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count()};
}

std::string utc_text(WallMs time) {
  const Civil c = civil_from(time.value);
  char out[64];
  std::snprintf(out, sizeof out, "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ", static_cast<long long>(c.year),
                c.month, c.day, c.hour, c.minute, c.second, c.ms);
  return out;
}

std::string local_text(WallMs time, int offset_minutes) {
  const Civil c = civil_from(time.value + int64_t{offset_minutes} * 60'000);
  char out[64];
  std::snprintf(out, sizeof out, "%04lld-%02d-%02d %02d:%02d:%02d", static_cast<long long>(c.year), c.month,
                c.day, c.hour, c.minute, c.second);
  return out;
}

bool parse_utc(std::string_view text, WallMs& out) noexcept {
  if (text.size() != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text[19] != 'Z')
    return false;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!read_digits(text, 0, 4, year) || !read_digits(text, 5, 2, month) || !read_digits(text, 8, 2, day) ||
      !read_digits(text, 11, 2, hour) || !read_digits(text, 14, 2, minute) ||
      !read_digits(text, 17, 2, second))
    return false;
  if (month < 1 || month > 12 || day < 1 || day > month_days(year, month) || hour > 23 || minute > 59 ||
      second > 60)
    return false;
  out.value =
      ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60'000 + int64_t{second} * 1000;
  return true;
}

}  // namespace rollcall
