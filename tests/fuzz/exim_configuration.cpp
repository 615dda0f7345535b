// Any text as what `exim -bP config` prints, with and without the blocks that are made of it.
#include "eximconf/configuration.hpp"

#include <algorithm>
#include <string>

#include "eximconf/assemble.hpp"
#include "eximconf/derive.hpp"
#include "fuzz/fuzz.hpp"

using namespace mta_sts;

namespace {

// Exim would refuse most of these texts, so what is made of them need not be a good configuration; but it
// must be known as ours again, or the next setup would stand for our own routers.
void check(std::string_view flat, const eximconf::Settings& settings) {
  const auto blocks = eximconf::derive(eximconf::read_configuration(flat), settings);
  if (!blocks) {
    fuzz::require(!blocks.error().word.empty() && !blocks.error().text.empty());
    return;
  }
  for (const auto* made : {&blocks->routers, &blocks->transports}) {
    fuzz::require(std::ranges::all_of(*made, &eximconf::Instance::is_own));
  }
  static_cast<void>(
      eximconf::derive(eximconf::read_configuration(eximconf::with_blocks(flat, *blocks)), settings));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view flat = fuzz::view_of(data, std::min<std::size_t>(size, 16384));
  check(flat, {});
  eximconf::Settings settings;
  settings.mode = "enforce";
  settings.outcomes = "/run/mta-sts/outcomes.sock";
  settings.report_uid = 990;
  check(flat, settings);
  return 0;
}
