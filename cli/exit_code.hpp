#pragma once

namespace mta_sts::cli {

/// What the shell is told; the same for every subcommand.
enum class ExitCode : int {
  ok = 0,         ///< success
  at_fault = 1,   ///< a problem was found
  wrong_use = 2,  ///< usage error, or input that cannot be read
  temporary = 3,  ///< a temporary failure: the same command may work later
};

/// Gives the code for both of two results: wrong use stands before a temporary failure, that before a fault.
constexpr ExitCode worse(ExitCode a, ExitCode b) {
  constexpr auto rank = [](ExitCode code) {
    switch (code) {
      case ExitCode::ok:
        return 0;
      case ExitCode::at_fault:
        return 1;
      case ExitCode::temporary:
        return 2;
      case ExitCode::wrong_use:
        break;
    }
    return 3;
  };
  return rank(a) < rank(b) ? b : a;
}

}  // namespace mta_sts::cli
