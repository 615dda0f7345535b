#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace mta_sts::cli {

/// Shows on standard error how far a long work is, where that is a terminal and the work takes over a second.
class Progress {
 public:
  Progress(std::string what, std::size_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void step();

 private:
  std::string what_;
  std::size_t total_;
  std::size_t done_ = 0;
  bool is_shown_ = false;
  bool has_line_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace mta_sts::cli
