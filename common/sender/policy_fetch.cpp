#include "sender/policy_fetch.hpp"

#include "base/enum_names.hpp"

namespace mta_sts::sender {
namespace {

constexpr auto kind_names = enum_names<FetchErrorKind>({
    {FetchErrorKind::dns_failure, "dns-failure"},
    {FetchErrorKind::address_not_public, "address-not-public"},
    {FetchErrorKind::connect_failure, "connect-failure"},
    {FetchErrorKind::timeout, "timeout"},
    {FetchErrorKind::tls_handshake, "tls-handshake"},
    {FetchErrorKind::cert_expired, "cert-expired"},
    {FetchErrorKind::cert_not_yet_valid, "cert-not-yet-valid"},
    {FetchErrorKind::cert_untrusted, "cert-untrusted"},
    {FetchErrorKind::cert_host_mismatch, "cert-host-mismatch"},
    {FetchErrorKind::cert_weak, "cert-weak"},
    {FetchErrorKind::cert_purpose, "cert-purpose"},
    {FetchErrorKind::cert_revoked, "cert-revoked"},
    {FetchErrorKind::http_status, "http-status"},
    {FetchErrorKind::http_redirect, "http-redirect"},
    {FetchErrorKind::http_syntax, "http-syntax"},
    {FetchErrorKind::content_type, "content-type"},
    {FetchErrorKind::content_encoding, "content-encoding"},
    {FetchErrorKind::too_large, "too-large"},
    {FetchErrorKind::truncated, "truncated"},
    {FetchErrorKind::policy_invalid, "policy-invalid"},
    {FetchErrorKind::fetch_internal, "fetch-internal"},
});

}  // namespace

std::string_view to_string(FetchErrorKind kind) {
  return kind_names[kind];
}

std::optional<FetchErrorKind> parse_fetch_error_kind(std::string_view word) {
  return kind_names.parse(word);
}

std::string_view tlsrpt_result_type(FetchErrorKind kind) {
  switch (kind) {
    case FetchErrorKind::cert_expired:
    case FetchErrorKind::cert_not_yet_valid:
    case FetchErrorKind::cert_untrusted:
    case FetchErrorKind::cert_host_mismatch:
    case FetchErrorKind::cert_weak:
    case FetchErrorKind::cert_purpose:
    case FetchErrorKind::cert_revoked:
      return "sts-webpki-invalid";
    case FetchErrorKind::policy_invalid:
      return "sts-policy-invalid";
    default:
      return "sts-policy-fetch-error";
  }
}

}  // namespace mta_sts::sender
