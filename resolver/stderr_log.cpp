#include "stderr_log.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/guarded.hpp"

namespace mta_sts::resolver {
namespace {

/// POSIX promises that a write of this size to a pipe that polls as writable does not block.
constexpr std::size_t line_limit_bytes = 512;

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      break;
  }
  return "error";
}

/// The levels of syslog, as sd-daemon(3) wants them before a line.
std::string_view journal_prefix(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "<7>";
    case LogLevel::info:
      return "<6>";
    case LogLevel::warning:
      return "<4>";
    case LogLevel::error:
      break;
  }
  return "<3>";
}

}  // namespace

StderrLog::StderrLog(LogLevel least) : least_(least), journal_(std::getenv("JOURNAL_STREAM") != nullptr) {}

void StderrLog::write(LogLevel level, std::string_view word, std::string_view message) noexcept {
  if (level < least_) {
    return;
  }
  guarded_void([&] {
    std::string line(journal_ ? journal_prefix(level) : name_of(level));
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

bool parse_log_level(std::string_view word, LogLevel& level) {
  for (const LogLevel candidate : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (word == name_of(candidate)) {
      level = candidate;
      return true;
    }
  }
  return false;
}

}  // namespace mta_sts::resolver
