#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eximconf/configuration.hpp"
#include "eximconf/settings.hpp"

namespace mta_sts::eximconf {

/// The function of the plugin that a transport's event_action calls where its sessions are told.
inline constexpr std::string_view session_function = "mta_sts_event";

/// The texts of a derived block that hang on the settings and on the names of the administrator's macros:
/// Exim replaces a macro's name wherever it stands, so a word of ours that holds one is written another way.
class Words {
 public:
  Words(const Settings& settings, const Configuration& configuration);

  /// Whether the macros MTA_STS_MODE and MTA_STS_RECIPIENTS are used; else their values are written out.
  [[nodiscard]] bool has_macros() const { return has_macros_; }

  /// Gives "MTA-STS", or an expansion that gives it.
  [[nodiscard]] const std::string& label() const { return label_; }

  /// Give conditions on the mode, and the list of recipients.
  [[nodiscard]] std::string is_mode(std::string_view modes) const;
  [[nodiscard]] const std::string& recipients() const { return recipients_; }

  /// Gives the expansion that asks for a domain's verdict and always succeeds with a line; `is_observed`: the
  /// verdict is written to the log, and the wait is short.
  [[nodiscard]] std::string verdict(std::string_view domain, bool is_observed) const;

  /// Gives a condition: the text in `line` is a verdict that mail may go by.
  [[nodiscard]] static std::string is_usable(std::string_view line);

  /// Gives an event_action that refuses a certificate without the host's DNS-ID (RFC 8461 section 4.2), and
  /// does what `other` does, the administrator's own, for all other events.
  [[nodiscard]] std::string event_action(const std::string& other) const;

  /// Whether sessions are told to a socket.
  [[nodiscard]] bool tells_outcomes() const { return !settings_.outcomes.empty(); }

  /// Gives an expansion for a transport's event_action that tells what its sessions come to, and always gives
  /// the empty text; `judges_mx`: the host's name is compared with the policy, which a transport under an
  /// enforce policy need not do. Empty where sessions are not told.
  [[nodiscard]] std::string session_event(bool judges_mx) const;

  /// Gives an expansion for a router that tells that the policy names none of the hosts; else the same.
  [[nodiscard]] std::string unnamed_event() const;

  /// Gives a condition: the message comes from the user who sends TLS reports. Empty where there is none.
  [[nodiscard]] std::string is_report() const;

 private:
  [[nodiscard]] std::string call_event(const std::string& conditions, const std::string& arguments) const;
  // The line that the resolver says over ${readsocket; `remembers`: what a process found silent is not asked
  // again.
  [[nodiscard]] std::string read_line(const std::string& asked, unsigned wait_seconds, bool remembers) const;
  [[nodiscard]] std::string certificate_fault() const;

  const Settings& settings_;
  bool has_macros_;
  bool can_remember_;
  std::string label_;
  std::string mode_;
  std::string recipients_;
};

/// Gives derived instances as Exim reads them, with the values that our macros have in a configuration.
[[nodiscard]] std::vector<Instance> with_macros(std::vector<Instance> instances,
                                                const Configuration& configuration);

/// Gives the name of a macro of the configuration that stands in `text`, empty where none does.
[[nodiscard]] std::string macro_in(const Configuration& configuration, std::string_view text);

}  // namespace mta_sts::eximconf
