#pragma once

#include <optional>
#include <set>
#include <string>

#include "outcome/session_outcome.hpp"
#include "transport_event.hpp"

namespace mta_sts::exim {

/// Follows the events of one process' deliveries, and tells what each SMTP session came to by RFC 8460. A
/// process has one session at a time. Each session is told once: as soon as TLS stands, or as it is known
/// that it will not. Sessions that never got as far as an answer to EHLO are none, and neither is the second
/// attempt without TLS that Exim may make after a handshake failed. Neither is mail for which no resolver was
/// asked, whose verdict is no verdict line.
class SessionWatch {
 public:
  /// Takes the next event; gives an outcome where it decides one.
  [[nodiscard]] std::optional<outcome::SessionOutcome> take(const TransportEvent& event);

 private:
  enum class State : std::uint8_t {
    none,       ///< no session, or it was told
    open,       ///< connected
    offered,    ///< the server offers STARTTLS
    refusing,   ///< the server offers none, and DANE may demand it
    told_late,  ///< closed in the middle of a handshake: Exim says next why
  };

  using Outcome = std::optional<outcome::SessionOutcome>;

  void begin(const TransportEvent& event);
  Outcome take_ehlo(const TransportEvent& event);
  Outcome take_close(const TransportEvent& event);
  Outcome take_defer(const TransportEvent& event);
  Outcome take_dane_failure(const TransportEvent& event);
  Outcome take_unnamed(const TransportEvent& event);
  [[nodiscard]] bool is_of_session(const TransportEvent& event) const;
  [[nodiscard]] outcome::ResultType certificate_type(const TransportEvent& event) const;
  [[nodiscard]] Outcome judge_tls(const TransportEvent& event);
  [[nodiscard]] Outcome fail(const TransportEvent& event, outcome::ResultType type, std::string_view reason);
  [[nodiscard]] outcome::SessionFailure failure(const TransportEvent& event, outcome::ResultType type,
                                                std::string_view reason) const;

  State state_ = State::none;
  std::string host_;
  std::string address_;
  std::string helo_;
  std::string domain_;  // this, the verdict and the record: as at the last answer to EHLO
  std::string verdict_;
  std::string record_;
  bool has_failed_handshake_ = false;  // of the host that host_ and address_ name
  bool may_have_tlsa_ = false;
  bool has_certificate_ = false;
  bool has_name_ = false;     // the certificate names the host
  bool is_accepted_ = false;  // no name of it stands against what Exim found
  std::chrono::sys_seconds expiry_{};
  std::set<std::string, std::less<>> unnamed_domains_;  // told that their policies name none of the hosts
};

}  // namespace mta_sts::exim
