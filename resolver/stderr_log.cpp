#include "stderr_log.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/enum_names.hpp"
#include "base/guarded.hpp"

namespace mta_sts::resolver {
namespace {

/// POSIX promises that a write of this size to a pipe that polls as writable does not block.
constexpr std::size_t line_limit_bytes = 512;

constexpr auto level_names = enum_names<LogLevel>({
    {LogLevel::debug, "debug"},
    {LogLevel::info, "info"},
    {LogLevel::warning, "warning"},
    {LogLevel::error, "error"},
});

/// The levels of syslog, as sd-daemon(3) wants them before a line.
std::string_view journal_prefix(LogLevel level) {
  using enum LogLevel;
  static constexpr auto words = enum_names<LogLevel>({
      {debug, "<7>"},
      {info, "<6>"},
      {warning, "<4>"},
      {error, "<3>"},
  });
  return words[level];
}

}  // namespace

StderrLog::StderrLog(LogLevel least) : least_(least), journal_(std::getenv("JOURNAL_STREAM") != nullptr) {}

void StderrLog::write(LogLevel level, std::string_view word, std::string_view message) noexcept {
  if (level < least_) {
    return;
  }
  guarded_void([&] {
    std::string line(journal_ ? journal_prefix(level) : level_names[level]);
    if (!journal_) {
      line += ' ';
    }
    line.append(word).append(" ").append(message);
    if (line.size() >= line_limit_bytes) {
      line.resize(line_limit_bytes - 4);
      line += "...";
    }
    line += '\n';
    pollfd target{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&target, 1, 0) != 1 ||
        ::write(STDERR_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      ++dropped_;
    }
  });
}

std::optional<LogLevel> parse_log_level(std::string_view word) {
  return level_names.parse(word);
}

}  // namespace mta_sts::resolver
