// TLS and the certificate at every address.
#include <map>

#include "check/certificate.hpp"
#include "check/details.hpp"
#include "check/reach.hpp"
#include "check/wording.hpp"

namespace mta_sts::check {
namespace {

std::string chain_words(const CertificateFact& certificate) {
  const std::string sent = plural(certificate.sent, "certificate") + " sent, ";
  if (!certificate.trusted) {
    return sent + (certificate.trust_error.empty() ? "no trusted root" : certificate.trust_error);
  }
  if (certificate.chain.empty()) {
    return sent + "leads to a trusted root";
  }
  const ChainFact& flaw = certificate.chain.front();
  return sent + flaw.error + (flaw.depth == 0 ? "" : ": " + flaw.subject);
}

Remaining remaining_of(const CertificateFact& certificate, std::chrono::sys_seconds now) {
  if (now < certificate.not_before || now > certificate.not_after) {
    return Remaining::out_of_time;
  }
  return judge_remaining(certificate, now, "").empty() ? Remaining::enough : Remaining::ends_soon;
}

CertificateDetails details_of(const CertificateFact& certificate, std::chrono::sys_seconds now) {
  return {.names = certificate.dns_names.empty() ? "none, only CN=" + certificate.common_name
                                                 : names_of(certificate),
          .issuer = certificate.issuer,
          .key = certificate.key,
          .signature = certificate.signature,
          .chain = chain_words(certificate),
          .is_chain_good = certificate.trusted && certificate.chain.empty(),
          .not_before = certificate.not_before,
          .not_after = certificate.not_after,
          .days_left = std::chrono::floor<std::chrono::days>(certificate.not_after - now).count(),
          .remaining = remaining_of(certificate, now),
          .same_as = {}};
}

// Why a handshake did not come about, or the words of the first thing that failed.
std::string trouble_of(Reach reach, const TlsFact& tls, const std::string& before_tls) {
  if (shook_hands(tls)) {
    return {};
  }
  if (reach != Reach::connected) {
    return std::string(words_of(reach));
  }
  if (!before_tls.empty()) {
    return before_tls;
  }
  return "the TLS handshake fails" + (tls.error.empty() ? "" : ": " + tls.error);
}

std::string trouble_before_tls(const SmtpFact& fact) {
  if (std::string words = turned_away(fact); !words.empty()) {
    return words;
  }
  if (!fact.starttls_offered) {
    return "no STARTTLS" + (fact.error.empty() ? "" : ": " + fact.error);
  }
  const bool is_refused = !fact.starttls_reply.empty() && !fact.starttls_reply.starts_with('2');
  return is_refused ? "STARTTLS is refused: " + fact.starttls_reply : "";
}

class AddressList {
 public:
  explicit AddressList(std::chrono::sys_seconds now) : now_(now) {}

  void add(AddressDetails at, const TlsFact& tls) {
    at.tls_version = tls.version;
    at.cipher = tls.cipher;
    if (tls.certificate) {
      at.certificate = details_of(*tls.certificate, now_);
      const auto [first, is_new] = seen_.emplace(at.host + ' ' + tls.certificate->sha256, at.address);
      if (!is_new && !tls.certificate->sha256.empty()) {
        at.certificate->same_as = first->second;
      }
    }
    list_.push_back(std::move(at));
  }

  std::vector<AddressDetails> take() { return std::move(list_); }

 private:
  std::chrono::sys_seconds now_;
  std::map<std::string, std::string> seen_;  ///< host and sha256: the address that showed it first
  std::vector<AddressDetails> list_;
};

}  // namespace

std::vector<AddressDetails> address_details(const Case& c) {
  AddressList list(c.facts.conditions.now);
  for (const HttpsFact& fact : c.facts.https.by_address) {
    list.add({.is_policy_host = true,
              .host = fact.host,
              .address = fact.address,
              .trouble = trouble_of(fact.reach, fact.tls, ""),
              .tls_version = {},
              .cipher = {},
              .certificate = {}},
             fact.tls);
  }
  for (const SmtpFact& fact : c.facts.smtp) {
    list.add({.is_policy_host = false,
              .host = fact.mx,
              .address = fact.address,
              .trouble = trouble_of(fact.reach, fact.with_sni, trouble_before_tls(fact)),
              .tls_version = {},
              .cipher = {},
              .certificate = {}},
             fact.with_sni);
  }
  return list.take();
}

}  // namespace mta_sts::check
