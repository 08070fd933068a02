// Socket: owns the descriptor of a socket. Included by net/ only.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "net/asio.hpp"

namespace rollcall::net {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      close();
      descriptor_ = other.release();
    }
    return *this;
  }
  ~Socket() { close(); }

  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }
  void close() {
    if (descriptor_ >= 0) ::close(release());
  }

 private:
  int descriptor_ = -1;
};

inline error_code last_error() { return {errno, boost::system::system_category()}; }

}  // namespace rollcall::net
