#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "os/subprocess.hpp"

namespace mta_sts::cli {

/// The Exim of this host, asked by running it. Every question goes to one program and one configuration.
class EximProgram {
 public:
  /// `path`: Exim's program, empty for where Debian and Exim install it. `config`: a configuration file,
  /// empty for the one that Exim reads by itself.
  EximProgram(std::string path, std::string config);

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Gives the same program with another configuration file.
  [[nodiscard]] EximProgram with_config(std::string config) const { return {path_, std::move(config)}; }

  /// Runs Exim. Error: exim-unusable where it could not be started, or did not end within a minute.
  [[nodiscard]] std::expected<ProgramResult, Fault> run(std::vector<std::string> arguments,
                                                        std::optional<RunAs> as = {}) const;

  /// Gives the output of a call that must succeed. Error: exim-unusable, with what Exim said.
  [[nodiscard]] std::expected<std::string, Fault> ask(std::vector<std::string> arguments) const;

  /// Gives what `exim -be` makes of a text; the text of a failure of the expansion where it fails.
  [[nodiscard]] std::string expand(const std::string& text, std::optional<RunAs> as = {}) const;

  /// Gives the value of an option of the main section as `exim -bP` shows it, empty where there is none.
  [[nodiscard]] std::string main_option(const std::string& name) const;

  /// Gives Exim's own user, by name and as whom to run a program; nothing where the asker is not root.
  [[nodiscard]] std::optional<std::pair<std::string, RunAs>> find_user() const;

 private:
  std::string path_;
  std::string config_;
};

}  // namespace mta_sts::cli
