#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/exim/program.hpp"
#include "eximcheck/build.hpp"
#include "eximconf/compare.hpp"
#include "eximconf/configuration.hpp"
#include "eximconf/settings.hpp"
#include "file/replace_file.hpp"

namespace mta_sts::cli {

inline constexpr std::size_t block_limit_bytes = 4 << 20;

/// An Exim and the configuration that it reads.
struct LoadedExim {
  eximcheck::EximBuild build;
  std::string flat;  ///< the output of `exim -bP config`
  eximconf::Configuration configuration;
  eximconf::Settings settings;  ///< of the blocks that are in it, and what this Exim can do
  FileRights rights;  ///< of its configuration file: what is derived from it may hold the same secrets
};

/// Asks Exim for its build and its configuration. Error: exim-unusable.
[[nodiscard]] std::expected<LoadedExim, Fault> load_exim(const EximProgram& exim);

/// A configuration file that Exim may read, for as long as this lives.
class TemporaryConfig {
 public:
  /// Error: output-unwritable.
  [[nodiscard]] static std::expected<TemporaryConfig, Fault> write(std::string_view text, FileRights rights);
  TemporaryConfig(TemporaryConfig&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  TemporaryConfig& operator=(TemporaryConfig&&) = delete;
  TemporaryConfig(const TemporaryConfig&) = delete;
  TemporaryConfig& operator=(const TemporaryConfig&) = delete;
  ~TemporaryConfig();

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string path() const { return folder_ + "/exim.conf"; }

 private:
  explicit TemporaryConfig(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

}  // namespace mta_sts::cli
