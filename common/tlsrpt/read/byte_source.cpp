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

std::string_view BufferedSource::peek(std::size_t wanted) {
  while (buffered() < wanted && fill()) {
  }
  return {buffer_ + at_, buffered()};
}

std::optional<std::size_t> BufferedSource::read(std::span<char> out) {
  if (buffered() == 0) {
    fill();
  }
  if (failed_ && buffered() == 0) {
    return std::nullopt;
  }
  const std::size_t taken = std::string_view(buffer_ + at_, buffered()).copy(out.data(), out.size());
  at_ += taken;
  return taken;
}

std::string_view BufferedSource::take_line() {
  std::size_t searched = 0;
  while (true) {
    const std::string_view front = std::string_view(buffer_ + at_, buffered()).substr(0, chunk_bytes);
    const std::size_t newline = front.find('\n', searched);
    if (newline != std::string_view::npos || front.size() == chunk_bytes || at_end_) {
      const std::string_view line =
          front.substr(0, newline == std::string_view::npos ? newline : newline + 1);
      at_ += line.size();
      return line;
    }
    searched = front.size();
    fill();  // it moves the bytes
  }
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
