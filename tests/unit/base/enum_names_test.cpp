// The words of an enum: both ways from one table, which must be complete.
#include "base/enum_names.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace mta_sts {
namespace {

enum class Weather : std::uint8_t { sun, light_rain, snow };

constexpr auto weather_names = enum_names<Weather>({
    {Weather::sun, "sun"},
    {Weather::light_rain, "light-rain"},
    {Weather::snow, "snow"},
});

static_assert(weather_names[Weather::light_rain] == "light-rain");
static_assert(weather_names.parse("snow") == Weather::snow);

// What makes an incomplete table fail to compile.
static_assert(is_enumerator<Weather::snow>());
static_assert(!is_enumerator<static_cast<Weather>(3)>());

TEST(EnumNames, GivesTheWordOfEachValue) {
  EXPECT_EQ(weather_names[Weather::sun], "sun");
  EXPECT_EQ(weather_names[Weather::light_rain], "light-rain");
  EXPECT_EQ(weather_names[Weather::snow], "snow");
}

TEST(EnumNames, HasNoWordForANumberThatIsNoValue) {
  EXPECT_EQ(weather_names[static_cast<Weather>(3)], "");
  EXPECT_EQ(weather_names[static_cast<Weather>(255)], "");
}

TEST(EnumNames, ReadsExactWordsOnly) {
  EXPECT_EQ(weather_names.parse("light-rain"), Weather::light_rain);
  EXPECT_EQ(weather_names.parse("light_rain"), std::nullopt);
  EXPECT_EQ(weather_names.parse("Sun"), std::nullopt);
  EXPECT_EQ(weather_names.parse("sun "), std::nullopt);
  EXPECT_EQ(weather_names.parse(""), std::nullopt);
}

}  // namespace
}  // namespace mta_sts
