#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::cli {

/// A router or transport as `exim -bP routers` and `exim -bP transports` list it.
struct EximDriver {
  std::string name;
  std::map<std::string, std::string, std::less<>> options;  ///< a switch has "yes" or "no"

  /// Gives an option's value, empty where there is none.
  [[nodiscard]] std::string_view option(std::string_view option_name) const;
};

/// What Exim says of itself and of the configuration it runs with.
struct EximFacts {
  std::string version;        ///< "4.96"
  bool has_dlfunc = false;    ///< built with Expand_dlfunc
  std::string configuration;  ///< the file it reads
  std::vector<EximDriver> routers;
  std::vector<EximDriver> transports;
  std::string plugin;  ///< the macros MTA_STS_PLUGIN, MTA_STS_SOCKET, MTA_STS_MODE; empty where not set
  std::string socket;
  std::string mode;
  bool is_unsplit_debian = false;  ///< our snippets lie in conf.d, and update-exim4.conf does not read them
};

/// Reads the output of `exim -bV` into version, has_dlfunc and configuration.
void read_version(EximFacts& facts, std::string_view output);

/// Reads the output of `exim -bP routers` (kind "router") or `exim -bP transports` (kind "transport").
[[nodiscard]] std::vector<EximDriver> read_drivers(std::string_view output, std::string_view kind);

/// Gives the value that `exim -bP macro NAME` printed as NAME=VALUE; empty where it printed another thing.
[[nodiscard]] std::string read_macro(std::string_view output, std::string_view name);

/// One thing that exim-check looked at.
struct EximFinding {
  enum class Level : std::uint8_t { ok, warning, fault, temporary };
  Level level = Level::ok;
  std::string word;  ///< of docs/errors.md; empty for ok
  std::string text;
  std::string mend;  ///< empty for ok
};

/// Judges what can be judged without asking the plugin: the build of Exim, routers and their order,
/// transports, the mode.
[[nodiscard]] std::vector<EximFinding> judge_configuration(const EximFacts& facts);

/// Judges what `exim -be` made of a call of mta_sts_verdict; `who` is the user who asked.
[[nodiscard]] EximFinding judge_verdict(std::string_view expansion, const EximFacts& facts,
                                        std::string_view who);

/// Judges what `exim -be` made of calls of mta_sts_cert with a fitting and an unfitting name.
[[nodiscard]] EximFinding judge_certificate_check(std::string_view fitting, std::string_view unfitting,
                                                  const EximFacts& facts);

}  // namespace mta_sts::cli
