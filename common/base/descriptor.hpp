#pragma once

#include <unistd.h>

#include <utility>

namespace mta_sts {

/// Owns a file descriptor, or none, and closes it on every way out.
class Descriptor {
 public:
  Descriptor() = default;
  /// Takes what open(), socket() and the like gave; a negative number owns nothing.
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = other.release();
    }
    return *this;
  }
  ~Descriptor() { reset(); }

  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
  /// Gives the number, which stays this object's to close; negative where it owns none.
  [[nodiscard]] int get() const noexcept { return number_; }
  /// Gives the number away: the caller closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

  /// Closes it now. Where the result of close() matters, close what release() gives.
  void reset() noexcept {
    if (number_ >= 0) {
      ::close(release());
    }
  }

 private:
  int number_ = -1;
};

}  // namespace mta_sts
