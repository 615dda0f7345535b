#include "steps/live.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "check/facts_json.hpp"

namespace mta_sts::steps {
namespace {

using check::Facts;
using check::Reach;

Facts healthy() {
  std::ifstream file(MTA_STS_SOURCE_DIR "/tests/vectors/check/healthy.json");
  std::stringstream text;
  text << file.rdbuf();
  auto facts = check::parse_facts(text.str());
  EXPECT_TRUE(facts.has_value());
  return facts.value_or(Facts());
}

char sign_of(const NetworkAnswer& answer) {
  return answer.known == Known::yes ? 'y' : answer.known == Known::no ? 'n' : '?';
}

// host, certificate, policy, mail hosts
std::string signs(const std::function<void(Facts&)>& change) {
  Facts facts = healthy();
  change(facts);
  const Live live = live_of(facts);
  return {sign_of(live.host), sign_of(live.certificate), sign_of(live.served), sign_of(live.mail_hosts)};
}

check::HostFact& policy_host(Facts& facts) {
  for (check::HostFact& host : facts.dns.hosts) {
    if (host.name == "mta-sts." + facts.domain) {
      return host;
    }
  }
  return facts.dns.hosts.emplace_back();
}

check::HttpsFact& last(Facts& facts) {
  return facts.https.by_address.back();
}

TEST(StepsLive, ReadsAHealthyDomain) {
  const Live live = live_of(healthy());
  EXPECT_EQ(signs([](Facts&) {}), "yyyy");
  EXPECT_EQ(live.bodies.size(), 1U);
  EXPECT_EQ(live.mx, (std::vector<std::string>{"mx1.example.com", "mx2.example.com"}));
  EXPECT_TRUE(live.has_mx_record);
  EXPECT_EQ(live.record.id, "20260101T");
  EXPECT_EQ(live.record_alias, "");
}

TEST(StepsLive, KnowsNothingOfWhatGaveNoAnswer) {
  EXPECT_EQ(signs([](Facts& f) {
              policy_host(f).addresses.clear();
              policy_host(f).aaaa_status = DnsStatus::serv_fail;
            }),
            "???y");
  EXPECT_EQ(signs([](Facts& f) { last(f).reach = Reach::timeout; }), "y??y");
  EXPECT_EQ(signs([](Facts& f) { last(f).reach = Reach::not_tried; }), "y??y");
  EXPECT_EQ(signs([](Facts& f) { last(f).complete = false; }), "yy?y");
  EXPECT_EQ(signs([](Facts& f) { f.dns.mx_status = DnsStatus::timeout; }), "yyy?");
  EXPECT_EQ(signs([](Facts& f) { f.dns.mx.resize(check::mx_facts_limit, f.dns.mx.front()); }),
            "yyy?");  // cut
}

TEST(StepsLive, KnowsWhereNotEveryAddressWasAsked) {
  EXPECT_EQ(signs([](Facts& f) { policy_host(f).aaaa_status = DnsStatus::serv_fail; }), "y??y");
  EXPECT_EQ(signs([](Facts& f) {
              policy_host(f).addresses.resize(check::address_facts_limit, policy_host(f).addresses.front());
            }),
            "y??y");
}

TEST(StepsLive, KnowsMailHostsThatAPolicyCannotName) {
  const auto wrong = [](const char* name) {
    Live live;
    live.mx = {"mx.example.com", name};
    return unusable_mx(live).has_value();
  };
  EXPECT_FALSE(wrong("MX2.example.com"));
  for (const char* name : {"*.example.com", "localhost", "", "a b.example.com", "192.0.2.1"}) {
    EXPECT_TRUE(wrong(name)) << name;
  }
}

TEST(StepsLive, TakesARefusalAsAnAnswer) {
  EXPECT_EQ(signs([](Facts& f) { policy_host(f).addresses.clear(); }), "nnny");
  EXPECT_EQ(signs([](Facts& f) { last(f).reach = Reach::refused; }), "ynny");
  EXPECT_EQ(signs([](Facts& f) { last(f).status = 404; }), "yyny");
  EXPECT_EQ(signs([](Facts& f) { last(f).body = "<html>"; }), "yyny");
  EXPECT_EQ(signs([](Facts& f) { last(f).tls.certificate->trusted = false; }), "ynyy");
  EXPECT_EQ(signs([](Facts& f) { last(f).tls.certificate->dns_names = {"other.example"}; }), "ynyy");
  EXPECT_EQ(signs([](Facts& f) { f.dns.mx_status = DnsStatus::nx_domain; }), "yyyn");
  EXPECT_EQ(signs([](Facts& f) { f.dns.mx = {{.preference = 0, .name = ""}}; }), "yyyn");  // RFC 7505
}

TEST(StepsLive, JudgesMailHostsAsSendersThatEnforce) {
  const auto tls = [](const std::function<void(check::SmtpFact&)>& change) {
    Facts facts = healthy();
    change(facts.smtp.back());
    return sign_of(live_of(facts).mail_tls);
  };
  EXPECT_EQ(tls([](check::SmtpFact&) {}), 'y');
  EXPECT_EQ(tls([](check::SmtpFact& f) { f.starttls_offered = false; }), 'n');
  EXPECT_EQ(tls([](check::SmtpFact& f) { f.with_sni.certificate->trusted = false; }), 'n');
  EXPECT_EQ(tls([](check::SmtpFact& f) { f.reach = Reach::port_blocked; }), '?');
  EXPECT_EQ(tls([](check::SmtpFact& f) { f.reach = Reach::refused; }), '?');  // senders try the next host
  Facts facts = healthy();
  facts.smtp.clear();
  EXPECT_EQ(sign_of(live_of(facts).mail_tls), '?');
}

TEST(StepsLive, TellsTheImplicitMailHost) {  // RFC 5321 section 5.1
  Facts facts = healthy();
  facts.dns.mx.clear();
  facts.dns.mx_status = DnsStatus::no_data;
  const Live live = live_of(facts);
  EXPECT_EQ(live.mx, std::vector<std::string>{"example.com"});
  EXPECT_FALSE(live.has_mx_record);
}

TEST(StepsLive, MakesForeignTextSafe) {
  Facts facts = healthy();
  last(facts).tls.certificate->dns_names = {"a\nupdate add x. 1 A 192.0.2.1"};
  EXPECT_EQ(live_of(facts).certificate.detail.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace mta_sts::steps
