// Any text as a configuration file: its settings are lines of it, its error names one.
#include "cli/config_file.hpp"

#include <algorithm>
#include <string>

#include "fuzz/fuzz.hpp"

using namespace mta_sts;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::view_of(data, std::min<std::size_t>(size, 8192));
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  const auto settings = cli::parse_config(text, "file");
  if (!settings) {
    fuzz::require(settings.error().detail.starts_with("file"));
    fuzz::require_safe(settings.error().detail);
    return 0;
  }
  std::size_t last = 0;
  for (const cli::ConfigSetting& setting : *settings) {
    fuzz::require(setting.line > last && setting.line <= lines && !setting.key.empty());
    fuzz::require_safe(setting.key);
    last = setting.line;
  }
  return 0;
}
