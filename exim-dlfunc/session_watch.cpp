#include "session_watch.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "base/ascii.hpp"
#include "policy/dns_id.hpp"
#include "policy/mx_match.hpp"
#include "session_policy.hpp"
#include "verdict/verdict_line.hpp"

namespace mta_sts::exim {
namespace {

using outcome::ResultType;

constexpr std::size_t reason_limit_bytes = 200;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    line = line.substr(0, line.find_last_not_of('\r') + 1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Whether an answer to EHLO, "250-STARTTLS" among its lines, offers it. RFC 3207 section 4.
bool offers_starttls(std::string_view answer) {
  return std::ranges::any_of(lines_of(answer), [](std::string_view line) {
    return line.size() >= 12 && line.starts_with('2') &&
           ascii::equals_ignoring_case(line.substr(4), "STARTTLS");
  });
}

// Whether an answer to EHLO says that there is no such command, so that Exim goes on with HELO; other
// refusals are meant for this client, 501 and 504 for its name. RFC 5321 sections 3.2 and 4.2.4.
bool knows_no_ehlo(std::string_view answer) {
  return answer.starts_with("500") || answer.starts_with("502");
}

// The name in the first line of an answer to EHLO.
std::string_view name_in(std::string_view answer) {
  answer = answer.substr(0, answer.find_first_of("\r\n"));
  answer.remove_prefix(std::min<std::size_t>(4, answer.size()));
  return answer.substr(0, answer.find_first_of(" \t"));
}

// Exim says so where the certificate ended the handshake: its own check by either library, or our
// event_action.
bool is_about_certificate(std::string_view reason) {
  constexpr std::array<std::string_view, 3> signs{"certificate verif", "Error in the certificate",
                                                  "certificate verify"};
  return std::ranges::any_of(signs, [&](std::string_view sign) { return reason.contains(sign); });
}

// GnuTLS says no more of a certificate that is trusted and has another name.
constexpr std::string_view gnutls_name_mismatch = "(certificate verification failed)";

ResultType type_of_word(std::string_view word) {
  using enum ResultType;
  constexpr std::array<std::pair<std::string_view, ResultType>, 8> words{
      {{"certificate-expired", certificate_expired},
       {"certificate-host-mismatch", certificate_host_mismatch},
       {"certificate-not-trusted", certificate_not_trusted},
       {"dane-required", dane_required},
       {"dnssec-invalid", dnssec_invalid},
       {"starttls-not-supported", starttls_not_supported},
       {"tlsa-invalid", tlsa_invalid},
       {"validation-failure", validation_failure}}};
  const auto* const found = std::ranges::find(words, word, &std::pair<std::string_view, ResultType>::first);
  return found == words.end() ? validation_failure : found->second;
}

outcome::SessionOutcome outcome_of(const TransportEvent& event, outcome::PolicyOutcome policy) {
  outcome::SessionOutcome outcome{
      .domain = std::string(event.domain), .record = std::string(event.record), .policies = {}};
  outcome.policies.push_back(std::move(policy));
  return outcome;
}

// Usable TLSA records take the place of the policy in what a session is counted under.
outcome::PolicyOutcome dane_policy(const TransportEvent& event) {
  outcome::PolicyOutcome policy;
  policy.type = outcome::PolicyType::tlsa;
  policy.domain = event.host;
  return policy;
}

}  // namespace

std::optional<outcome::SessionOutcome> SessionWatch::take(const TransportEvent& event) {
  switch (event.kind) {
    case EventKind::tcp_connect:
      begin(event);
      return std::nullopt;
    case EventKind::smtp_connect:
      may_have_tlsa_ = event.is_host_secure;
      return std::nullopt;
    case EventKind::smtp_ehlo:
      return take_ehlo(event);
    case EventKind::tls_cert:
      if (event.data == "0" && is_of_session(event)) {
        const auto names = lines_of(event.dns_names);
        has_certificate_ = true;
        has_name_ = matches_dns_id(names, event.host);
        is_accepted_ =
            certificate_fault(event.host, event.dns_names, NameCheck::of_mx_record_by_exim).empty();
        expiry_ = event.expiry;
      }
      return std::nullopt;
    case EventKind::dane_fail:
      return parse_verdict_line(event.verdict) ? take_dane_failure(event) : std::nullopt;
    case EventKind::tcp_close:
      return take_close(event);
    case EventKind::host_defer:
      return take_defer(event);
    case EventKind::no_mx_named:
      return take_unnamed(event);
  }
  return std::nullopt;
}

// Exim routes each recipient of a message by itself, those of one domain not one behind the other, and all in
// a process for this message.
std::optional<outcome::SessionOutcome> SessionWatch::take_unnamed(const TransportEvent& event) {
  if (!unnamed_domains_.emplace(event.domain).second) {
    return std::nullopt;
  }
  return fail(event, ResultType::validation_failure, "sts-mx-mismatch");
}

bool SessionWatch::is_of_session(const TransportEvent& event) const {
  return state_ != State::none && host_ == event.host && address_ == event.address;
}

void SessionWatch::begin(const TransportEvent& event) {
  const bool is_same_host = host_ == event.host && address_ == event.address;
  const bool is_second_attempt = std::exchange(has_failed_handshake_, false) && is_same_host;
  state_ = is_second_attempt ? State::none : State::open;
  host_ = event.host;
  address_ = event.address;
  helo_.clear();
  may_have_tlsa_ = has_certificate_ = has_name_ = is_accepted_ = false;
  expiry_ = {};
}

std::optional<outcome::SessionOutcome> SessionWatch::take_ehlo(const TransportEvent& event) {
  if (!is_of_session(event)) {
    return std::nullopt;
  }
  const bool is_accepted = event.data.starts_with('2');
  helo_ = is_accepted ? name_in(event.data) : std::string_view();
  domain_ = event.domain;
  verdict_ = event.verdict;
  record_ = event.record;
  if (state_ == State::offered || (state_ == State::open && event.has_tls)) {
    return judge_tls(event);
  }
  if (state_ != State::open || (!is_accepted && !knows_no_ehlo(event.data))) {
    return std::nullopt;
  }
  if (offers_starttls(event.data)) {
    state_ = State::offered;
    return std::nullopt;
  }
  if (may_have_tlsa_) {
    state_ = State::refusing;
    return std::nullopt;
  }
  return fail(event, ResultType::starttls_not_supported, "not offered");
}

// TLS stands, and Exim lets the message through it.
std::optional<outcome::SessionOutcome> SessionWatch::judge_tls(const TransportEvent& event) {
  state_ = State::none;
  const auto verdict = parse_verdict_line(event.verdict);
  if (!verdict) {
    return std::nullopt;
  }
  if (event.is_dane) {
    return outcome_of(event, dane_policy(event));
  }
  outcome::PolicyOutcome policy = policy_of_session(event.domain, *verdict);
  if (verdict->mode == VerdictMode::testing) {
    std::vector<outcome::SessionFailure>& failures = policy.failures;
    if (event.is_mx_name && !matches_mx(verdict->mx, event.host)) {
      failures.push_back(failure(event, ResultType::validation_failure, "sts-mx-mismatch"));
    }
    if (!event.is_verified || (has_certificate_ && !is_accepted_)) {
      failures.push_back(failure(event, certificate_type(event), "not verified"));
    }
    policy.has_failed = !failures.empty();
  }
  return outcome_of(event, std::move(policy));
}

// A host that is an alias' target may bear its own name and lack the one in the MX record, which Exim checks.
ResultType SessionWatch::certificate_type(const TransportEvent& event) const {
  if (has_certificate_ && expiry_ < event.now) {
    return ResultType::certificate_expired;
  }
  if (has_certificate_ && (!has_name_ || event.data.ends_with(gnutls_name_mismatch))) {
    return ResultType::certificate_host_mismatch;
  }
  const bool may_be_name = event.kind == EventKind::smtp_ehlo && !event.is_mx_name;
  return may_be_name ? ResultType::validation_failure : ResultType::certificate_not_trusted;
}

// Before Exim passes a connection on to the next message, it looks at whose that is, and then knows neither
// host nor variables of the message that it was for.
std::optional<outcome::SessionOutcome> SessionWatch::take_close(const TransportEvent& event) {
  if (event.host.empty() && !host_.empty() && (state_ == State::offered || state_ == State::refusing)) {
    TransportEvent known = event;
    known.domain = domain_;
    known.host = host_;
    known.address = address_;
    known.verdict = verdict_;
    known.record = record_;
    return take_close(known);
  }
  if (!is_of_session(event)) {
    return std::nullopt;
  }
  if (state_ == State::refusing) {
    return fail(event, ResultType::starttls_not_supported, "not offered");
  }
  if (state_ != State::offered) {
    state_ = State::none;
    return std::nullopt;
  }
  if (event.handshake_begun || event.has_tls || has_certificate_) {
    state_ = State::told_late;
    return std::nullopt;
  }
  return fail(event, ResultType::starttls_not_supported, "refused");
}

std::optional<outcome::SessionOutcome> SessionWatch::take_defer(const TransportEvent& event) {
  if (state_ != State::told_late || !is_of_session(event)) {
    return std::nullopt;
  }
  has_failed_handshake_ = true;
  return fail(event,
              has_certificate_ && is_about_certificate(event.data) ? certificate_type(event)
                                                                   : ResultType::validation_failure,
              event.data);
}

// Exim raises it before a connection, too, and where no TLSA record is usable, so that nothing demands DANE.
std::optional<outcome::SessionOutcome> SessionWatch::take_dane_failure(const TransportEvent& event) {
  const ResultType type = type_of_word(event.data);
  const bool is_before_connection = type == ResultType::dnssec_invalid || type == ResultType::dane_required;
  if (!is_before_connection && !event.has_tlsa && type != ResultType::starttls_not_supported) {
    return std::nullopt;
  }
  outcome::PolicyOutcome policy = dane_policy(event);
  policy.failures.push_back(failure(event, type, ""));
  policy.has_failed = true;
  state_ = State::none;
  return outcome_of(event, std::move(policy));
}

std::optional<outcome::SessionOutcome> SessionWatch::fail(const TransportEvent& event, ResultType type,
                                                          std::string_view reason) {
  state_ = State::none;
  const auto verdict = parse_verdict_line(event.verdict);
  if (!verdict) {
    return std::nullopt;
  }
  outcome::PolicyOutcome policy = policy_of_session(event.domain, *verdict);
  policy.failures.push_back(failure(event, type, reason));
  policy.has_failed = true;
  return outcome_of(event, std::move(policy));
}

outcome::SessionFailure SessionWatch::failure(const TransportEvent& event, ResultType type,
                                              std::string_view reason) const {
  outcome::SessionFailure failure;
  failure.type = type;
  failure.sending_ip = event.sending_ip;
  failure.mx = event.host;
  failure.helo = helo_;
  failure.receiving_ip = event.address;
  failure.reason_code = reason.substr(0, reason_limit_bytes);
  return failure;
}

}  // namespace mta_sts::exim
