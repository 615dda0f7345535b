#include "sender/fetch/fetch_facts.hpp"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/utf8.hpp"
#include "policy/parse_policy.hpp"

namespace mta_sts::sender {
namespace {

using Fault = std::optional<FetchError>;

constexpr int tls_1_2 = 0x0303;
constexpr int tls_1_3 = 0x0304;

FetchError fault(FetchErrorKind kind, std::string detail, const std::string& note = {}) {
  if (!note.empty()) {
    detail += " (" + text::escape_for_display(note, 200) + ")";
  }
  return {.kind = kind,
          .detail = std::move(detail),
          .may_pass = kind == FetchErrorKind::timeout || kind == FetchErrorKind::fetch_internal};
}

Fault judge_dns(const FetchFacts& facts) {
  switch (facts.dns) {
    case DnsOutcome::ok:
      return std::nullopt;
    case DnsOutcome::nx_domain:
      return fault(FetchErrorKind::dns_failure, "the policy host does not exist in DNS", facts.note);
    case DnsOutcome::no_address:
      return fault(FetchErrorKind::dns_failure, "the policy host has no address", facts.note);
    case DnsOutcome::address_not_public:
      return fault(
          FetchErrorKind::address_not_public,
          "every address of the policy host is of a private network; --allow-private lets them through",
          facts.note);
    case DnsOutcome::failed:
    case DnsOutcome::not_reached:
      break;
  }
  FetchError unknown =
      fault(FetchErrorKind::dns_failure, "DNS did not say where the policy host is", facts.note);
  unknown.may_pass = true;
  return unknown;
}

Fault judge_connect(const FetchFacts& facts, bool late) {
  switch (facts.connect) {
    case ConnectOutcome::ok:
      return std::nullopt;
    case ConnectOutcome::refused:
      return fault(FetchErrorKind::connect_failure, "the policy host refused the connection", facts.note);
    case ConnectOutcome::timeout:
      return fault(FetchErrorKind::connect_failure, "the policy host did not answer the connection",
                   facts.note);
    case ConnectOutcome::unreachable:
    case ConnectOutcome::not_reached:
      break;
  }
  if (late && facts.connect == ConnectOutcome::not_reached) {
    return fault(FetchErrorKind::timeout, "the time for the fetch was over before a connection stood",
                 facts.note);
  }
  FetchError error = fault(FetchErrorKind::connect_failure, "the policy host cannot be reached", facts.note);
  error.refused_here = facts.refused_here;
  return error;
}

Fault judge_tls(const FetchFacts& facts, const FetchRules& rules, bool late) {
  switch (facts.tls) {
    case TlsOutcome::ok:
      break;
    case TlsOutcome::expired:
      return fault(FetchErrorKind::cert_expired, "the policy host's certificate has expired", facts.note);
    case TlsOutcome::not_yet_valid:
      return fault(FetchErrorKind::cert_not_yet_valid, "the policy host's certificate is not valid yet",
                   facts.note);
    case TlsOutcome::untrusted:
      return fault(
          FetchErrorKind::cert_untrusted,
          "the policy host's certificate does not lead to a trusted root; the chain may be incomplete",
          facts.note);
    case TlsOutcome::host_mismatch:
      return fault(FetchErrorKind::cert_host_mismatch,
                   "the policy host's certificate has no subjectAltName dNSName for it", facts.note);
    case TlsOutcome::weak:
      return fault(FetchErrorKind::cert_weak,
                   "the policy host's certificate, or one in its chain, has too weak a key or signature",
                   facts.note);
    case TlsOutcome::wrong_purpose:
      return fault(FetchErrorKind::cert_purpose, "the policy host's certificate is not for servers",
                   facts.note);
    case TlsOutcome::revoked:
      return fault(FetchErrorKind::cert_revoked, "the policy host's certificate is revoked", facts.note);
    case TlsOutcome::not_reached:
      if (late) {
        return fault(FetchErrorKind::timeout, "the time for the fetch was over during the TLS handshake",
                     facts.note);
      }
      [[fallthrough]];
    case TlsOutcome::protocol:
      return fault(FetchErrorKind::tls_handshake, "the TLS handshake failed", facts.note);
  }
  if (facts.tls_version != tls_1_2 && facts.tls_version != tls_1_3) {  // R76
    return fault(FetchErrorKind::tls_handshake, "the TLS version is older than 1.2");
  }
  if (facts.sni != rules.host) {  // R65
    return fault(FetchErrorKind::tls_handshake, "the server name sent was not the policy host");
  }
  return std::nullopt;
}

Fault judge_status(const FetchFacts& facts) {
  if (facts.not_http) {
    return fault(FetchErrorKind::http_syntax, "the answer is no HTTP", facts.note);
  }
  const int status = facts.head.status();
  if (status == 0) {
    return facts.head.fault().empty()
               ? fault(FetchErrorKind::truncated, "the connection ended before an answer", facts.note)
               : fault(FetchErrorKind::http_syntax, facts.head.fault());
  }
  if (status >= 300 && status <= 399 && status != 304) {  // R67: MUST NOT be followed
    return fault(FetchErrorKind::http_redirect,
                 "the policy host redirects (status " + std::to_string(status) + ")", facts.head.location());
  }
  if (status != 200) {  // R66
    return fault(FetchErrorKind::http_status,
                 "the policy host answered with status " + std::to_string(status));
  }
  return std::nullopt;
}

Fault judge_head(const FetchFacts& facts, const FetchRules& rules) {
  const HttpHead& head = facts.head;
  if (!head.fault().empty()) {
    return fault(FetchErrorKind::http_syntax, head.fault());
  }
  if (!head.ended()) {
    return fault(FetchErrorKind::truncated, "the head of the answer was cut off", facts.note);
  }
  if (std::string framing = head.framing_fault(); !framing.empty()) {
    return fault(FetchErrorKind::http_syntax, std::move(framing));
  }
  if (facts.chunk_error) {
    return fault(FetchErrorKind::http_syntax, "the chunked coding is broken", facts.note);
  }
  const std::vector<std::string_view> types(head.content_types().begin(), head.content_types().end());
  if (!is_policy_content_type(types, rules.missing_content_type)) {
    return fault(FetchErrorKind::content_type, "the Content-Type is not text/plain",
                 types.empty() ? "missing" : head.content_types().front());
  }
  if (head.has_content_coding()) {
    return fault(FetchErrorKind::content_encoding,
                 "the answer has a Content-Encoding, which was not asked for");
  }
  return std::nullopt;
}

bool is_complete(const FetchFacts& facts) {
  const HttpHead& head = facts.head;
  if (head.has_length() && facts.received != head.declared_length(policy_limit_bytes)) {
    return false;
  }
  if (head.is_h2()) {
    return facts.end_stream;
  }
  if (head.is_chunked()) {
    return facts.last_chunk;
  }
  return head.has_length() || facts.close_notify;  // P20
}

Fault judge_size(const FetchFacts& facts) {
  const HttpHead& head = facts.head;
  if (facts.received > policy_limit_bytes ||
      (head.has_length() && head.declared_length(policy_limit_bytes) > policy_limit_bytes)) {  // R37
    return fault(FetchErrorKind::too_large, "the policy is over 65536 bytes");
  }
  if (head.has_length() && facts.received > head.declared_length(policy_limit_bytes)) {
    return fault(FetchErrorKind::http_syntax, "the body is longer than its Content-Length");
  }
  if (!is_complete(facts)) {  // R70: a part of a policy may parse
    return fault(FetchErrorKind::truncated, "the body was cut off", facts.note);
  }
  return std::nullopt;
}

Fault judge_layers(const FetchFacts& facts, const FetchRules& rules) {
  const bool late = facts.elapsed > rules.deadline;
  if (facts.not_begun) {
    FetchError error =
        fault(FetchErrorKind::fetch_internal, "the fetch could not be done on this host", facts.note);
    error.begun = false;
    error.crowded = facts.crowded;
    return error;
  }
  Fault found = judge_dns(facts);
  if (!found) {
    found = judge_connect(facts, late);
  }
  if (!found) {
    found = judge_tls(facts, rules, late);
  }
  if (!found && late) {
    found = fault(FetchErrorKind::timeout, "the answer was not complete in time", facts.note);
  }
  if (!found) {
    found = judge_status(facts);
  }
  if (!found) {
    found = judge_head(facts, rules);
  }
  if (!found) {
    found = judge_size(facts);
  }
  return found;
}

}  // namespace

FetchResult judge_fetch(const FetchFacts& facts, const FetchRules& rules) {
  if (Fault found = judge_layers(facts, rules)) {
    return std::unexpected(*std::move(found));
  }
  auto policy = parse_policy(facts.body, Reading::sender);
  if (!policy) {
    const PolicyError& error = policy.error();
    return std::unexpected(
        fault(FetchErrorKind::policy_invalid, "line " + std::to_string(error.where.line) + ": " +
                                                  std::string(to_string(error.code)) + ": " + error.detail));
  }
  return FetchedPolicy{.policy = *std::move(policy), .body = facts.body, .peer = facts.peer};
}

}  // namespace mta_sts::sender
