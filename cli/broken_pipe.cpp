#include "cli/broken_pipe.hpp"

#include <csignal>

namespace mta_sts::cli {
namespace {

// A handler and not SIG_IGN, which programs that are started would inherit.
extern "C" void pass_over_signal(int) {}

}  // namespace

void outlive_broken_pipes() {
  struct sigaction before {};
  if (::sigaction(SIGPIPE, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) {
    return;
  }
  struct sigaction passed {};
  passed.sa_handler = pass_over_signal;
  passed.sa_flags = SA_RESTART;
  static_cast<void>(::sigaction(SIGPIPE, &passed, nullptr));
}

void end_by_broken_pipe() {
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) {
    return;
  }
  static_cast<void>(::signal(SIGPIPE, SIG_DFL));
  static_cast<void>(::raise(SIGPIPE));
}

}  // namespace mta_sts::cli
