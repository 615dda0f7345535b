#include "sender/policy_fetch.hpp"

#include <array>
#include <utility>

namespace mta_sts {
namespace {

using KindWord = std::pair<FetchErrorKind, std::string_view>;

constexpr std::array kind_words{
    KindWord{FetchErrorKind::dns_failure, "dns-failure"},
    KindWord{FetchErrorKind::address_not_public, "address-not-public"},
    KindWord{FetchErrorKind::connect_failure, "connect-failure"},
    KindWord{FetchErrorKind::timeout, "timeout"},
    KindWord{FetchErrorKind::tls_handshake, "tls-handshake"},
    KindWord{FetchErrorKind::cert_expired, "cert-expired"},
    KindWord{FetchErrorKind::cert_not_yet_valid, "cert-not-yet-valid"},
    KindWord{FetchErrorKind::cert_untrusted, "cert-untrusted"},
    KindWord{FetchErrorKind::cert_host_mismatch, "cert-host-mismatch"},
    KindWord{FetchErrorKind::cert_purpose, "cert-purpose"},
    KindWord{FetchErrorKind::cert_revoked, "cert-revoked"},
    KindWord{FetchErrorKind::http_status, "http-status"},
    KindWord{FetchErrorKind::http_redirect, "http-redirect"},
    KindWord{FetchErrorKind::http_syntax, "http-syntax"},
    KindWord{FetchErrorKind::content_type, "content-type"},
    KindWord{FetchErrorKind::content_encoding, "content-encoding"},
    KindWord{FetchErrorKind::too_large, "too-large"},
    KindWord{FetchErrorKind::truncated, "truncated"},
    KindWord{FetchErrorKind::policy_invalid, "policy-invalid"},
    KindWord{FetchErrorKind::fetch_internal, "fetch-internal"},
};

}  // namespace

std::string_view to_string(FetchErrorKind kind) {
  for (const auto& [value, word] : kind_words) {
    if (value == kind) {
      return word;
    }
  }
  return "fetch-internal";
}

std::optional<FetchErrorKind> parse_fetch_error_kind(std::string_view word) {
  for (const auto& [value, known] : kind_words) {
    if (known == word) {
      return value;
    }
  }
  return std::nullopt;
}

std::string_view tlsrpt_result_type(FetchErrorKind kind) {
  switch (kind) {
    case FetchErrorKind::cert_expired:
    case FetchErrorKind::cert_not_yet_valid:
    case FetchErrorKind::cert_untrusted:
    case FetchErrorKind::cert_host_mismatch:
    case FetchErrorKind::cert_purpose:
    case FetchErrorKind::cert_revoked:
      return "sts-webpki-invalid";
    case FetchErrorKind::policy_invalid:
      return "sts-policy-invalid";
    default:
      return "sts-policy-fetch-error";
  }
}

}  // namespace mta_sts
