#include "eximconf/settings.hpp"

#include <algorithm>
#include <limits>

#include "base/ascii.hpp"
#include "base/number.hpp"
#include "eximconf/configuration.hpp"

namespace mta_sts::eximconf {
namespace {

constexpr std::string_view head = "made by mta-sts exim-setup";

// Hands over each "--name value" of a line.
void each_pair(std::string_view line, const auto& take) {
  for (std::size_t at = line.find(" --"); at != line.npos; at = line.find(" --", at + 1)) {
    const std::string_view rest = line.substr(at + 3);
    const std::size_t name_end = std::min(rest.find(' '), rest.size());
    const std::size_t value_end = std::min(rest.find(" --", name_end), rest.size());
    take(rest.substr(0, name_end), ascii::trim_blanks(rest.substr(name_end, value_end - name_end)));
  }
}

}  // namespace

std::string settings_line(const Settings& settings, bool with_macro_values) {
  std::string line = std::string(head) + " --plugin " + settings.plugin + " --socket " + settings.socket;
  if (with_macro_values) {
    line += " --mode " + settings.mode + " --recipients " + settings.recipients;
  }
  for (const std::string& router : settings.except) {
    line += " --except " + router;
  }
  if (!settings.outcomes.empty()) {
    line += " --outcomes " + settings.outcomes;
    line += settings.tells_record ? " --outcomes-record" : "";
  }
  if (settings.report_uid) {
    line += " --report-uid " + std::to_string(*settings.report_uid);
  }
  return line;
}

Settings settings_of(const Configuration& configuration) {
  Settings settings;
  const auto off = std::ranges::find(configuration.routers, off_router, &Instance::name);
  if (off != configuration.routers.end()) {
    each_pair(off->value(settings_option), [&](std::string_view name, std::string_view value) {
      if (name == "plugin") {
        settings.plugin = value;
      } else if (name == "socket") {
        settings.socket = value;
      } else if (name == "mode") {
        settings.mode = value;
      } else if (name == "recipients") {
        settings.recipients = value;
      } else if (name == "except") {
        settings.except.emplace_back(value);
      } else if (name == "outcomes") {
        settings.outcomes = value;
      } else if (name == "outcomes-record") {
        settings.tells_record = true;
      } else if (name == "report-uid") {
        const auto uid = text::parse_decimal(value, std::numeric_limits<unsigned>::max());
        settings.report_uid = uid ? std::optional(static_cast<unsigned>(*uid)) : std::nullopt;
      }
    });
  }
  for (const auto& [macro, into] :
       {std::pair("MTA_STS_MODE", &settings.mode), std::pair("MTA_STS_RECIPIENTS", &settings.recipients)}) {
    if (const std::string value = configuration.macro(macro); !value.empty()) {
      *into = value;
    }
  }
  return settings;
}

}  // namespace mta_sts::eximconf
