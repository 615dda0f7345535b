#include "steps/live.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "check/case.hpp"
#include "check/certificate.hpp"
#include "check/forecast.hpp"
#include "check/reach.hpp"

namespace mta_sts::steps {
namespace {

using check::HttpsFact;
using check::Reach;

NetworkAnswer answer_of(Known known, std::string detail) {
  return {.known = known, .detail = std::move(detail)};
}

const NetworkAnswer yes{.known = Known::yes, .detail = {}};

std::string shown(std::string_view foreign) {
  return text::escape_for_display(foreign, 200);
}

std::string at(const HttpsFact& fact) {
  return " at " + shown(fact.address);
}

// No is worse than not known, and both are worse than yes: one address that fails is one that senders meet.
void keep_worse(NetworkAnswer& all, NetworkAnswer one) {
  const auto rank = [](Known known) { return known == Known::no ? 2 : known == Known::not_known ? 1 : 0; };
  if (rank(one.known) > rank(all.known)) {
    all = std::move(one);
  }
}

NetworkAnswer host_of(const check::HostFact* host, const std::string& name) {
  if (host != nullptr && !host->addresses.empty()) {
    return yes;
  }
  for (const DnsStatus status : {host == nullptr ? DnsStatus::timeout : host->a_status,
                                 host == nullptr ? DnsStatus::timeout : host->aaaa_status}) {
    if (check::lookup_failed(status)) {
      return answer_of(Known::not_known,
                       "the lookup of " + name + " fails: " + std::string(to_string(status)));
    }
  }
  return answer_of(Known::no, name + " has no address");
}

// What of a connection that brought no handshake is known: one that was refused is an answer, silence is
// none.
NetworkAnswer unreached(const HttpsFact& fact) {
  const bool is_answer = fact.reach == Reach::refused || fact.reach == Reach::forbidden_address;
  return answer_of(is_answer ? Known::no : Known::not_known,
                   std::string(check::words_of(fact.reach)) + at(fact));
}

NetworkAnswer certificate_at(const HttpsFact& fact, std::chrono::sys_seconds now) {
  if (fact.reach != Reach::connected) {
    return unreached(fact);
  }
  if (!fact.tls.certificate) {
    return answer_of(check::shook_hands(fact.tls) ? Known::not_known : Known::no,
                     "no certificate came" + at(fact) + ": " + shown(fact.tls.error));
  }
  const check::CertificateFact& certificate = *fact.tls.certificate;
  if (check::is_acceptable(certificate, fact.host, now)) {
    return yes;
  }
  std::string why = "senders refuse it";
  for (const auto& findings : {check::judge_trust(certificate, "", check::Severity::error),
                               check::judge_validity(certificate, now, "", check::Severity::error),
                               check::judge_name(certificate, fact.host, "", check::Severity::error)}) {
    why = findings.empty() ? why : findings.front().evidence;
  }
  return answer_of(Known::no, shown(why) + at(fact));
}

NetworkAnswer policy_at(const HttpsFact& fact) {
  if (fact.reach != Reach::connected) {
    return unreached(fact);
  }
  if (fact.status == 0 || !fact.complete) {
    const bool is_closed = !fact.tls.established;
    return answer_of(is_closed ? Known::no : Known::not_known,
                     "no whole answer" + at(fact) + (fact.error.empty() ? "" : ": " + shown(fact.error)));
  }
  if (fact.status != 200) {
    return answer_of(Known::no, "status " + std::to_string(fact.status) + at(fact));
  }
  if (const auto policy = parse_policy(fact.body, Reading::sender); !policy) {
    const std::string_view instead = check::served_instead(fact);
    return answer_of(
        Known::no,
        (instead.empty() ? "no valid policy: " + policy.error().detail : std::string(instead)) + at(fact));
  }
  return yes;
}

// Whether more addresses than those that were asked may serve senders.
NetworkAnswer all_addresses(const check::HostFact& host, const std::string& name) {
  for (const DnsStatus status : {host.a_status, host.aaaa_status}) {
    if (check::lookup_failed(status)) {
      return answer_of(Known::not_known, "not every address of " + name +
                                             " is known: a lookup fails: " + std::string(to_string(status)));
    }
  }
  if (host.addresses.size() >= check::address_facts_limit) {
    return answer_of(Known::not_known, name + " has more addresses than are looked at: " +
                                           std::to_string(check::address_facts_limit) + " or more");
  }
  return yes;
}

void read_policy_host(Live& live, const check::Facts& facts) {
  const std::string name = "mta-sts." + facts.domain;
  const check::HostFact* host = facts.dns.host(name);
  live.host = host_of(host, name);
  live.certificate = live.served = live.host;
  if (live.host.known != Known::yes) {
    return;
  }
  live.addresses = host->addresses;
  live.alias = host->cname_chain.empty() ? "" : host->cname_chain.front();
  live.certificate = live.served = all_addresses(*host, name);
  for (const HttpsFact& fact : facts.https.by_address) {
    keep_worse(live.certificate, certificate_at(fact, facts.conditions.now));
    NetworkAnswer served = policy_at(fact);
    if (served.known == Known::yes && std::ranges::find(live.bodies, fact.body) == live.bodies.end()) {
      live.bodies.push_back(fact.body);
    }
    keep_worse(live.served, std::move(served));
  }
}

void read_mail_hosts(Live& live, const check::Case& asked) {
  const check::DnsFacts& dns = asked.facts.dns;
  live.has_mx_record = !dns.mx.empty();
  if (check::lookup_failed(dns.mx_status)) {
    live.mail_hosts = answer_of(
        Known::not_known, "the lookup of the MX records fails: " + std::string(to_string(dns.mx_status)));
  } else if (dns.mx_status == DnsStatus::nx_domain) {
    live.mail_hosts = answer_of(Known::no, "the domain does not exist in DNS");
  } else if (dns.mx.size() >= check::mx_facts_limit) {
    live.mail_hosts = answer_of(Known::not_known, "the domain has more MX records than are looked at");
  } else if (asked.is_null_mx()) {
    live.mail_hosts = answer_of(Known::no, "the domain says that it takes no mail (null MX)");
  } else {
    live.mail_hosts = yes;
    live.mx = asked.mx_names();
  }
}

// A host that did not take the connection says nothing of its TLS.
NetworkAnswer mail_tls_at(const check::Case& asked, const check::SmtpFact& fact) {
  const check::Delivery delivery = check::judge_address(asked, fact);
  if (delivery == check::Delivery::delivers) {
    return yes;
  }
  const bool is_known = delivery != check::Delivery::not_testable && delivery != check::Delivery::unreachable;
  return answer_of(
      is_known ? Known::no : Known::not_known,
      std::string(to_string(delivery)) + " at " + check::subject_of(shown(fact.mx), shown(fact.address)));
}

void read_mail_tls(Live& live, const check::Case& asked) {
  if (live.mail_hosts.known != Known::yes) {
    live.mail_tls = live.mail_hosts;
    return;
  }
  live.mail_tls = yes;
  const auto& facts = asked.facts.smtp;
  for (const std::string& mx : live.mx) {
    if (std::ranges::find(facts, mx, &check::SmtpFact::mx) == facts.end()) {
      keep_worse(live.mail_tls, answer_of(Known::not_known, shown(mx) + " was not asked"));
    }
  }
  for (const check::SmtpFact& fact : facts) {
    keep_worse(live.mail_tls, mail_tls_at(asked, fact));
  }
}

}  // namespace

std::optional<std::string> unusable_mx(const Live& live) {
  const auto wrong = std::ranges::find_if(live.mx, [](const std::string& name) {
    return !is_mx_pattern(name, Reading::strict) || name.starts_with('*') || name.find('.') == name.npos;
  });
  return wrong == live.mx.end() ? std::nullopt : std::optional(*wrong);
}

Live live_of(const check::Facts& facts) {
  const check::Case asked(facts);
  Live live;
  live.is_asked = true;
  read_policy_host(live, facts);
  read_mail_hosts(live, asked);
  read_mail_tls(live, asked);
  live.record = asked.record;
  live.reports = asked.tlsrpt;
  if (!facts.dns.sts.cname_chain.empty()) {
    live.record_alias = facts.dns.sts.cname_chain.front();
  }
  return live;
}

}  // namespace mta_sts::steps
