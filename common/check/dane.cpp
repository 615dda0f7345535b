#include "check/dane.hpp"

#include <algorithm>

namespace mta_sts::check {
namespace {

// Usages 2 and 3 alone count for SMTP. RFC 7672 section 3.1.
bool is_usable(const std::string& record) {
  return record.starts_with("2 ") || record.starts_with("3 ");
}

// Whether the host's addresses come from a signed zone. A recording from before that was kept says it of the
// MX records alone, which the domain's own hosts share.
bool is_signed(const Case& c, std::string_view mx) {
  const HostFact* host = c.facts.dns.host(mx);
  if (host == nullptr || host->addresses.empty()) {
    return false;
  }
  const bool is_own = mx == c.facts.domain || mx.ends_with("." + c.facts.domain);
  return host->authenticated.value_or(c.facts.dns.mx_authenticated && is_own);
}

}  // namespace

const TlsaFact* tlsa_fact(const Case& c, std::string_view mx) {
  const auto found = std::ranges::find(c.facts.dns.tlsa, mx, &TlsaFact::mx);
  return found == c.facts.dns.tlsa.end() ? nullptr : &*found;
}

delivery::Dane dane_of(const Case& c, std::string_view mx) {
  delivery::Dane dane{.tlsa = delivery::Tlsa::none, .mx_secure = c.facts.dns.mx_authenticated};
  if (!c.facts.conditions.resolver_validates || !is_signed(c, mx)) {
    return dane;
  }
  const TlsaFact* tlsa = tlsa_fact(c, mx);
  if (tlsa == nullptr && !c.facts.dns.tlsa.empty()) {
    return dane;  // a recording from before every lookup was kept, which has those that gave something
  }
  if (tlsa == nullptr || lookup_failed(tlsa->status)) {
    dane.tlsa = delivery::Tlsa::lookup_failed;
  } else if (tlsa->authenticated && !tlsa->records.empty()) {
    dane.tlsa =
        std::ranges::any_of(tlsa->records, is_usable) ? delivery::Tlsa::usable : delivery::Tlsa::unusable;
  }
  return dane;
}

bool fits_tlsa(const TlsaFact& tlsa, const CertificateFact& shown) {
  return std::ranges::any_of(tlsa.records, [&](const std::string& record) {
    return is_usable(record) && std::ranges::find(shown.tlsa_forms, record) != shown.tlsa_forms.end();
  });
}

bool has_full_data(const TlsaFact& tlsa) {
  return std::ranges::any_of(tlsa.records, [](const std::string& record) {
    return is_usable(record) && record.size() > 5 && record[4] == '0';
  });
}

}  // namespace mta_sts::check
