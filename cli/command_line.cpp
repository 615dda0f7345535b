#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <system_error>
#include <type_traits>
#include <utility>

#include "base/utf8.hpp"
#include "cli/help.hpp"

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
std::string wrong_word(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining();
  for (const std::string& word : words) {
    if (word.size() > 1 && word.starts_with('-')) {
      return "unknown option " + word;
    }
  }
  const bool wants_subcommand = app.get_require_subcommand_min() > 0 && app.get_subcommands().empty();
  if (!wants_subcommand) {
    return "";
  }
  return words.empty() ? "a subcommand is required" : "unknown subcommand " + words.front();
}

// Says why the command line is wrong, in one line, and where the help is.
Fault fault_of(const CLI::App& app, const CLI::ParseError& error) {
  std::string command = app.get_name();
  std::string fault = wrong_word(app);
  const CLI::App* place = &app;
  while (!place->get_subcommands().empty()) {
    place = place->get_subcommands().front();
    command += " " + place->get_name();
    if (fault.empty()) {
      fault = wrong_word(*place);
    }
  }
  return Fault{"usage-error", text::escape_for_display(fault.empty() ? error.what() : fault) + "; see '" +
                                  command + " --help'"};
}

/// Gives the words of an option that the library declares by itself, --help and --version.
OptionText describe(const CLI::Option& option) {
  OptionText text;
  text.short_name = option.get_snames().empty() ? "" : "-" + option.get_snames().front();
  text.name = "--" + option.get_lnames().front();
  text.help = option.get_description();
  return text;
}

CommandText describe(const CLI::App& app, const OptionTexts& texts) {
  CommandText text;
  text.name = app.get_name();
  for (const CLI::App* above = app.get_parent(); above != nullptr; above = above->get_parent()) {
    text.name = above->get_name() + " " + text.name;
  }
  text.description = app.get_description();
  text.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    const auto declared = texts.find(option);
    (option->get_positional() ? text.arguments : text.options)
        .push_back(declared == texts.end() ? describe(*option) : declared->second);
  }
  for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; })) {
    text.subcommands.push_back(describe(*below, texts));
  }
  return text;
}

}  // namespace

/// "-o,--output DIR" apart: what the library is told, and what the value is. An argument is its own value if
/// nothing else is said.
struct Command::Names {
  std::string words;
  std::string value;
};

Command::Names Command::read_names(const std::string& declared) {
  const std::size_t space = declared.find(' ');
  const std::string words = declared.substr(0, space);
  return {.words = words, .value = space == std::string::npos ? words : declared.substr(space + 1)};
}

Option& Option::required(bool is_required) {
  option_->required(is_required);
  text_->is_required = is_required;
  return *this;
}

Option& Option::show_default() {
  option_->capture_default_str();
  text_->without = option_->get_default_str();
  return *this;
}

Option& Option::by_default(const std::string& words) {
  text_->without = words;
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
  text_->is_key = false;
  return *this;
}

Option& Option::one_of(std::vector<std::string> words) {
  text_->choices = words;
  option_->check(CLI::IsMember(std::move(words)).description(""));
  return *this;
}

Option& Option::check(std::function<std::string(const std::string&)> fault_of) {
  option_->check(CLI::Validator(std::move(fault_of), ""));
  return *this;
}

Option& Option::needs(const Option& other) {
  option_->needs(other.option_);
  text_->needs.push_back(other.text_->name);
  return *this;
}

Option& Option::excludes(const Option& other) {
  option_->excludes(other.option_);  // which holds for both
  text_->excludes.push_back(other.text_->name);
  other.text_->excludes.push_back(text_->name);
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
  text_->range = least + " to " + most;
  option_->check(CLI::Validator(
      is_unsigned ? range_check<std::uint64_t>(least, most) : range_check<std::int64_t>(least, most), ""));
  return *this;
}

OptionText* Command::declare(const CLI::Option* option, const Names& names, const std::string& help,
                             bool is_repeatable) {
  OptionText& text = (*texts_)[option];
  const std::size_t comma = names.words.find(',');
  text.short_name = comma == std::string::npos ? "" : names.words.substr(0, comma);
  text.name = comma == std::string::npos ? names.words : names.words.substr(comma + 1);
  text.value = names.value;
  text.help = help;
  text.is_repeatable = is_repeatable;
  text.is_key = text.name.starts_with("--");
  return &text;
}

template <typename Value>
Option Command::option(const char* name, Value& value, const std::string& help) {
  const Names names = read_names(name);
  CLI::Option* option = app_->add_option(names.words, value, help)->type_name(names.value);
  return Option(option, declare(option, names, help, std::is_same_v<Value, std::vector<std::string>>));
}

template Option Command::option(const char*, std::string&, const std::string&);
template Option Command::option(const char*, std::vector<std::string>&, const std::string&);
template Option Command::option(const char*, int&, const std::string&);
template Option Command::option(const char*, unsigned&, const std::string&);
template Option Command::option(const char*, std::uint16_t&, const std::string&);
template Option Command::option(const char*, std::size_t&, const std::string&);

Option Command::flag(const char* name, bool& value, const std::string& help) {
  CLI::Option* option = app_->add_flag(name, value, help);
  return Option(option, declare(option, {.words = name, .value = ""}, help, false));
}

void Command::footer(const char* text) {
  app_->footer(text);
}

Command Command::subcommand(const char* name, const char* description) {
  return Command(app_->add_subcommand(name, description), texts_);
}

void Command::require_subcommand() {
  app_->require_subcommand(1);
}

void Command::on_run(std::function<void()> run) {
  app_->callback(std::move(run));
}

std::optional<std::string> Command::option_left_empty() const {
  for (const CLI::Option* option : std::as_const(*app_).get_options()) {
    if (!option->get_positional() && std::ranges::any_of(option->results(), &std::string::empty)) {
      return "--" + option->get_lnames().front();
    }
  }
  return std::nullopt;
}

std::string Command::name() const {
  std::string name = app_->get_name();
  for (const CLI::App* above = app_->get_parent(); above != nullptr && above->get_parent() != nullptr;
       above = above->get_parent()) {
    name = above->get_name() + " " + name;
  }
  return name;
}

Command Command::of_program(const char* subcommand) const {
  CLI::App* program = app_;
  while (program->get_parent() != nullptr) {
    program = program->get_parent();
  }
  return Command(program->get_subcommand(subcommand), texts_);
}

std::optional<Option> Command::find_option(const std::string& long_name) const {
  const std::string name = "--" + long_name;
  const CLI::Option* option = std::as_const(*app_).get_option_no_throw(name);
  const auto declared = texts_->find(option);
  return declared != texts_->end() && option->get_configurable()
             ? std::optional(Option(app_->get_option(name), &declared->second))
             : std::nullopt;
}

CommandLine::CommandLine(const char* description, const char* name)
    : texts_(std::make_unique<OptionTexts>()), app_(std::make_unique<CLI::App>(description, name)) {
  app_->set_help_flag("-h,--help", "Print this help and exit");
  app_->formatter_fn([this](const CLI::App* app, const std::string&, CLI::AppFormatMode) {
    return render_help(describe(*app, *texts_));
  });
}

CommandLine::~CommandLine() = default;

Command CommandLine::program() {
  return Command(app_.get(), texts_.get());
}

void CommandLine::version(const char* text) {
  app_->set_version_flag("--version", text, "Print the version and exit");
}

CommandText CommandLine::text() const {
  return describe(*app_, *texts_);
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
