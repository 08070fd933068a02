#include "net/signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/check.hpp"
#include "net/asio.hpp"

namespace rollcall::net {

namespace {
constexpr int kImpatientExit = 130;

// A signal handler can reach nothing but globals.
volatile sig_atomic_t signals_seen = 0;
volatile sig_atomic_t pipe_write_fd = -1;

extern "C" void on_process_signal(int number) {
  if (signals_seen != 0) ::_exit(kImpatientExit);
  signals_seen = 1;
  const int saved_errno = errno;
  const auto byte = static_cast<unsigned char>(number);
  if (::write(pipe_write_fd, &byte, 1) != 1) ::_exit(kImpatientExit);
  errno = saved_errno;
}

void set_action(void (*action)(int)) {
  struct sigaction change = {};
  change.sa_handler = action;
  sigemptyset(&change.sa_mask);
  change.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &change, nullptr);
  ::sigaction(SIGTERM, &change, nullptr);
}
}  // namespace

struct SignalWatch::Impl {
  Impl(CoreLoop& loop, std::function<void(int)> hook) : on_signal(std::move(hook)), read_end(loop.io()) {
    std::array<int, 2> fds = {-1, -1};
    ROLLCALL_CHECK(::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    error_code ec;
    read_end.assign(fds[0], ec);
    ROLLCALL_CHECK(!ec);
    write_fd = fds[1];
  }
  ~Impl() { ::close(write_fd); }

  void wait() {
    read_end.async_wait(asio::posix::descriptor_base::wait_read, [this](const error_code& ec) {
      if (ec || !on_signal) return;
      unsigned char number = 0;
      error_code read_ec;
      if (read_end.read_some(asio::buffer(&number, 1), read_ec) == 1)
        std::exchange(on_signal, nullptr)(number);
    });
  }

  std::function<void(int)> on_signal;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> read_end;
  int write_fd = -1;
};

SignalWatch::SignalWatch(CoreLoop& loop, std::function<void(int)> on_signal)
    : loop_(loop), impl_(std::make_shared<Impl>(loop, std::move(on_signal))) {
  ROLLCALL_CHECK(pipe_write_fd == -1);
  signals_seen = 0;
  pipe_write_fd = impl_->write_fd;
  impl_->wait();
  set_action(on_process_signal);
}

SignalWatch::~SignalWatch() {
  set_action(SIG_DFL);
  pipe_write_fd = -1;
  impl_->on_signal = nullptr;
  error_code ignored;
  impl_->read_end.close(ignored);
  loop_.keep(std::move(impl_));
}

}  // namespace rollcall::net
