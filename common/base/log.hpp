#pragma once

#include <string_view>

namespace mta_sts {

enum class LogLevel { debug, info, warning, error };

/// Takes one line of log. `word` is the kebab-case word of docs/errors.md; `message` says what happened and
/// how to fix it, with foreign text already made safe to show. An implementation must not throw or block.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view word, std::string_view message) noexcept = 0;
};

/// Discards every line.
class NullLog final : public Log {
 public:
  void write(LogLevel, std::string_view, std::string_view) noexcept override {}
};

}  // namespace mta_sts
