// Subjects of TLS: full handshakes of clients that come and go, on Rollcall and on `openssl s_server` with
// the same certificate. Used by cases.cpp. Thread: the child's main.
#pragma once

#include <memory>

#include "bench/subject.hpp"

namespace rollcall::bench {

std::unique_ptr<Subject> start_rollcall_handshakes(const Options& options);
std::unique_ptr<Subject> start_openssl_handshakes(const Options& options);

}  // namespace rollcall::bench
