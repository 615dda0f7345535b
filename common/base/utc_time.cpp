#include "base/utc_time.hpp"

#include <array>
#include <cstdio>

namespace mta_sts {

std::string utc_text(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  constexpr sys_seconds last_of_9999{seconds(253402300799)};
  if (time < sys_seconds{} || time > last_of_9999) {
    return std::to_string(time.time_since_epoch().count());
  }
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d UTC", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace mta_sts
