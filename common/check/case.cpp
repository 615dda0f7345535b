#include "check/case.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace mta_sts::check {
namespace {

const HttpsFact* choose_answer(const std::vector<HttpsFact>& answers) {
  const auto rank = [](const HttpsFact& fact) {
    return fact.status == 200 && fact.complete ? 3 : fact.status == 200 ? 2 : fact.status != 0 ? 1 : 0;
  };
  const auto best = std::ranges::max_element(answers, {}, rank);  // the first of those alike
  return best == answers.end() || rank(*best) == 0 ? nullptr : &*best;
}

}  // namespace

const HostFact* DnsFacts::host(std::string_view name) const {
  const auto found_host = std::ranges::find(hosts, name, &HostFact::name);
  return found_host == hosts.end() ? nullptr : &*found_host;
}

Case::Case(const Facts& recorded)
    : facts(recorded),
      record(parse_txt_answer(recorded.dns.sts.answer)),
      tlsrpt(parse_tlsrpt_answer(recorded.dns.tlsrpt.answer)),
      answer(choose_answer(recorded.https.by_address)) {
  if (answer != nullptr && answer->status == 200 && answer->complete && served_instead(*answer).empty()) {
    sender_reading = parse_policy(answer->body, Reading::sender);
    strict_reading = parse_policy(answer->body, Reading::strict);
  }
}

const Policy* Case::policy() const {
  return sender_reading && sender_reading->has_value() ? &sender_reading->value() : nullptr;
}

int Case::why_no_policy() const {
  if (facts.https.by_address.empty()) {
    return 14;
  }
  if (answer == nullptr) {
    const bool is_reached = std::ranges::any_of(
        facts.https.by_address, [](const HttpsFact& fact) { return fact.reach == Reach::connected; });
    return !is_reached ? 15 : offers_old_tls_alone(facts.https) ? 23 : 24;
  }
  if (!sender_reading) {
    const bool is_cut = answer->status == 200 && !answer->complete;
    return is_cut ? 29 : answer->status >= 300 && answer->status < 400 ? 25 : 24;
  }
  if (sender_reading->has_value()) {
    return 0;
  }
  switch (sender_reading->error().code) {
    case PolicyErrorCode::missing_version:
    case PolicyErrorCode::bad_version:
      return 33;
    case PolicyErrorCode::missing_mode:
    case PolicyErrorCode::bad_mode:
      return 34;
    case PolicyErrorCode::missing_max_age:
    case PolicyErrorCode::bad_max_age:
      return 35;
    case PolicyErrorCode::bad_mx:
    case PolicyErrorCode::missing_mx:
      return 37;
    case PolicyErrorCode::blank_line:
    case PolicyErrorCode::bad_syntax:
      return 38;
    default:
      return 32;
  }
}

int Case::why_no_record() const {
  if (record.candidates > 1) {
    return 2;
  }
  if (record.outcome != TxtOutcome::error) {
    return 1;
  }
  return record.error == TxtErrorCode::bad_id || record.error == TxtErrorCode::missing_id ? 4 : 5;
}

std::vector<std::string> Case::mx_names() const {
  if (is_null_mx()) {
    return {};
  }
  if (facts.dns.mx.empty()) {
    return {facts.domain};
  }
  std::vector<std::string> names;
  std::ranges::transform(facts.dns.mx, std::back_inserter(names), &MxHostFact::name);
  return names;
}

bool Case::is_null_mx() const {
  return facts.dns.mx.size() == 1 && facts.dns.mx.front().name.empty();
}

std::string_view served_instead(const HttpsFact& answer) {
  const std::string_view body = answer.body;
  const auto first = body.find_first_not_of(" \t\r\n");
  const std::string head = first == std::string_view::npos ? "" : ascii::to_lower(body.substr(first, 512));
  if (head.starts_with("<") || head.find("<html") != std::string::npos ||
      head.find("<!doctype") != std::string::npos) {
    return "an HTML page";
  }
  if (head.starts_with("{") || head.starts_with("[")) {
    return "JSON";
  }
  if (head.starts_with("v=stsv1") || head.starts_with("\"v=stsv1")) {
    return "the text of the DNS record";
  }
  return "";
}

