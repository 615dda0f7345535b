#include "check/forecast.hpp"

#include <algorithm>

#include "check/certificate.hpp"
#include "delivery/expectation.hpp"

namespace mta_sts::check {
namespace {

bool cannot_be_tested(const SmtpFact& fact) {
  return fact.reach == Reach::port_blocked || fact.reach == Reach::unreachable ||
         fact.reach == Reach::not_tried || fact.reach == Reach::forbidden_address;
}

bool is_fetchable(const Case& c) {
  return c.answer != nullptr && c.answer->complete && c.answer->tls.certificate &&
         is_acceptable(*c.answer->tls.certificate, "mta-sts." + c.facts.domain, c.facts.conditions.now);
}

delivery::SmtpSession session_of(const SmtpFact& fact, std::chrono::sys_seconds now) {
  const auto& certificate = fact.with_sni.certificate;
  return {.starttls = fact.starttls_offered,
          .handshake = fact.with_sni.established && certificate.has_value(),
          .certificate_valid = certificate && is_acceptable(*certificate, fact.mx, now)};
}

// What the first failure is called here; this forecast leaves DANE to C50 and C51.
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
    case delivery::Obstacle::certificate:
    case delivery::Obstacle::tlsa_lookup_failed:
    case delivery::Obstacle::tlsa_mismatch:
      break;
  }
  return Delivery::certificate_refused;
}

// What would be expected under enforce where there is no policy or it demands nothing.
delivery::Expectation expectation_of(const Case& c, const std::string& mx) {
  const Policy* policy = c.policy();
  return policy != nullptr && policy->mode != Mode::none
             ? delivery::expect_of({.mode = policy->mode, .mx = policy->mx}, mx, {})
             : delivery::expect_of_named(Mode::enforce, {});
}

Delivery judge_at(const SmtpFact& fact, const delivery::Expectation& expected, std::chrono::sys_seconds now) {
  if (!expected.is_named) {
    return Delivery::mx_not_in_policy;
  }
  if (cannot_be_tested(fact)) {
    return Delivery::not_testable;
  }
  if (fact.reach != Reach::connected) {
    return Delivery::unreachable;
  }
  return delivery_of(delivery::judge_session(expected, session_of(fact, now)));
}

std::string policy_word(const Case& c) {
  const bool discovered = c.record.outcome == TxtOutcome::ok && c.policy() != nullptr && is_fetchable(c);
  return discovered ? std::string(to_string(c.policy()->mode)) : "no policy";
}

std::string describe(const Forecast& result) {
  if (!result.is_testable) {
    return "The mail hosts could not be tested from here; the policy is: " + result.policy + ".";
  }
  if (result.policy == "enforce") {
    return result.delivers ? "A sender with MTA-STS delivers over verified TLS."
                           : "A sender with MTA-STS refuses every mail host: mail waits and bounces.";
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
    case Delivery::not_testable:
      return "not-testable";
  }
  return "not-testable";
}

Delivery judge_address(const SmtpFact& fact, std::chrono::sys_seconds now) {
  return judge_at(fact, delivery::expect_of_named(Mode::enforce, {}), now);
}

Forecast forecast(const Case& c) {
  Forecast result;
  result.policy = policy_word(c);
  result.is_protected = result.policy == "enforce";
  for (const SmtpFact& fact : c.facts.smtp) {
    result.addresses.push_back(
        {.mx = fact.mx,
         .address = fact.address,
         .delivery = judge_at(fact, expectation_of(c, fact.mx), c.facts.conditions.now)});
  }
  const auto is = [](Delivery wanted) {
    return [wanted](const AddressForecast& a) { return a.delivery == wanted; };
  };
  result.delivers = std::ranges::any_of(result.addresses, is(Delivery::delivers));
  result.is_testable = !std::ranges::all_of(result.addresses, is(Delivery::not_testable));
  result.sentence = describe(result);
  return result;
}

}  // namespace mta_sts::check
