#include "check/forecast.hpp"

#include <algorithm>

#include "check/certificate.hpp"
#include "check/dane.hpp"
#include "delivery/expectation.hpp"
#include "policy/content_type.hpp"

namespace mta_sts::check {
namespace {

bool cannot_be_tested(const SmtpFact& fact) {
  return fact.reach == Reach::port_blocked || fact.reach == Reach::unreachable ||
         fact.reach == Reach::not_tried || fact.reach == Reach::forbidden_address ||
         !turned_away(fact).empty();
}

// Senders refuse a policy of another type, and so does the product's own (position P4).
bool has_policy_type(const HttpsFact& answer) {
  const std::vector<std::string> values = header_values(answer, "Content-Type");
  const std::vector<std::string_view> views(values.begin(), values.end());
  return is_policy_content_type(views);
}

bool is_fetchable(const Case& c) {
  return c.answer != nullptr && c.answer->complete && c.answer->tls.certificate &&
         has_policy_type(*c.answer) &&
         is_acceptable(*c.answer->tls.certificate, "mta-sts." + c.facts.domain, c.facts.conditions.now);
}

delivery::SmtpSession session_of(const Case& c, const SmtpFact& fact) {
  const auto& certificate = fact.with_sni.certificate;
  const TlsaFact* tlsa = tlsa_fact(c, fact.mx);
  // Whole certificates and keys are not compared: the benefit of the doubt.
  return {.starttls = fact.starttls_offered,
          .handshake = fact.with_sni.established && certificate.has_value(),
          .certificate_valid = certificate && is_acceptable(*certificate, fact.mx, c.facts.conditions.now),
          .fits_tlsa =
              certificate && tlsa != nullptr && (fits_tlsa(*tlsa, *certificate) || has_full_data(*tlsa))};
}

// What the first failure is called here.
Delivery delivery_of(const delivery::SessionJudgement& judgement) {
  if (judgement.failures.empty()) {
    return Delivery::delivers;
  }
  switch (judgement.failures.front().obstacle) {
    case delivery::Obstacle::not_named:
      return Delivery::mx_not_in_policy;
    case delivery::Obstacle::no_starttls:
      return Delivery::no_starttls;
    case delivery::Obstacle::no_handshake:
      return Delivery::tls_failed;
    case delivery::Obstacle::tlsa_lookup_failed:
      return Delivery::tlsa_lookup_failed;
    case delivery::Obstacle::tlsa_mismatch:
      return Delivery::tlsa_mismatch;
    case delivery::Obstacle::certificate:
      break;
  }
  return Delivery::certificate_refused;
}

// What would be expected under enforce where there is no policy or it demands nothing.
delivery::Expectation expectation_of(const Case& c, const std::string& mx) {
  const Policy* policy = c.policy();
  return policy != nullptr && policy->mode != Mode::none
             ? delivery::expect_of({.mode = policy->mode, .mx = policy->mx}, mx, dane_of(c, mx))
             : delivery::expect_of_named(Mode::enforce, dane_of(c, mx));
}

std::string policy_word(const Case& c) {
  const bool discovered = c.record.outcome == TxtOutcome::ok && c.policy() != nullptr && is_fetchable(c);
  return discovered ? std::string(to_string(c.policy()->mode)) : "no policy";
}

std::string describe(const Forecast& result) {
  if (!result.is_testable) {
    return "The mail hosts could not be tested from here; the policy is: " + result.policy + ".";
  }
  if (result.policy == "enforce" && result.delivers) {
    return result.is_whole
               ? "A sender with MTA-STS delivers over verified TLS."
               : "A sender with MTA-STS delivers over verified TLS, but not to every mail host: see below.";
  }
  if (result.policy == "enforce") {
    return "A sender with MTA-STS delivers to no mail host: mail waits and bounces.";
  }
  const std::string mail = result.delivers ? "would pass" : "would fail";
  if (result.policy == "testing") {
    return "A sender delivers in any case and reports: under enforce the mail hosts " + mail + ".";
  }
  return "A sender finds " + std::string(result.policy == "none" ? "mode none" : "no policy") +
         ": mail is delivered without protection; under enforce the mail hosts " + mail + ".";
}

}  // namespace

std::string_view to_string(Delivery delivery) {
  switch (delivery) {
    case Delivery::delivers:
      return "delivers";
    case Delivery::mx_not_in_policy:
      return "mx-not-in-policy";
    case Delivery::unreachable:
      return "unreachable";
    case Delivery::no_starttls:
      return "no-starttls";
    case Delivery::tls_failed:
      return "tls-failed";
    case Delivery::certificate_refused:
      return "certificate-refused";
    case Delivery::tlsa_lookup_failed:
      return "tlsa-lookup-failed";
    case Delivery::tlsa_mismatch:
      return "tlsa-mismatch";
    case Delivery::not_testable:
      return "not-testable";
  }
  return "not-testable";
}

Delivery judge_at(const Case& c, const SmtpFact& fact, const delivery::Expectation& expected) {
  if (!expected.is_named) {
    return Delivery::mx_not_in_policy;
  }
  if (!expected.is_open) {
    return Delivery::tlsa_lookup_failed;
  }
  if (cannot_be_tested(fact)) {
    return Delivery::not_testable;
  }
  if (fact.reach != Reach::connected) {
    return Delivery::unreachable;
  }
  return delivery_of(delivery::judge_session(expected, session_of(c, fact)));
}

Delivery judge_address(const Case& c, const SmtpFact& fact) {
  return judge_at(c, fact, delivery::expect_of_named(Mode::enforce, dane_of(c, fact.mx)));
}

Forecast forecast(const Case& c) {
  Forecast result;
  result.policy = policy_word(c);
  result.is_protected = result.policy == "enforce";
  for (const SmtpFact& fact : c.facts.smtp) {
    result.addresses.push_back(
        {.mx = fact.mx, .address = fact.address, .delivery = judge_at(c, fact, expectation_of(c, fact.mx))});
  }
  const auto is = [](Delivery wanted) {
    return [wanted](const AddressForecast& a) { return a.delivery == wanted; };
  };
  result.delivers = std::ranges::any_of(result.addresses, is(Delivery::delivers));
  result.is_whole = result.delivers && std::ranges::all_of(result.addresses, [](const AddressForecast& a) {
                      return a.delivery == Delivery::delivers || a.delivery == Delivery::not_testable;
                    });
  result.is_testable = !std::ranges::all_of(result.addresses, is(Delivery::not_testable));
  result.sentence = describe(result);
  return result;
}

}  // namespace mta_sts::check