bool shook_hands(const TlsFact& tls) {
  // Earlier recordings say it by the version alone where no HTTP came after the handshake.
  return tls.established || !tls.version.empty();
}

bool offers(const std::map<std::string, bool>& versions, const std::string& version) {
  const auto entry = versions.find(version);
  return entry != versions.end() && entry->second;
}

bool lacks(const std::map<std::string, bool>& versions, const std::string& version) {
  const auto entry = versions.find(version);
  return entry != versions.end() && !entry->second;
}

bool offers_old_tls_alone(const HttpsFacts& facts) {
  const auto& versions = facts.tls_versions;
  return (offers(versions, "TLSv1") || offers(versions, "TLSv1.1")) && lacks(versions, "TLSv1.2") &&
         lacks(versions, "TLSv1.3");
}

bool lookup_failed(DnsStatus status) {
  return status == DnsStatus::serv_fail || status == DnsStatus::refused || status == DnsStatus::timeout ||
         status == DnsStatus::cname_loop;
}

CheckFinding failed_lookup(const TxtFact& fact) {
  return {.outcome = Outcome::not_testable,
          .subject = fact.name,
          .evidence = "the lookup fails: " + std::string(to_string(fact.answer.status))};
}

std::vector<std::string> header_values(const HttpsFact& fact, std::string_view name) {
  std::vector<std::string> values;
  for (const HttpHeader& header : fact.headers) {
    if (ascii::equals_ignoring_case(header.name, name)) {
      values.push_back(header.value);
    }
  }
  return values;
}

std::string turned_away(const SmtpFact& fact) {
  const bool said = fact.starttls_offered || !fact.ehlo.empty() || !fact.starttls_reply.empty();
  if (fact.reach != Reach::connected || said || fact.error.starts_with("EHLO: 500 ") ||
      fact.error.starts_with("EHLO: 502 ") || fact.error.find("not SMTP") != std::string::npos) {
    return {};
  }
  if (fact.error.starts_with("greeting: no answer in time")) {
    return "no greeting in time: a longer --timeout may help, since servers may take five minutes";
  }
  if (fact.error.starts_with("EHLO: 5")) {
    return "the server does not want this host's EHLO (--helo NAME gives another): " + fact.error;
  }
  return "the server turned this host away: " + fact.error;
}

std::string subject_of(std::string_view host, std::string_view address) {
  return std::string(host) + " [" + std::string(address) + "]";
}

std::vector<CheckFinding> ok(std::string evidence) {
  return {CheckFinding{.outcome = Outcome::ok, .evidence = std::move(evidence)}};
}

std::vector<CheckFinding> skipped(int because_of) {
  return {CheckFinding{.outcome = Outcome::skipped, .because_of = because_of}};
}

std::vector<CheckFinding> not_testable(std::string reason) {
  return {CheckFinding{.outcome = Outcome::not_testable, .evidence = std::move(reason)}};
}

std::vector<CheckFinding> not_applicable(std::string reason) {
  return {CheckFinding{.outcome = Outcome::not_applicable, .evidence = std::move(reason)}};
}

CheckFinding found(Severity severity, std::string evidence, std::string cause, std::string fix) {
  return {.outcome = Outcome::found,
          .severity = severity,
          .evidence = std::move(evidence),
          .cause = std::move(cause),
          .fix = std::move(fix)};
}

CheckFinding found_at(std::string subject, Severity severity, std::string evidence, std::string cause) {
  CheckFinding finding = found(severity, std::move(evidence), std::move(cause));
  finding.subject = std::move(subject);
  return finding;
}

std::vector<CheckFinding> all_or_ok(std::vector<CheckFinding> findings, std::string evidence) {
  return findings.empty() ? ok(std::move(evidence)) : findings;
}

std::string join_strings(const std::vector<std::string>& strings) {
  std::string joined;
  for (const std::string& string : strings) {
    joined += string;
  }
  return joined;
}

}  // namespace mta_sts::check
