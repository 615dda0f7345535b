// The small tools of base: guarded(), Handle, parse_decimal, render_grouped, the clock and the log that
// drops.
#include <gtest/gtest.h>

#include <stdexcept>

#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "base/handle.hpp"
#include "base/hex.hpp"
#include "base/number.hpp"

namespace mta_sts {
namespace {

TEST(Guarded, GivesTheResultOfItsBody) {
  EXPECT_EQ(guarded(-1, [] { return 7; }), 7);
}

TEST(Guarded, GivesTheOtherResultWhereAnythingIsThrown) {
  EXPECT_EQ(guarded(-1, []() -> int { throw std::runtime_error("x"); }), -1);
  EXPECT_EQ(guarded(-1, []() -> int { throw 42; }), -1);  // no exception class at all
}

TEST(Guarded, CountsWhatIsThrown) {
  const std::uint64_t before = exceptions_ended;
  EXPECT_EQ(guarded(-1, []() -> int { throw 42; }), -1);
  guarded_void([] { throw std::bad_alloc(); });
  guarded_void([] {});
  EXPECT_EQ(exceptions_ended, before + 2);
}

TEST(Guarded, EndsAnEffectEarly) {
  int steps = 0;
  EXPECT_FALSE(guarded_void([&] {
    ++steps;
    throw std::bad_alloc();
  }));
  EXPECT_EQ(steps, 1);
  EXPECT_TRUE(guarded_void([&] { ++steps; }));
  EXPECT_EQ(steps, 2);
}

int released = 0;

void release(int*) {
  ++released;
}

TEST(Handle, ReleasesOnceAndNothingForNull) {
  released = 0;
  int object = 0;
  {
    Handle<int, release> first(&object);
    Handle<int, release> second = std::move(first);
    Handle<int, release> none;
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

void number(std::string_view digits, std::uint64_t value) {
  EXPECT_EQ(text::parse_decimal(digits, ~std::uint64_t{0}), value) << digits;
}

TEST(ParseDecimal, ReadsWholeNumbers) {
  number("0", 0);
  number("0000000000", 0);
  number("0100", 100);  // decimal, never octal
  number("4294967296", 4294967296);
  number("18446744073709551615", 18446744073709551615U);
}

TEST(ParseDecimal, RefusesAllElse) {
  for (const std::string_view text : {"", " 1", "1 ", "+1", "-1", "-0", "0x1", "1e6", "1.0", "1,000", "a",
                                      "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_EQ(text::parse_decimal(text, ~std::uint64_t{0}), std::nullopt) << text;
  }
  EXPECT_EQ(text::parse_decimal(std::string_view("1\0", 2), 9), std::nullopt);
  EXPECT_EQ(text::parse_decimal({}, 9), std::nullopt);  // a view of nothing
}

TEST(RenderGrouped, SeparatesThousands) {
  EXPECT_EQ(text::render_grouped(0), "0");
  EXPECT_EQ(text::render_grouped(999), "999");
  EXPECT_EQ(text::render_grouped(1000), "1,000");
  EXPECT_EQ(text::render_grouped(1234567), "1,234,567");
  EXPECT_EQ(text::render_grouped(~std::uint64_t{0}), "18,446,744,073,709,551,615");
}

TEST(ParseDecimal, HoldsItsLimit) {
  EXPECT_EQ(text::parse_decimal("10", 10), 10U);
  EXPECT_EQ(text::parse_decimal("11", 10), std::nullopt);
}

TEST(ToHex, GivesTwoLowerCaseDigitsForEachByte) {
  EXPECT_EQ(text::to_hex(std::string_view("\x00\x0f\xa0\xff", 4)), "000fa0ff");
  EXPECT_EQ(text::to_hex(""), "");
}

TEST(SystemClock, TellsWholeSecondsOfNow) {
  const auto before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto now = SystemClock().now();
  EXPECT_GE(now, before);
  EXPECT_LE(now, before + std::chrono::hours(1));
}

}  // namespace
}  // namespace mta_sts
