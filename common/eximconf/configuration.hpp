#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::eximconf {

/// The last of our routers: it leads to the first of the administrator's that ours do not stand for.
inline constexpr std::string_view end_router = "mta_sts_end";

/// The prefix of every router, transport and list that this project adds to a configuration.
inline constexpr std::string_view own_prefix = "mta_sts_";

/// Tells whether a router, transport or list of that name is one that this project makes; the administrator
/// may have others with the prefix.
[[nodiscard]] bool is_own_name(std::string_view name);

/// One option of a router or transport.
struct EximOption {
  std::string name;                  ///< a switch's without its "no_" or "not_"
  std::optional<std::string> value;  ///< as written, quotes included; nothing for a switch
  std::string text;                  ///< the whole line

  /// Gives the value as Exim reads it: what stands in double quotes without them and their escapes.
  [[nodiscard]] std::string unquoted() const;

  /// Tells whether a switch is on: "more" is, "no_more" is not, "more = False" is not.
  [[nodiscard]] bool is_on() const;
};

/// One router or transport.
struct Instance {
  std::string name;
  std::vector<EximOption> options;

  /// Gives the first option of that name, null where there is none.
  [[nodiscard]] const EximOption* find(std::string_view option) const;

  /// Gives the unquoted value of the first option of that name, empty where there is none.
  [[nodiscard]] std::string value(std::string_view option) const;

  /// Tells whether this project made it.
  [[nodiscard]] bool is_own() const { return is_own_name(name); }
};

/// A place in the files of a configuration: behind that line of that file.
struct Place {
  std::string file;
  std::size_t line = 0;
};

/// A macro that the configuration defines.
struct Macro {
  std::string name;
  std::string value;
};

/// What Exim itself says of its configuration: includes, conditions and macros are resolved.
struct Configuration {
  std::string version;            ///< "4.96"
  std::string file;               ///< the file that was read first
  std::vector<std::string> main;  ///< the lines of the main section, macros left out
  std::vector<Macro> macros;      ///< in the order of their definition
  std::vector<Instance> routers;
  std::vector<Instance> transports;
  bool retries_all_mail = false;  ///< there is a retry rule for any address and any error
  bool holds_callouts = false;    ///< an ACL keeps the session of a callout ("callout=hold")
  Place first_section;            ///< the last place that is known before the first "begin"
  Place routers_section;
  Place transports_section;

  /// Gives the names of the lists of that kind ("domainlist", "hostlist").
  [[nodiscard]] std::vector<std::string> lists(std::string_view kind) const;

  /// Gives the names of the administrator's routers that ours lead past, for they stand for them.
  [[nodiscard]] std::vector<std::string> replaced_routers() const;

  /// Gives the value of a macro, empty where it is not defined.
  [[nodiscard]] std::string macro(std::string_view name) const;

  /// Gives the value of an option of the main section, empty where it is not set.
  [[nodiscard]] std::string main_option(std::string_view name) const;
};

/// Gives the name of the section that a line begins, in small letters; else empty.
[[nodiscard]] std::string section_of(std::string_view line);

/// Gives the name of the router or transport that a line begins ("name:"), else empty.
[[nodiscard]] std::string_view label_of(std::string_view line);

/// Reads the output of `exim -bP config`. Lines that it does not understand are left out: Exim has accepted
/// them. Source: the Exim specification, chapters "The Exim run time configuration file" and "-bP".
[[nodiscard]] Configuration read_configuration(std::string_view text);

/// Gives a value as it must be written so that Exim reads exactly `raw`: in double quotes where it must be.
[[nodiscard]] std::string quoted_if_needed(std::string_view raw);

}  // namespace mta_sts::eximconf
