#include "check/forecast.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "recordings.hpp"

namespace mta_sts::check {
namespace {

/// The words of the forecast for each address of the healthy domain's mail hosts after a change.
std::vector<std::string> words_after(const std::function<void(Facts&)>& change, bool delivers) {
  Facts facts = facts_of(healthy_recording());
  change(facts);
  const Case subject(facts);
  const Forecast result = forecast(subject);
  EXPECT_EQ(result.delivers, delivers);
  std::vector<std::string> words;
  for (const AddressForecast& at : result.addresses) {
    words.emplace_back(to_string(at.delivery));
  }
  return words;
}

std::string first_after(const std::function<void(SmtpFact&)>& change) {
  const auto without_dane = [&](Facts& facts) {
    facts.conditions.resolver_validates = false;
    change(facts.smtp.front());
  };
  return words_after(without_dane, true).front();
}

void serve(Facts& facts, const std::string& body) {
  for (HttpsFact& fact : facts.https.by_address) {
    fact.body = body;
  }
}

const std::string of_others = "mx: mx.example.net\r\nmax_age: 86400\r\n";

TEST(Forecast, NamesWhatKeepsAHostFromItsMail) {
  EXPECT_EQ(first_after([](SmtpFact&) {}), "delivers");
  EXPECT_EQ(first_after([](SmtpFact& f) { f.reach = Reach::refused; }), "unreachable");
  EXPECT_EQ(first_after([](SmtpFact& f) { f.reach = Reach::port_blocked; }), "not-testable");
  EXPECT_EQ(first_after([](SmtpFact& f) { f.starttls_offered = false; }), "no-starttls");
  EXPECT_EQ(first_after([](SmtpFact& f) { f.with_sni.established = false; }), "tls-failed");
  EXPECT_EQ(first_after([](SmtpFact& f) { f.with_sni.certificate.reset(); }), "tls-failed");
  EXPECT_EQ(first_after([](SmtpFact& f) { f.with_sni.certificate->trusted = false; }), "certificate-refused");
  EXPECT_EQ(first_after([](SmtpFact& f) { f.with_sni.certificate->chain.emplace_back().flaw = "expired"; }),
            "certificate-refused");
  EXPECT_EQ(first_after([](SmtpFact& f) { f.with_sni.certificate->dns_names = {"x.test"}; }),
            "certificate-refused");
}

TEST(Forecast, LetsDaneDecideWhereItIsPublished) {  // R119 to R123, P8
  const auto first = [](const std::function<void(Facts&)>& change) {
    return words_after(change, true).front();
  };
  const auto distrust = [](Facts& f) { f.smtp.front().with_sni.certificate->trusted = false; };
  EXPECT_EQ(first(distrust), "delivers");
  EXPECT_EQ(first([&](Facts& f) { distrust(f), f.dns.mx_authenticated = false; }), "certificate-refused");
  EXPECT_EQ(first([](Facts& f) { f.dns.tlsa.front().records = {"3 1 1 cd"}; }), "tlsa-mismatch");
  EXPECT_EQ(first([](Facts& f) { f.dns.tlsa.front().records = {"1 1 1 cd"}; }), "delivers");
  EXPECT_EQ(first([](Facts& f) { f.dns.tlsa.front().status = DnsStatus::serv_fail; }), "tlsa-lookup-failed");
  EXPECT_EQ(first([](Facts& f) {
              f.dns.tlsa.front().status = DnsStatus::serv_fail;
              for (HostFact& host : f.dns.hosts) {
                host.authenticated = false;
              }
            }),
            "delivers");
}

TEST(Forecast, IsGreenWhereEveryHostDelivers) {
  Facts facts = facts_of(healthy_recording());
  EXPECT_TRUE(forecast(Case(facts)).is_whole);
  facts.smtp.back().starttls_offered = false;  // the backup
  EXPECT_FALSE(forecast(Case(facts)).is_whole);
  EXPECT_TRUE(forecast(Case(facts)).delivers);
  for (SmtpFact& fact : facts.smtp) {
    fact.reach = Reach::refused;
  }
  EXPECT_FALSE(forecast(Case(facts)).delivers);
}

TEST(Forecast, FindsNoPolicyWhereASenderRefusesIt) {
  Facts facts = facts_of(healthy_recording());
  for (HttpsFact& fact : facts.https.by_address) {
    fact.headers = {{.name = "Content-Type", .value = "text/html"}};
  }
  EXPECT_EQ(forecast(Case(facts)).policy, "no policy");
  EXPECT_FALSE(forecast(Case(facts)).is_protected);
}

TEST(Forecast, AsksThePolicyForTheNamesBeforeAnythingElse) {  // R97
  for (const char* mode : {"enforce", "testing"}) {
    const auto words = words_after(
        [&](Facts& facts) {
          serve(facts, "version: STSv1\r\nmode: " + std::string(mode) + "\r\n" + of_others);
          facts.smtp.front().reach = Reach::port_blocked;
        },
        false);
    EXPECT_EQ(words, std::vector<std::string>(words.size(), "mx-not-in-policy"));
  }
}

TEST(Forecast, SaysOfNoneAndOfNoPolicyWhatEnforceWouldMake) {  // R109
  for (const std::string& body : {"version: STSv1\r\nmode: none\r\n" + of_others, std::string("<html>")}) {
    const auto words = words_after(
        [&](Facts& facts) {
          serve(facts, body);
          facts.smtp.front().starttls_offered = false;
        },
        true);
    EXPECT_EQ(words.front(), "no-starttls");
    EXPECT_EQ(words.back(), "delivers");
  }
}

}  // namespace
}  // namespace mta_sts::check
