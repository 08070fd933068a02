// Values of a statement in PostgreSQL's binary format, one value or one array (a column of a set) at a time.
// The C++ type decides the type in the statement: int64_t, ids and times are bigint, int32_t is integer,
// enums and uint8_t are smallint, bool is boolean, texts are bytea or text as the statement says. Used by
// this folder. Thread: values.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "model/ids.hpp"

namespace rollcall::store::postgresql {

namespace wire {

template <class T>
requires std::is_integral_v<T>
void put(std::string& out, T value) {
  std::make_unsigned_t<T> bits = static_cast<std::make_unsigned_t<T>>(value);
  if constexpr (sizeof(T) == 8) bits = __builtin_bswap64(bits);
  if constexpr (sizeof(T) == 4) bits = __builtin_bswap32(bits);
  if constexpr (sizeof(T) == 2) bits = __builtin_bswap16(bits);
  char raw[sizeof(T)];
  std::memcpy(raw, &bits, sizeof(T));
  out.append(raw, sizeof(T));
}

// How a C++ value travels: as one of int64_t, int32_t, int16_t, bool, std::string_view.
inline int64_t plain(int64_t value) { return value; }
inline int32_t plain(int32_t value) { return value; }
inline int16_t plain(int16_t value) { return value; }
inline int16_t plain(uint8_t value) { return value; }
template <std::same_as<bool> T>
bool plain(T value) {
  return value;
}
inline int64_t plain(WallMs value) { return value.value; }
inline std::string_view plain(std::string_view value) { return value; }
inline std::string_view plain(const std::string& value) { return value; }
template <class Tag>
int64_t plain(StrongId<Tag> value) {
  return value.value;
}
template <class Enum>
requires std::is_enum_v<Enum> int16_t plain(Enum value) { return static_cast<int16_t>(value); }

template <class T>
using Plain = decltype(plain(std::declval<const T&>()));

inline void put_value(std::string& out, int64_t value) { put(out, value); }
inline void put_value(std::string& out, int32_t value) { put(out, value); }
inline void put_value(std::string& out, int16_t value) { put(out, value); }
inline void put_value(std::string& out, bool value) { out.push_back(value ? '\1' : '\0'); }
inline void put_value(std::string& out, std::string_view value) { out.append(value); }

// Numbers of the types in every PostgreSQL (pg_type.dat).
template <class T>
constexpr int32_t kOid = 0;
template <>
inline constexpr int32_t kOid<bool> = 16;
template <>
inline constexpr int32_t kOid<int64_t> = 20;
template <>
inline constexpr int32_t kOid<int16_t> = 21;
template <>
inline constexpr int32_t kOid<int32_t> = 23;

}  // namespace wire

// Types of a column of texts.
inline constexpr int32_t kBytesOid = 17;
inline constexpr int32_t kTextOid = 25;

// A secret goes in an envelope: version 0 is the plain text (DESIGN 3).
inline std::string in_envelope(const Secret& secret) { return "0" + std::string(secret.reveal()); }

// One column of a set: an array. A column nobody added to is shorter than the others; unnest() fills it with
// NULL.
template <class T>
class Column {
 public:
  Column() : Column(wire::kOid<wire::Plain<T>>) {}
  explicit Column(int32_t oid) {
    wire::put(bytes_, int32_t{1});  // dimensions
    wire::put(bytes_, int32_t{1});  // may hold NULL
    wire::put(bytes_, oid);
    wire::put(bytes_, int32_t{0});  // length, set at the end
    wire::put(bytes_, int32_t{1});  // first index
  }
  void reserve(size_t rows) { bytes_.reserve(bytes_.size() + rows * 12); }
  void add(const T& value) {
    const auto plain = wire::plain(value);
    if constexpr (std::is_same_v<wire::Plain<T>, std::string_view>) {
      wire::put(bytes_, static_cast<int32_t>(plain.size()));
    } else {
      wire::put(bytes_, static_cast<int32_t>(sizeof(plain)));
    }
    wire::put_value(bytes_, plain);
    ++rows_;
  }
  void add_null() {
    wire::put(bytes_, int32_t{-1});
    ++rows_;
  }
  void add_optional(const std::optional<T>& value) { value ? add(*value) : add_null(); }
  // Adds NULL until there are `rows`: for a column that only few rows use.
  void fill(size_t rows) {
    while (rows_ < rows) add_null();
  }
  std::string take() && {
    std::string head;
    wire::put(head, static_cast<int32_t>(rows_));
    bytes_.replace(12, 4, head);
    if (rows_ == 0) {  // an empty array has no dimension
      head.assign(4, '\0');
      bytes_.replace(0, 4, head);
      bytes_.resize(12);
    }
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
  size_t rows_ = 0;
};

class BytesColumn : public Column<std::string_view> {
 public:
  BytesColumn() : Column(kBytesOid) {}
};
template <class Id>
Column<Id> column(std::span<const Id> ids) {
  Column<Id> out;
  out.reserve(ids.size());
  for (const Id id : ids) out.add(id);
  return out;
}

class TextColumn : public Column<std::string_view> {
 public:
  TextColumn() : Column(kTextOid) {}
};

// The values of $1, $2 ... in order.
class Parameters {
 public:
  template <class T>
  requires requires(const T& value) { wire::plain(value); }
  Parameters& operator<<(const T& value) {
    wire::put_value(begin(), wire::plain(value));
    return end();
  }
  template <class T>
  Parameters& operator<<(Column<T>&& column) {
    begin() += std::move(column).take();
    return end();
  }
  template <class T>
  Parameters& operator<<(const std::optional<T>& value) {
    if (value) return *this << *value;
    fields_.push_back({bytes_.size(), 0, true});
    return *this;
  }
  Parameters& operator<<(const Secret& value) { return *this << in_envelope(value); }

  size_t size() const { return fields_.size(); }
  // As PQsendQueryPrepared wants them; valid until the next value.
  void list(std::vector<const char*>& values, std::vector<int>& lengths) const {
    values.clear();
    lengths.clear();
    for (const Field& field : fields_) {
      values.push_back(field.null ? nullptr : bytes_.data() + field.at);
      lengths.push_back(static_cast<int>(field.size));
    }
  }

 private:
  struct Field {
    size_t at;
    size_t size;
    bool null;
  };
  std::string& begin() {
    fields_.push_back({bytes_.size(), 0, false});
    return bytes_;
  }
  Parameters& end() {
    fields_.back().size = bytes_.size() - fields_.back().at;
    return *this;
  }
  std::string bytes_;
  std::vector<Field> fields_;
};

}  // namespace rollcall::store::postgresql
