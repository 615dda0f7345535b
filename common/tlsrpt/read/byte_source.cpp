#include "tlsrpt/read/byte_source.hpp"

#include <algorithm>
#include <cstring>

namespace mta_sts::tlsrpt {

std::optional<std::size_t> MemorySource::read(std::span<char> out) {
  const std::size_t taken = rest_.copy(out.data(), out.size());
  rest_.remove_prefix(taken);
  return taken;
}

std::optional<std::size_t> FrontedSource::read(std::span<char> out) {
  const auto taken = front_.read(out);
  return taken == std::size_t{0} ? rest_.read(out) : taken;
}

// Makes room and reads once more; false where nothing came.
bool BufferedSource::fill() {
  if (at_end_) {
    return false;
  }
  std::memmove(buffer_, buffer_ + at_, buffered());
  end_ = buffered();
  at_ = 0;
  const auto got = source_.read(std::span(buffer_ + end_, buffer_bytes - end_));
  end_ += got.value_or(0);
  taken_ += got.value_or(0);
  failed_ = failed_ || !got;
  at_end_ = got.value_or(0) == 0;
  return !at_end_;
}

std::string_view BufferedSource::peek() {
  while (buffered() < chunk_bytes && fill()) {
  }
  return {buffer_ + at_, buffered()};
}

std::optional<std::size_t> BufferedSource::read(std::span<char> out) {
  if (buffered() == 0) {
    fill();
  }
  if (failed_) {
    return std::nullopt;
  }
  const std::size_t taken = std::string_view(buffer_ + at_, buffered()).copy(out.data(), out.size());
  at_ += taken;
  return taken;
}

bool BufferedSource::read_line(std::string& line, std::size_t limit_bytes) {
  std::size_t taken = 0;
  while (taken < limit_bytes && (buffered() > 0 || fill())) {
    const std::string_view rest(buffer_ + at_, std::min(buffered(), limit_bytes - taken));
    const std::size_t newline = rest.find('\n');
    const std::size_t length = newline == std::string_view::npos ? rest.size() : newline + 1;
    line.append(rest.substr(0, length));
    at_ += length;
    taken += length;
    if (newline != std::string_view::npos) {
      break;
    }
  }
  return taken != 0;
}

bool BufferedSource::read_all(std::string& out, std::size_t limit_bytes) {
  while (buffered() > 0 || fill()) {
    const std::size_t length = std::min(buffered(), limit_bytes - std::min(limit_bytes, out.size()));
    out.append(buffer_ + at_, length);
    at_ += length;
    if (buffered() > 0) {
      return false;
    }
  }
  return true;
}

}  // namespace mta_sts::tlsrpt
