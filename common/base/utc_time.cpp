#include "base/utc_time.hpp"

#include <array>
#include <cstdio>

namespace mta_sts {
namespace {

std::string date_text(std::chrono::sys_seconds time, const char* between, const char* behind) {
  using namespace std::chrono;
  constexpr sys_seconds last_of_9999{seconds(253402300799)};
  if (time < sys_seconds{} || time > last_of_9999) {
    return std::to_string(time.time_since_epoch().count());
  }
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u%s%02d:%02d:%02d%s", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), between,
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), behind);
  return text.data();
}

}  // namespace

std::string utc_text(std::chrono::sys_seconds time) {
  return date_text(time, " ", " UTC");
}

std::string iso_text(std::chrono::sys_seconds time) {
  return date_text(time, "T", "Z");
}

}  // namespace mta_sts
