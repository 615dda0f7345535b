#include "check/case.hpp"

#include <algorithm>

namespace mta_sts::check {
namespace {

const HttpsFact* choose_answer(const std::vector<HttpsFact>& answers) {
  const auto by_status = [](int wanted) {
    return [wanted](const HttpsFact& fact) { return fact.status == wanted; };
  };
  if (const auto good = std::ranges::find_if(answers, by_status(200)); good != answers.end()) {
    return &*good;
  }
  const auto any = std::ranges::find_if(answers, [](const HttpsFact& fact) { return fact.status != 0; });
  return any == answers.end() ? nullptr : &*any;
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
  if (answer != nullptr && answer->status == 200) {
    sender_reading = parse_policy(answer->body, Reading::sender);
    strict_reading = parse_policy(answer->body, Reading::strict);
  }
}

const Policy* Case::policy() const {
  return sender_reading && sender_reading->has_value() ? &sender_reading->value() : nullptr;
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

std::vector<Finding> ok(std::string evidence) {
  return {Finding{.outcome = Outcome::ok, .evidence = std::move(evidence)}};
}

std::vector<Finding> skipped(int because_of) {
  return {Finding{.outcome = Outcome::skipped, .because_of = because_of}};
}

std::vector<Finding> not_testable(std::string reason) {
  return {Finding{.outcome = Outcome::not_testable, .evidence = std::move(reason)}};
}

std::vector<Finding> not_applicable(std::string reason) {
  return {Finding{.outcome = Outcome::not_applicable, .evidence = std::move(reason)}};
}

Finding found(Severity severity, std::string evidence, std::string cause, std::string fix) {
  return {.outcome = Outcome::found,
          .severity = severity,
          .evidence = std::move(evidence),
          .cause = std::move(cause),
          .fix = std::move(fix)};
}

std::vector<Finding> all_or_ok(std::vector<Finding> findings, std::string evidence) {
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
