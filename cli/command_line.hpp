#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.hpp"
#include "cli/command_text.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace mta_sts::cli {

using OptionTexts = std::map<const CLI::Option*, OptionText>;

/// An option or a flag of a subcommand; a handle, valid as long as its CommandLine. What is said of it gives
/// the option itself, so that it can be said in one chain.
class Option {
 public:
  Option(CLI::Option* option, OptionText* text) : option_(option), text_(text) {}

  Option& required(bool is_required = true);
  Option& show_default();                        ///< the help shows the value that is bound to it now
  Option& by_default(const std::string& words);  ///< the help says what holds without it, if that is no value
  Option& repeatable();                          ///< may be given several times, with one value each
  Option& one_value_each();                      ///< of a list: what follows the value is no further value
  Option& first_of_several();                    ///< given several times, the first one counts
  Option& not_in_file();                         ///< no key of the configuration file
  Option& one_of(std::vector<std::string> words);

  /// Takes whole numbers from `least` to `most` in digits, and nothing else.
  template <std::integral Number>
  Option& range(Number least, Number most) {
    return range_of(std::to_string(least), std::to_string(most), std::unsigned_integral<Number>);
  }

  /// `fault_of` gives what is wrong with a value; empty where nothing is.
  Option& check(std::function<std::string(const std::string&)> fault_of);

  Option& needs(const Option& other);
  Option& excludes(const Option& other);

  [[nodiscard]] bool is_given() const;
  [[nodiscard]] bool is_flag() const;

  /// Assigns the values of the configuration file as if the command line had them. Error: config-bad-value.
  [[nodiscard]] std::expected<void, Fault> assign(const std::vector<std::string>& values);

  auto operator<=>(const Option&) const = default;

 private:
  Option& range_of(const std::string& least, const std::string& most, bool is_unsigned);

  CLI::Option* option_;
  OptionText* text_;
};

/// The program or one of its subcommands, to which options are added; a handle, valid as long as its
/// CommandLine. This is the only place that includes the library that reads the command line.
class Command {
 public:
  Command(CLI::App* app, OptionTexts* texts) : app_(app), texts_(texts) {}

  /// Binds an option (or an argument, without hyphens) to a variable. Its name is followed by what the value
  /// is: "--html FILE", "-o,--output DIR"; completion offers files for FILE and PATH, and folders for DIR. Of
  /// the types that are in use; a vector takes several values. `help` begins with a capital letter and says
  /// nothing of what is declared besides: default, range, choices, other options that it needs or excludes.
  template <typename Value>
  Option option(const char* name, Value& value, const std::string& help);
  Option flag(const char* name, bool& value, const std::string& help);

  void footer(const char* text);
  Command subcommand(const char* name, const char* description);
  void require_subcommand();
  void on_run(std::function<void()> run);

  [[nodiscard]] std::string name() const;
  /// Gives the first option that was given an empty value, "--domain"; nothing where none was.
  [[nodiscard]] std::optional<std::string> option_left_empty() const;
  /// Gives the program's subcommand of that name, which there must be.
  [[nodiscard]] Command of_program(const char* subcommand) const;
  /// Finds an option that may stand in the configuration file by its long name, without hyphens.
  [[nodiscard]] std::optional<Option> find_option(const std::string& long_name) const;

 private:
  struct Names;
  static Names read_names(const std::string& declared);
  OptionText* declare(const CLI::Option* option, const Names& names, const std::string& help,
                      bool is_repeatable);

  CLI::App* app_;
  OptionTexts* texts_;
};

/// The program's command line.
class CommandLine {
 public:
  CommandLine(const char* description, const char* name);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  [[nodiscard]] Command program();
  void version(const char* text);
  [[nodiscard]] CommandText text() const;  ///< all that is declared

  /// Reads the arguments (without the program's name) and runs what on_run() of the subcommand was given;
  /// --help and --version print. Error: usage-error.
  [[nodiscard]] std::expected<void, Fault> read(const std::vector<std::string>& arguments);

 private:
  std::unique_ptr<OptionTexts> texts_;
  std::unique_ptr<CLI::App> app_;
};

}  // namespace mta_sts::cli
