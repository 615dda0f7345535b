#pragma once

#include <chrono>
#include <string>

#include "cli/import/import_pass.hpp"

namespace mta_sts::cli {

/// Sums up passes for Prometheus.
class ImportMetrics {
 public:
  /// Counts a pass, whether it went well or not.
  void add(const PassResult& pass);

  /// Tells what is left behind now, where nothing was to be read.
  void set_left(const LeftBehind& left) { left_ = left; }

  /// Writes the metrics of all passes, the last of which went well at `now`. Error: output-unwritable,
  /// output-full.
  [[nodiscard]] std::expected<void, Fault> write(const std::string& path, std::chrono::sys_seconds now) const;

 private:
  tlsrpt::ImportCounts counts_;
  std::size_t inputs_ = 0;
  std::size_t refused_ = 0;
  LeftBehind left_;
};

}  // namespace mta_sts::cli
