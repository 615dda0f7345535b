#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mta_sts::tlsrpt {

/// Gives the bytes of one input from front to back; who owns the file, pipe or buffer implements it.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills the front of `out` and gives the number of bytes, 0 at the end; nothing where reading failed.
  [[nodiscard]] virtual std::optional<std::size_t> read(std::span<char> out) = 0;
};

/// Bytes in memory, which must outlive it.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] std::optional<std::size_t> read(std::span<char> out) override;

 private:
  std::string_view rest_;
};

/// Bytes that were taken from a source already, and then the rest of it; both must outlive it.
class FrontedSource final : public ByteSource {
 public:
  FrontedSource(std::string_view front, ByteSource& rest) : front_(front), rest_(rest) {}
  [[nodiscard]] std::optional<std::size_t> read(std::span<char> out) override;

 private:
  MemorySource front_;
  ByteSource& rest_;
};

/// Reads another source through a buffer, so that its first bytes can be looked at before they are taken.
class BufferedSource final : public ByteSource {
 public:
  explicit BufferedSource(ByteSource& source)
      : source_(source), own_(std::make_unique_for_overwrite<char[]>(buffer_bytes)), buffer_(own_.get()) {}

  /// Uses a buffer of buffer_bytes that must outlive it: whoever reads many files lends each the same.
  BufferedSource(ByteSource& source, char* buffer) : source_(source), buffer_(buffer) {}

  /// Gives the next bytes without taking them: `wanted` of them or more, fewer only before the end. At most
  /// buffer_bytes can be wanted.
  [[nodiscard]] std::string_view peek(std::size_t wanted = chunk_bytes);

  /// Takes bytes that peek gave.
  void skip(std::size_t length) { at_ += length; }

  /// Of a source that fails the bytes before it are given.
  [[nodiscard]] std::optional<std::size_t> read(std::span<char> out) override;

  /// Takes one line with its LF, valid until the next call of any function; empty at the end. A line over
  /// chunk_bytes comes in pieces.
  std::string_view take_line();

  /// Appends what is left, at most `limit_bytes`; false if more follows.
  bool read_all(std::string& out, std::size_t limit_bytes);

  /// Gives the number of bytes that came from the source.
  [[nodiscard]] std::size_t taken() const { return taken_; }

  /// Tells whether the source could not be read to its end.
  [[nodiscard]] bool failed() const { return failed_; }

  static constexpr std::size_t chunk_bytes = std::size_t{64} << 10;
  static constexpr std::size_t buffer_bytes = 2 * chunk_bytes;

 private:
  bool fill();
  [[nodiscard]] std::size_t buffered() const { return end_ - at_; }

  ByteSource& source_;
  std::unique_ptr<char[]> own_;  // where no buffer was lent
  char* buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::size_t taken_ = 0;
  bool at_end_ = false;
  bool failed_ = false;
};

}  // namespace mta_sts::tlsrpt
