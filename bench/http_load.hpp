// Requests over kept-alive HTTP/1.1 connections, one in flight on each, from one thread: as fast as they are
// answered, or at a fixed rate. Used by the subjects of api/requests. Thread: the child's main.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace rollcall::bench {

class HttpLoad {
 public:
  // Gives the whole next request, as sent.
  using NextRequest = std::function<std::string()>;

  // To 127.0.0.1:`port`. Gives up when an answer is not a success.
  HttpLoad(uint16_t port, size_t connections, NextRequest next);
  ~HttpLoad();
  HttpLoad(const HttpLoad&) = delete;
  HttpLoad& operator=(const HttpLoad&) = delete;

  // Every connection asks again as soon as it was answered. Answers per second.
  double flat_out(double seconds);
  // Requests become due evenly and wait for a free connection. Milliseconds from due to answered, of each.
  std::vector<double> paced(double per_second, double seconds);

 private:
  struct Connection {
    int fd = -1;
    bool busy = false;
    SteadyUs due;
    std::string received;
  };
  void ask(Connection& connection, SteadyUs due);
  // Reads what has come; waits up to `wait_ms` for some. Calls `answered` for each answer.
  template <class Answered>
  void take(int wait_ms, Answered&& answered);
  bool is_whole(const Connection& connection) const;
  void drain();

  SystemClock clock_;
  NextRequest next_;
  std::vector<Connection> connections_;
  int epoll_ = -1;
};

}  // namespace rollcall::bench
