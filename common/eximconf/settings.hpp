#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::eximconf {

struct Configuration;

/// The router that leads past ours in mode off; it also bears the settings that all were made with.
inline constexpr std::string_view off_router = "mta_sts_off";

/// The option of that router which holds them: a message that Exim never needs, since the router always
/// passes.
inline constexpr std::string_view settings_option = "cannot_route_message";

/// How Exim asks the resolver: through the plugin, or with ${readsocket where it cannot load one.
enum class Question : std::uint8_t { plugin, readsocket };

/// What the derived blocks are made with.
struct Settings {
  std::string mode = "observe";  ///< enforce, observe or off
  std::string plugin = "/usr/lib/exim4/mta_sts.so";
  std::string socket = "/run/mta-sts/exim.sock";  ///< of the resolver
  std::string recipients = "*";                   ///< the domain list of those whose policy is asked for
  Question question = Question::plugin;
  bool has_dane = true;                  ///< Exim knows $tls_out_tlsa_usage
  bool has_dnsdb = true;                 ///< Exim has the lookup dnsdb
  bool has_dkim = true;                  ///< Exim can sign, so that transports have the options dkim_*
  std::vector<std::string> except = {};  ///< routers that stay as they are, without a policy
  /// Socket for datagrams that tell what sessions came to; empty: none are told. Needs the plugin.
  std::string outcomes = {};
  bool tells_record = false;             ///< with the TLSRPT record, which Exim looks up
  std::optional<unsigned> report_uid{};  ///< of the user whose mail are TLS reports: sent by no policy
};

/// Gives the line in which derived blocks keep their settings; `with_macro_values`: also mode and recipients,
/// where no macros keep them.
[[nodiscard]] std::string settings_line(const Settings& settings, bool with_macro_values);

/// Gives the settings of the blocks in a configuration, the standard ones where it has none: those of that
/// line, and mode and recipients of the macros MTA_STS_MODE and MTA_STS_RECIPIENTS where there are these.
[[nodiscard]] Settings settings_of(const Configuration& configuration);

}  // namespace mta_sts::eximconf
