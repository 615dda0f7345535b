#pragma once

#include <optional>
#include <string_view>

#include "base/log.hpp"

namespace mta_sts::resolver {

/// Writes one line a record to standard error: `level word message`, or, where systemd's journal reads it,
/// `<N>word message` with the level as the journal wants it. Never blocks: what a full pipe does not take is
/// dropped and counted.
class StderrLog final : public Log {
 public:
  explicit StderrLog(LogLevel least);

  void write(LogLevel level, std::string_view word, std::string_view message) noexcept override;

  /// Changes the least level that is written.
  void set_least(LogLevel least) { least_ = least; }

  [[nodiscard]] unsigned long dropped() const { return dropped_; }

 private:
  LogLevel least_;
  bool journal_;
  unsigned long dropped_ = 0;
};

/// Reads debug, info, warning or error; nothing for any other word.
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view word);

}  // namespace mta_sts::resolver
