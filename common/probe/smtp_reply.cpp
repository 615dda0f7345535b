#include "probe/smtp_reply.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"

namespace mta_sts::probe {
namespace {

constexpr std::size_t line_limit_bytes = 2048;
constexpr std::size_t lines_limit = 200;
constexpr std::size_t reply_limit_bytes = 16384;

}  // namespace

std::optional<SmtpReply> SmtpReplyReader::next() {
  while (error_.empty()) {
    if (begun_.lines.size() >= lines_limit || begun_bytes_ >= reply_limit_bytes) {
      error_ = "the answer is too long";
      break;
    }
    const auto line = next_line();
    if (!line) {
      break;
    }
    const bool has_code = line->size() >= 3 && std::ranges::all_of(line->substr(0, 3), ascii::is_digit);
    if (!has_code) {
      error_ = "the answer is not SMTP";
      break;
    }
    begun_bytes_ += line->size();
    begun_.code = (line->at(0) - '0') * 100 + (line->at(1) - '0') * 10 + (line->at(2) - '0');
    begun_.lines.push_back(line->size() > 4 ? line->substr(4) : "");
    if (line->size() == 3 || line->at(3) != '-') {
      begun_bytes_ = 0;
      return std::exchange(begun_, {});
    }
  }
  return std::nullopt;
}

std::size_t SmtpReplyReader::discard() {
  return std::exchange(buffer_, {}).size();
}

std::optional<std::string> SmtpReplyReader::next_line() {
  const auto end = buffer_.find('\n');
  if (std::min(end, buffer_.size()) > line_limit_bytes) {
    error_ = "the answer's line is too long";
    return std::nullopt;
  }
  if (end == std::string::npos) {
    return std::nullopt;
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  return line;
}

}  // namespace mta_sts::probe
