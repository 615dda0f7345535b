#include "check/forecast.hpp"

#include <algorithm>

#include "check/certificate.hpp"
#include "policy/mx_match.hpp"

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
  if (cannot_be_tested(fact)) {
    return Delivery::not_testable;
  }
  if (fact.reach != Reach::connected) {
    return Delivery::unreachable;
  }
  if (!fact.starttls_offered) {
    return Delivery::no_starttls;
  }
  if (!fact.with_sni.established || !fact.with_sni.certificate) {
    return Delivery::tls_failed;
  }
  return is_acceptable(*fact.with_sni.certificate, fact.mx, now) ? Delivery::delivers
                                                                 : Delivery::certificate_refused;
}

Forecast forecast(const Case& c) {
  Forecast result;
  result.policy = policy_word(c);
  result.is_protected = result.policy == "enforce";
  const bool has_patterns = c.policy() != nullptr && c.policy()->mode != Mode::none;
  for (const SmtpFact& fact : c.facts.smtp) {
    const bool is_named = !has_patterns || matches_mx(c.policy()->mx, fact.mx);
    result.addresses.push_back(
        {.mx = fact.mx,
         .address = fact.address,
         .delivery = is_named ? judge_address(fact, c.facts.conditions.now) : Delivery::mx_not_in_policy});
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
