// A subject in a process of its own, so that two loads of 10,000 connections each fit under one limit of open
// files, and what one leaves in memory does not slow the next. Made before any thread is. Thread: main.
#pragma once

#include <sys/types.h>

#include <optional>

#include "bench/subject.hpp"

namespace rollcall::bench {

class ChildSubject {
 public:
  ChildSubject(const Options& options, StartSubject start);
  ~ChildSubject();
  ChildSubject(const ChildSubject&) = delete;
  ChildSubject& operator=(const ChildSubject&) = delete;

  // Nothing when the child has ended; it has said why on stderr.
  std::optional<Values> once();
  std::optional<Values> round();

 private:
  std::optional<Values> ask(char command);
  pid_t pid_ = -1;
  int child_ = -1;  // our end of a pair of sockets
};

}  // namespace rollcall::bench
