#pragma once

#include <string>
#include <string_view>

namespace mta_sts::eximcheck {

/// What `exim -bV` says of the program.
struct EximBuild {
  std::string version;      ///< "4.96"
  bool has_dlfunc = false;  ///< it can load the plugin
  bool has_dane = false;
  bool has_dkim = false;
  bool has_dnsdb = false;  ///< the lookup
};

/// Reads the output of `exim -bV`.
[[nodiscard]] EximBuild read_build(std::string_view output);

}  // namespace mta_sts::eximcheck
