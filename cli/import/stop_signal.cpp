#include "cli/import/stop_signal.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace mta_sts::cli {

StopSignal::StopSignal() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  signals_ = Descriptor(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
  if (signals_.is_open()) {  // else they end the process, as they do by themselves
    ::sigprocmask(SIG_BLOCK, &ends, nullptr);
  }
}

bool StopSignal::has_come() {
  signalfd_siginfo told{};
  has_come_ = has_come_ || (signals_.is_open() && ::read(signals_.get(), &told, sizeof told) > 0);
  return has_come_;
}

bool StopSignal::wait(std::chrono::milliseconds limit, int descriptor) {
  if (has_come()) {
    return false;
  }
  std::array<pollfd, 2> polled{{{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                                {.fd = descriptor, .events = POLLIN, .revents = 0}}};
  return ::poll(polled.data(), polled.size(), static_cast<int>(limit.count())) > 0 && polled[1].revents != 0;
}

}  // namespace mta_sts::cli
