#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/utf8.hpp"
#include "cli/command.hpp"
#include "cli/exim/config.hpp"
#include "cli/exim/places.hpp"
#include "cli/exim/report_user.hpp"
#include "cli/input.hpp"
#include "cli/subcommands.hpp"
#include "eximcheck/wording.hpp"
#include "eximconf/assemble.hpp"
#include "eximconf/compare.hpp"
#include "eximconf/words.hpp"
#include "file/replace_file.hpp"

namespace mta_sts::cli {
namespace {

struct EximSetupOptions {
  std::string exim;
  std::string config;
  std::string mode;
  std::string folder;
  std::string plugin;
  std::string socket;
  std::string recipients;
  std::vector<std::string> except;
  std::string outcomes;
  std::string report_user;
  bool tells_record = false;
  bool whole = false;
  bool diff = false;
};

ExitCode refuse(Output& output, const eximconf::DeriveError& error) {
  output.error(error.word,
               text::escape_for_display(error.text, 600) + "; " + text::escape_for_display(error.fix, 300));
  return ExitCode::at_fault;
}

std::vector<eximconf::Difference> differences_of(const std::vector<eximconf::Instance>& routers,
                                                 const std::vector<eximconf::Instance>& transports,
                                                 const eximconf::Configuration& there) {
  auto differences = eximconf::compare(routers, there.routers);
  std::ranges::move(eximconf::compare(transports, there.transports), std::back_inserter(differences));
  return differences;
}

// Asks Exim to read a configuration with the blocks in it, and sees that it reads them as they were made.
std::optional<eximconf::DeriveError> verify(const EximProgram& exim, const LoadedExim& loaded,
                                            const std::string& whole, const eximconf::Derivation& blocks) {
  const auto file = TemporaryConfig::write(whole, loaded.rights);
  if (!file) {
    return eximconf::DeriveError{"output-unwritable", file.error().detail,
                                 "free some space for a temporary file"};
  }
  const auto read = exim.with_config(file->path()).ask({"-bP", "config"});
  if (!read) {
    return eximconf::DeriveError{"exim-blocks-refused", "with the blocks in it, " + read.error().detail,
                                 "report the router or transport that it names; nothing was changed"};
  }
  const auto made = eximconf::read_configuration(*read);
  const auto differences = differences_of(eximconf::with_macros(blocks.routers, made),
                                          eximconf::with_macros(blocks.transports, made), made);
  if (!differences.empty()) {
    return eximconf::DeriveError{"exim-blocks-differ",
                                 "Exim reads the blocks differently from how they were made: " +
                                     eximcheck::describe(differences.front()),
                                 "report this option; nothing was changed"};
  }
  return std::nullopt;
}

// The blocks that lie in the folder from last time, read as a configuration.
eximconf::Configuration read_blocks(const std::string& folder) {
  std::string text = "begin routers\n" + read_input(folder + "/routers", block_limit_bytes).value_or("");
  text += "begin transports\n" + read_input(folder + "/transports", block_limit_bytes).value_or("");
  return eximconf::read_configuration(text);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const std::string_view line = text.substr(0, end); !line.starts_with('#')) {
      lines.emplace_back(line);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool show_main_differences(Output& output, std::string_view now, std::string_view before) {
  const std::vector<std::string> wanted = lines_of(now);
  const std::vector<std::string> there = lines_of(before);
  for (const auto& [lines, others, words] :
       {std::tuple(&wanted, &there, "main lacks "), std::tuple(&there, &wanted, "main should not have ")}) {
    for (const std::string& line : *lines) {
      if (std::ranges::find(*others, line) == others->end()) {
        output.line(words + text::escape_for_display(line, 300));
      }
    }
  }
  return wanted != there;
}

bool show_differences(Output& output, const eximconf::Derivation& blocks,
                      const eximconf::Configuration& there, const std::string& old_main) {
  if (there.routers.empty()) {
    output.note("these blocks are new");
    return true;
  }
  const auto differences = differences_of(blocks.routers, blocks.transports, there);
  for (const eximconf::Difference& difference : differences) {
    output.line(eximcheck::describe(difference));
  }
  return show_main_differences(output, blocks.main_text, old_main) || !differences.empty();
}

ExitCode write_blocks(Output& output, const std::string& folder, const LoadedExim& loaded,
                      const eximconf::Derivation& blocks) {
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
    output.error(Fault{"output-unwritable", text::escape_for_display(folder) + ": " + std::strerror(errno)});
    return ExitCode::wrong_use;
  }
  // Transports first: a process that reads meanwhile finds the transports that its routers name.
  for (const auto& [name, text] :
       {std::pair("/transports", &blocks.transports_text), std::pair("/main", &blocks.main_text),
        std::pair("/routers", &blocks.routers_text)}) {
    if (const auto written = replace_file(folder + name, *text, loaded.rights); !written) {
      output.error(written.error());
      return ExitCode::wrong_use;
    }
  }
  return ExitCode::ok;
}

// A mode that the administrator's own line sets stands before the one in our block, and wins.
void warn_of_macro(Output& output, const LoadedExim& loaded, const eximconf::Settings& settings,
                   const std::string& old_main) {
  const std::string now = loaded.configuration.macro("MTA_STS_MODE");
  if (!now.empty() && now != settings.mode &&
      old_main.find("MTA_STS_MODE = " + now + '\n') == old_main.npos) {
    output.warning("MTA_STS_MODE = " + text::escape_for_display(now, 60) +
                   " is set in the configuration itself and overrides the mode " + settings.mode +
                   " in the blocks; remove that line");
  }
}

// A name that is mistyped, or whose router is gone, leaves out nothing.
void warn_of_exceptions(Output& output, const eximconf::Configuration& configuration,
                        const eximconf::Settings& settings) {
  for (const std::string& name : settings.except) {
    if (std::ranges::find(configuration.routers, name, &eximconf::Instance::name) ==
        configuration.routers.end()) {
      output.warning("--except " + text::escape_for_display(name, 60) +
                     " has no effect: there is no such router");
    }
  }
}

// The unit of the resolver's socket is made for Debian's Exim.
void note_group(Output& output, const EximProgram& exim) {
  const std::string group = exim.main_option("exim_group");
  if (!group.empty() && group != "Debian-exim") {
    output.note("this Exim's group is " + text::escape_for_display(group) + ": set SocketGroup=" +
                text::escape_for_display(group) + " with \"systemctl edit mta-sts-exim.socket\"");
  }
}

// The administrator's file with the blocks in it; what Exim has read, where that does not do.
ExitCode print_whole(Output& output, const EximProgram& exim, const LoadedExim& loaded,
                     const eximconf::Derivation& blocks) {
  const auto file = read_input(loaded.configuration.file, block_limit_bytes);
  const bool has_own = std::ranges::any_of(loaded.configuration.routers, &eximconf::Instance::is_own);
  const auto made = file && !has_own ? eximconf::with_blocks_in_file(*file, blocks) : std::nullopt;
  const bool is_read_alike = made && !verify(exim, loaded, *made, blocks);
  output.text(is_read_alike ? *made : eximconf::with_blocks(loaded.flat, blocks));
  return ExitCode::ok;
}

ExitCode print_blocks(Output& output, const eximconf::Derivation& blocks) {
  for (const std::string* text : {&blocks.main_text, &blocks.routers_text, &blocks.transports_text}) {
    output.text(*text);
    output.line("");
  }
  return ExitCode::ok;
}

// The user of the resolver's units, where this host has one.
constexpr const char* standard_report_user = "mta-sts";

// Whose mail are TLS reports: as given, as before, or where sessions begin to be told, the standard one.
std::expected<std::optional<unsigned>, Fault> report_uid_from(const EximSetupOptions& options,
                                                              const EximProgram& exim,
                                                              const eximconf::Settings& before) {
  if (options.report_user == "off") {
    return std::nullopt;
  }
  if (!options.report_user.empty()) {
    return find_report_uid(options.report_user, exim);
  }
  const bool begins = !options.outcomes.empty() && options.outcomes != "off" && before.outcomes.empty();
  if (!begins || before.report_uid) {
    return before.report_uid;
  }
  const auto uid = find_report_uid(standard_report_user, exim);
  return uid ? std::optional(*uid) : std::nullopt;
}

// What is given, else what the blocks in the configuration were made with, else the standard.
eximconf::Settings settings_from(const EximSetupOptions& options, const LoadedExim& loaded) {
  eximconf::Settings settings = loaded.settings;
  for (const auto& [given, into] :
       {std::pair(&options.mode, &settings.mode), std::pair(&options.plugin, &settings.plugin),
        std::pair(&options.socket, &settings.socket), std::pair(&options.recipients, &settings.recipients)}) {
    if (!given->empty()) {
      *into = *given;
    }
  }
  if (!options.except.empty()) {
    settings.except = options.except;
  }
  if (!options.outcomes.empty()) {
    settings.outcomes = options.outcomes == "off" ? "" : options.outcomes;
    settings.tells_record = options.tells_record;
  }
  return settings;
}

ExitCode write_and_tell(Output& output, const EximProgram& exim, const LoadedExim& loaded,
                        const eximconf::Settings& settings, const eximconf::Derivation& blocks,
                        const std::string& folder, const std::string& old_main, bool differs) {
  if (const ExitCode written = write_blocks(output, folder, loaded, blocks); written != ExitCode::ok) {
    return written;
  }
  warn_of_macro(output, loaded, settings, old_main);
  output.note("mode " + settings.mode + "; policies apply to the routers " +
              eximcheck::joined(blocks.covered));
  if (!differs) {
    output.note("the blocks have not changed");
  } else if (std::ranges::any_of(loaded.configuration.routers, &eximconf::Instance::is_own)) {
    output.note("reload Exim");
  } else {
    for (const std::string& line : places_of_blocks(loaded.configuration, folder)) {
      output.note(line);
    }
    note_group(output, exim);
  }
  return ExitCode::ok;
}

ExitCode run_exim_setup(Output& output, const EximSetupOptions& options, const Command&) {
  const EximProgram exim(options.exim, options.config);
  const auto loaded = load_exim(exim);
  if (!loaded) {
    output.error(Fault{loaded.error().word,
                       loaded.error().detail + "; name another with --exim or CONFIG, and run this as root"});
    return ExitCode::wrong_use;
  }
  eximconf::Settings settings = settings_from(options, *loaded);
  const auto report_uid = report_uid_from(options, exim, loaded->settings);
  if (!report_uid) {
    output.error(report_uid.error());
    return ExitCode::wrong_use;
  }
  settings.report_uid = *report_uid;
  const auto blocks = eximconf::derive(loaded->configuration, settings);
  if (!blocks) {
    return refuse(output, blocks.error());
  }
  if (const auto error = verify(exim, *loaded, eximconf::with_blocks(loaded->flat, *blocks), *blocks)) {
    return refuse(output, *error);
  }
  for (const std::string& warning : blocks->warnings) {
    output.warning(warning);
  }
  warn_of_exceptions(output, loaded->configuration, settings);
  if (options.whole) {
    return print_whole(output, exim, *loaded, *blocks);
  }
  if (options.folder.empty()) {
    return print_blocks(output, *blocks);
  }
  const auto old = read_blocks(options.folder);
  const std::string old_main = read_input(options.folder + "/main", block_limit_bytes).value_or("");
  const bool differs = show_differences(output, *blocks, old, old_main);
  if (options.diff) {
    return differs ? ExitCode::at_fault : ExitCode::ok;
  }
  return write_and_tell(output, exim, *loaded, settings, *blocks, options.folder, old_main, differs);
}

// The folder's name is written into ".include" lines, which take absolute paths alone.
std::string is_plain_folder(const std::string& path) {
  const bool is_plain = path.starts_with('/') && path.find_first_of("\"\\# \t\n") == path.npos;
  return is_plain ? "" : "write an absolute path without blanks, quotes, backslashes and #";
}

// The path is written into expansions.
std::string is_plain_path(const std::string& path) {
  const bool is_plain = path.starts_with('/') && path.find_first_of("{}$\\\"' \t\n:;%") == path.npos;
  return is_plain ? "" : "write an absolute path without blanks and without any of {}$\\\"':;%";
}

}  // namespace

void add_exim_setup(Command app, Session& session) {
  const auto declare = [](Command command, EximSetupOptions& options) {
    command.option("CONFIG FILE", options.config, "Exim's configuration file")
        .by_default("the one it reads by itself");
    const std::vector<std::string> modes{"enforce", "observe", "off"};
    command.option("MODE", options.mode, "What is done with policies")
        .by_default("as it is; observe the first time")
        .one_of(modes);
    command.option("--mode MODE", options.mode, "The same as the argument MODE").one_of(modes);
    command.option("--exim FILE", options.exim, "Exim's program")
        .by_default("where Debian and Exim install it");
    Option folder = command
                        .option("--write DIR", options.folder,
                                "Write the three blocks into this folder: main, routers, transports")
                        .check(is_plain_folder);
    command.flag("--diff", options.diff, "Only show what would change there; exit with 1 if anything would")
        .needs(folder);
    command.flag("--whole", options.whole, "Print the whole configuration with the blocks in it");
    command.option("--plugin FILE", options.plugin, "Where Exim finds the plugin")
        .by_default(eximconf::Settings{}.plugin)
        .check(is_plain_path);
    command.option("--socket PATH", options.socket, "The resolver's socket for Exim")
        .by_default(eximconf::Settings{}.socket)
        .check(is_plain_path);
    command
        .option("--recipients LIST", options.recipients,
                "Domain list of those whose policies are looked up, such as '! +relay_to_domains : *'")
        .by_default(eximconf::Settings{}.recipients);
    Option outcomes =
        command
            .option("--outcomes PATH", options.outcomes,
                    "Tell what SMTP sessions come to, for TLS reports, to this socket; off ends it")
            .by_default("as it is; off the first time")
            .check([](const std::string& path) { return path == "off" ? "" : is_plain_path(path); });
    command
        .flag("--outcomes-record", options.tells_record,
              "With the domain's TLSRPT record, for a collector other than the resolver")
        .needs(outcomes);
    command
        .option("--report-user USER", options.report_user,
                "The user who sends TLS reports: they go without a policy and are not told; off: nobody's do")
        .by_default("as it is; mta-sts, if there is one, when --outcomes begins");
    command.option("--except ROUTER", options.except, "A router whose mail is sent without a policy")
        .repeatable();
    command.footer(
        "Reads Exim's configuration and makes three blocks from its own routers and transports. With them "
        "Exim\n"
        "obeys MTA-STS policies; all else stays as it is. Only the files in the folder of --write are "
        "changed.\n\n"
        "Exit codes: 0 success, 1 no blocks can be made for this configuration (or --diff found changes),\n"
        "2 usage error, Exim cannot be run, or a file cannot be written.");
  };
  add_command<EximSetupOptions>(app, session, "exim-setup",
                                "Make Exim obey policies, from its own configuration", declare,
                                run_exim_setup);
}

}  // namespace mta_sts::cli
