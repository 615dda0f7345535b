#include "resolver/internal_errors.hpp"

#include <gtest/gtest.h>

namespace mta_sts::resolver {
namespace {

class LineCounter final : public Log {
 public:
  void write(LogLevel level, std::string_view word, std::string_view) noexcept override {
    lines += level == LogLevel::error && word == "internal-error" ? 1 : 0;
  }

  int lines = 0;
};

TEST(InternalErrors, AreLoggedOnceAndWhenTheyHaveDoubled) {
  LineCounter log;
  InternalErrors errors(log);
  errors.report(0);
  EXPECT_EQ(log.lines, 0);
  for (std::uint64_t count = 1; count <= 9; ++count) {
    errors.report(count);
    errors.report(count);
  }
  EXPECT_EQ(log.lines, 4);  // the first, second, fourth and eighth
  errors.report(100);
  EXPECT_EQ(log.lines, 5);
}

}  // namespace
}  // namespace mta_sts::resolver
