// What senders do at each address, with and without MTA-STS and DANE.
#include "base/enum_names.hpp"
#include "check/dane.hpp"
#include "check/details.hpp"
#include "check/forecast.hpp"
#include "delivery/expectation.hpp"

namespace mta_sts::check {
namespace {

std::string_view words_of(Delivery delivery) {
  switch (delivery) {
    case Delivery::delivers:
      return "delivers";
    case Delivery::mx_not_in_policy:
      return "the policy does not name the host";
    case Delivery::unreachable:
      return "unreachable";
    case Delivery::no_starttls:
      return "no STARTTLS";
    case Delivery::tls_failed:
      return "the TLS handshake fails";
    case Delivery::certificate_refused:
      return "the certificate is refused";
    case Delivery::tlsa_lookup_failed:
      return "the TLSA lookup fails";
    case Delivery::tlsa_mismatch:
      return "no TLSA record fits the certificate";
    case Delivery::not_testable:
      return "not testable";
  }
  return "not testable";
}

// What holds for every sender alike, whatever it expects: nothing where it got through to the host.
bool is_about_the_host(Delivery delivery) {
  return delivery == Delivery::not_testable || delivery == Delivery::unreachable;
}

SenderOutcome about_the_host(Delivery delivery) {
  return {.words = std::string(words_of(delivery)),
          .safety = delivery == Delivery::unreachable ? Safety::refused : Safety::unknown};
}

SenderOutcome refused(Delivery delivery) {
  return {.words = "no delivery: " + std::string(words_of(delivery)), .safety = Safety::refused};
}

SenderOutcome without_either(const Case& c, const SmtpFact& fact) {
  const Delivery delivery = judge_at(c, fact, delivery::expect_of_named(Mode::none, {}));
  if (is_about_the_host(delivery)) {
    return about_the_host(delivery);
  }
  return fact.with_sni.established ? SenderOutcome{.words = "TLS, not verified", .safety = Safety::encrypted}
                                   : SenderOutcome{.words = "in clear", .safety = Safety::clear};
}

SenderOutcome with_mta_sts(const Case& c, const SmtpFact& fact, const std::string& policy) {
  if (policy != "enforce" && policy != "testing") {
    return without_either(c, fact);
  }
  const delivery::Terms terms{.mode = c.policy()->mode, .mx = c.policy()->mx};
  const Delivery delivery = judge_at(c, fact, delivery::expect_of(terms, fact.mx, {}));
  if (is_about_the_host(delivery)) {
    return about_the_host(delivery);
  }
  if (delivery == Delivery::delivers) {
    return {.words = "verified TLS", .safety = Safety::verified};
  }
  if (terms.mode == Mode::enforce) {
    return refused(delivery);
  }
  SenderOutcome outcome = without_either(c, fact);
  outcome.words += "; reports: " + std::string(words_of(delivery));
  return outcome;
}

SenderOutcome with_dane(const Case& c, const SmtpFact& fact) {
  const delivery::Dane dane = dane_of(c, fact.mx);
  if (dane.tlsa == delivery::Tlsa::none) {
    return without_either(c, fact);
  }
  const Delivery delivery = judge_at(c, fact, delivery::expect_of_named(Mode::none, dane));
  if (is_about_the_host(delivery)) {
    return about_the_host(delivery);
  }
  if (delivery != Delivery::delivers) {
    return refused(delivery);
  }
  return dane.tlsa == delivery::Tlsa::usable
             ? SenderOutcome{.words = "TLS verified by DANE", .safety = Safety::verified}
             : SenderOutcome{.words = "TLS, not verified", .safety = Safety::encrypted};
}

}  // namespace

std::string_view to_string(Safety safety) {
  using enum Safety;
  static constexpr auto words = enum_names<Safety>({
      {verified, "verified"},
      {encrypted, "encrypted"},
      {clear, "clear"},
      {refused, "refused"},
      {unknown, "unknown"},
  });
  return words[safety];
}

std::vector<SenderDetails> sender_details(const Case& c, const Forecast& forecast) {
  std::vector<SenderDetails> list;
  for (const SmtpFact& fact : c.facts.smtp) {
    list.push_back({.mx = fact.mx,
                    .address = fact.address,
                    .without = without_either(c, fact),
                    .with_mta_sts = with_mta_sts(c, fact, forecast.policy),
                    .with_dane = with_dane(c, fact)});
  }
  return list;
}

}  // namespace mta_sts::check
