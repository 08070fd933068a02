// Reading what PostgreSQL answered, in its binary format: one row by column number (ReplyRow) or its columns
// in order (Columns). Integers widen from whatever the column's type is. Used by this folder only. Thread:
// the connection's.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "model/ids.hpp"

namespace rollcall::store::postgresql {

// One row of an answer.
class ReplyRow {
 public:
  // `damaged` becomes true when a column makes no sense.
  ReplyRow(const PGresult* result, int row, bool& damaged) : result_(result), row_(row), damaged_(damaged) {}

  bool null(int column) const { return PQgetisnull(result_, row_, column) != 0; }
  // A boolean, smallint, integer or bigint; NULL is 0.
  int64_t integer(int column) const {
    const char* bytes = PQgetvalue(result_, row_, column);
    const int size = null(column) ? 0 : PQgetlength(result_, row_, column);
    uint64_t value = size > 0 && (bytes[0] & 0x80) ? ~uint64_t{0} : 0;
    for (int i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
    return static_cast<int64_t>(value);
  }
  template <class Enum>
  Enum as(int column) const {
    return static_cast<Enum>(integer(column));
  }
  // A text or bytea; NULL is empty. Valid while the answer is.
  std::string_view text(int column) const {
    if (null(column)) return {};
    return {PQgetvalue(result_, row_, column), static_cast<size_t>(PQgetlength(result_, row_, column))};
  }
  void damage() const { damaged_ = true; }

 private:
  const PGresult* result_;
  int row_;
  bool& damaged_;
};

// The columns of a row in order, one >> for each.
class Columns {
 public:
  explicit Columns(const ReplyRow& row) : row_(row) {}

  template <class T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>) Columns& operator>>(T& out) {
    return out = static_cast<T>(row_.integer(column_++)), *this;
  }
  Columns& operator>>(bool& out) { return out = row_.integer(column_++) != 0, *this; }
  Columns& operator>>(WallMs& out) { return *this >> out.value; }
  Columns& operator>>(std::string& out) { return out = row_.text(column_++), *this; }
  Columns& operator>>(Secret& out) {  // opens the envelope (DESIGN 3: 0 plain, 1 AES-GCM with key id)
    const std::string_view text = row_.text(column_++);
    if (text.empty() || text[0] != '0') return row_.damage(), *this;
    return out = Secret(std::string(text.substr(1))), *this;
  }
  template <class Tag>
  Columns& operator>>(StrongId<Tag>& out) {
    return *this >> out.value;
  }
  template <class T>
  Columns& operator>>(std::optional<T>& out) {
    out.reset();
    if (row_.null(column_)) return ++column_, *this;
    return *this >> out.emplace();
  }

 private:
  const ReplyRow& row_;
  int column_ = 0;
};

}  // namespace rollcall::store::postgresql
