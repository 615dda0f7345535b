#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace mta_sts::cli {

/// Where it is shown how far a long work is.
enum class ShowProgress : std::uint8_t {
  never,
  on_terminal,  ///< in one line, once the work takes over a second
  always,       ///< there too; elsewhere a line for each 10,000 steps
};

/// Shows on standard error how far a long work is.
class Progress {
 public:
  Progress(std::string what, std::size_t total, ShowProgress shown = ShowProgress::on_terminal);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void step();

 private:
  std::string what_;
  std::size_t total_;
  std::size_t done_ = 0;
  bool is_shown_ = false;
  bool prints_lines_ = false;  ///< of its own, each with an end
  bool has_line_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace mta_sts::cli
