#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/utf8.hpp"

namespace mta_sts::cli {
namespace {

// CLI11's own check of a range says it in other words with each version, and takes what does not end as a
// number.
template <std::integral Number>
std::function<std::string(const std::string&)> range_check(const std::string& least,
                                                           const std::string& most) {
  const auto number_of = [](const std::string& word) -> std::optional<Number> {
    Number number{};
    const char* end = word.data() + word.size();
    const auto [at, error] = std::from_chars(word.data(), end, number);
    return error == std::errc() && at == end ? std::optional(number) : std::nullopt;
  };
  return [=](const std::string& word) -> std::string {
    const auto number = number_of(word);
    return number && *number_of(least) <= *number && *number <= *number_of(most)
               ? ""
               : "Value " + word + " not in range " + least + " to " + most;
  };
}

// A slip in an option or a subcommand's name is the cause, not what is missing because of it.
std::string unknown_word(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining();
  for (const std::string& word : words) {
    if (word.size() > 1 && word.starts_with('-')) {
      return "unknown option " + word;
    }
  }
  const bool wants_subcommand = app.get_require_subcommand_min() > 0 && app.get_subcommands().empty();
  return wants_subcommand && !words.empty() ? "unknown subcommand " + words.front() : "";
}

// Says why the command line is wrong, in one line, and where the help is.
Fault fault_of(const CLI::App& app, const CLI::ParseError& error) {
  std::string command = app.get_name();
  std::string fault = unknown_word(app);
  const CLI::App* place = &app;
  while (!place->get_subcommands().empty()) {
    place = place->get_subcommands().front();
    command += " " + place->get_name();
    if (fault.empty()) {
      fault = unknown_word(*place);
    }
  }
  return Fault{"usage-error", text::escape_for_display(fault.empty() ? error.what() : fault) + "; see '" +
                                  command + " --help'"};
}

}  // namespace

Option& Option::required(bool is_required) {
  option_->required(is_required);
  return *this;
}

Option& Option::type_name(const char* name) {
  option_->type_name(name);
  return *this;
}

Option& Option::show_default() {
  option_->capture_default_str();
  return *this;
}

Option& Option::repeatable() {
  option_->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return *this;
}

Option& Option::one_value_each() {
  option_->allow_extra_args(false);
  return *this;
}

Option& Option::first_of_several() {
  option_->multi_option_policy(CLI::MultiOptionPolicy::TakeFirst);
  return *this;
}

Option& Option::not_in_file() {
  option_->configurable(false);
  return *this;
}

Option& Option::positive() {
  option_->check(CLI::PositiveNumber);
  return *this;
}

Option& Option::one_of(std::vector<std::string> words) {
  option_->check(CLI::IsMember(std::move(words)));
  return *this;
}

Option& Option::check(std::function<std::string(const std::string&)> fault_of) {
  option_->check(CLI::Validator(std::move(fault_of), ""));
  return *this;
}

Option& Option::needs(const Option& other) {
  option_->needs(other.option_);
  return *this;
}

Option& Option::excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

bool Option::is_given() const {
  return option_->count() > 0;
}

bool Option::is_flag() const {
  return option_->get_expected_max() == 0;
}

std::expected<void, Fault> Option::assign(const std::vector<std::string>& values) {
  try {
    for (const std::string& value : values) {
      option_->add_result(value);
    }
    option_->run_callback();
  } catch (const CLI::ParseError& error) {
    return std::unexpected(Fault{"config-bad-value", text::escape_for_display(error.what())});
  }
  return {};
}

Option& Option::range_of(const std::string& least, const std::string& most, bool is_unsigned) {
  option_->check(CLI::Validator(
      is_unsigned ? range_check<std::uint64_t>(least, most) : range_check<std::int64_t>(least, most),
      (is_unsigned ? "UINT in [" : "INT in [") + least + " - " + most + "]"));
  return *this;
}

template <typename Value>
Option Command::option(const char* name, Value& value, const std::string& help) {
  return Option(app_->add_option(name, value, help));
}

template Option Command::option(const char*, std::string&, const std::string&);
template Option Command::option(const char*, std::vector<std::string>&, const std::string&);
template Option Command::option(const char*, int&, const std::string&);
template Option Command::option(const char*, unsigned&, const std::string&);
template Option Command::option(const char*, std::uint16_t&, const std::string&);
template Option Command::option(const char*, std::size_t&, const std::string&);

Option Command::flag(const char* name, bool& value, const std::string& help) {
  return Option(app_->add_flag(name, value, help));
}

void Command::footer(const char* text) {
  app_->footer(text);
}

Command Command::subcommand(const char* name, const char* description) {
  return Command(app_->add_subcommand(name, description));
}

void Command::require_subcommand() {
  app_->require_subcommand(1);
}

void Command::on_run(std::function<void()> run) {
  app_->callback(std::move(run));
}

std::string Command::name() const {
  return app_->get_name();
}

Command Command::of_program(const char* subcommand) const {
  CLI::App* program = app_;
  while (program->get_parent() != nullptr) {
    program = program->get_parent();
  }
  return Command(program->get_subcommand(subcommand));
}

std::optional<Option> Command::find_option(const std::string& long_name) const {
  const std::string name = "--" + long_name;
  const CLI::Option* option = std::as_const(*app_).get_option_no_throw(name);
  return option != nullptr && option->get_configurable() ? std::optional(Option(app_->get_option(name)))
                                                         : std::nullopt;
}

CommandLine::CommandLine(const char* description, const char* name)
    : app_(std::make_unique<CLI::App>(description, name)) {}

CommandLine::~CommandLine() = default;

Command CommandLine::program() {
  return Command(app_.get());
}

void CommandLine::version(const char* text) {
  app_->set_version_flag("--version", text);
}

std::expected<void, Fault> CommandLine::read(const std::vector<std::string>& arguments) {
  try {
    app_->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& asked) {  // --help and --version
    app_->exit(asked);
  } catch (const CLI::ParseError& error) {
    return std::unexpected(fault_of(*app_, error));
  }
  return {};
}

}  // namespace mta_sts::cli
