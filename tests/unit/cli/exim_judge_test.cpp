#include <gtest/gtest.h>

#include "exim_facts.hpp"

namespace mta_sts::cli {
namespace {

using Level = EximFinding::Level;

EximDriver driver(std::string name, std::map<std::string, std::string, std::less<>> options) {
  return {.name = std::move(name), .options = std::move(options)};
}

// Exim as it should be.
EximFacts good_facts() {
  EximFacts facts;
  facts.version = "4.96";
  facts.has_dlfunc = true;
  facts.configuration = "/etc/exim.conf";
  facts.routers = {driver("hubbed_hosts", {{"driver", "manualroute"}}),
                   driver("mta_sts_observe", {{"driver", "redirect"}}),
                   driver("mta_sts_verdict", {{"driver", "redirect"}}),
                   driver("mta_sts_temp", {{"driver", "redirect"}}),
                   driver("mta_sts_enforce", {{"driver", "dnslookup"}}),
                   driver("mta_sts_no_matching_mx", {{"driver", "redirect"}}),
                   driver("mta_sts_testing", {{"driver", "dnslookup"}}),
                   driver("dnslookup", {{"driver", "dnslookup"}})};
  facts.transports = {driver("mta_sts_enforce_smtp", {{"hosts_require_tls", "*"},
                                                      {"tls_verify_hosts", "*"},
                                                      {"tls_verify_cert_hostnames", "*"},
                                                      {"tls_tempfail_tryclear", "no"},
                                                      {"multi_domain", "no"},
                                                      {"connection_max_messages", "1"},
                                                      {"tls_verify_certificates", "system"},
                                                      {"event_action", "${dlfunc{/x}{mta_sts_cert}{a}{b}}"}}),
                      driver("mta_sts_testing_smtp", {})};
  facts.plugin = "/usr/lib/exim4/mta_sts.so";
  facts.socket = "/run/mta-sts/exim.sock";
  facts.mode = "enforce";
  return facts;
}

std::vector<std::string> words(const EximFacts& facts) {
  std::vector<std::string> found;
  for (const EximFinding& finding : judge_configuration(facts)) {
    EXPECT_FALSE(finding.text.empty());
    if (finding.level != Level::ok) {
      EXPECT_FALSE(finding.mend.empty()) << finding.word;
      found.push_back(finding.word);
    }
  }
  return found;
}

using Words = std::vector<std::string>;

TEST(EximVersion, IsReadFromItsOwnWords) {
  EximFacts facts;
  read_version(facts,
               "Exim version 4.96 #2 built 27-May-2026 16:52:26\nSupport for: crypteq Expand_dlfunc GnuTLS\n"
               "Configuration file is /etc/exim4/my exim.conf\n");
  EXPECT_EQ(facts.version, "4.96");
  EXPECT_TRUE(facts.has_dlfunc);
  EXPECT_EQ(facts.configuration, "/etc/exim4/my exim.conf");
  EximFacts light;
  read_version(light, "Support for: crypteq GnuTLS Not_Expand_dlfunc\n");
  EXPECT_FALSE(light.has_dlfunc);
}

TEST(EximDrivers, AreReadInTheirOrder) {
  const auto routers = read_drivers(
      "stray = 1\nfirst router:\naddress_data = \ndriver = dnslookup\nno_more\nunseen\n\nsecond router:\n"
      "data = x router:\ndata2 = a = b\n",
      "router");
  ASSERT_EQ(routers.size(), 2U);
  EXPECT_EQ(routers[0].name, "first");
  EXPECT_EQ(routers[0].option("driver"), "dnslookup");
  EXPECT_EQ(routers[0].option("address_data"), "");
  EXPECT_EQ(routers[0].option("more"), "no");
  EXPECT_EQ(routers[0].option("unseen"), "yes");
  EXPECT_EQ(routers[0].option("absent"), "");
  EXPECT_EQ(routers[1].option("data"), "x router:");
  EXPECT_EQ(routers[1].option("data2"), "a = b");
}

TEST(EximMacro, IsWhatStandsBehindItsName) {
  EXPECT_EQ(read_macro("MTA_STS_MODE=observe\n", "MTA_STS_MODE"), "observe");
  EXPECT_EQ(read_macro("macro MTA_STS_MODE not found\n", "MTA_STS_MODE"), "");
}

TEST(EximConfiguration, IsRightAsInstalled) {
  EXPECT_EQ(words(good_facts()), Words{});
}

TEST(EximConfiguration, NeedsAnEximThatLoadsPlugins) {
  EximFacts facts = good_facts();
  facts.has_dlfunc = false;
  EXPECT_EQ(words(facts), Words{"exim-without-dlfunc"});
}

TEST(EximConfiguration, NeedsEveryRouter) {
  for (std::size_t i = 2; i <= 6; ++i) {
    EximFacts facts = good_facts();
    facts.routers.erase(facts.routers.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(words(facts), Words{"exim-routers-missing"}) << i;
  }
}

TEST(EximConfiguration, TellsWhyDebiansUnsplitFormHasNoRouters) {
  EximFacts facts = good_facts();
  facts.routers.clear();
  facts.is_unsplit_debian = true;
  const auto findings = judge_configuration(facts);
  EXPECT_NE(findings.back().text.find("unsplit"), std::string::npos);
  EXPECT_NE(findings.back().mend.find("exim4.conf.template"), std::string::npos);
}

TEST(EximConfiguration, NeedsTheRoutersInOrder) {
  EximFacts swapped = good_facts();
  std::swap(swapped.routers[3], swapped.routers[4]);
  EXPECT_EQ(words(swapped), Words{"exim-routers-order"});
  EximFacts late = good_facts();
  std::rotate(late.routers.begin(), late.routers.end() - 1, late.routers.end());  // dnslookup comes first
  EXPECT_EQ(words(late), Words{"exim-routers-order"});
  EximFacts between = good_facts();
  std::rotate(between.routers.begin() + 3, between.routers.end() - 1, between.routers.end());
  EXPECT_EQ(words(between), Words{"exim-routers-order"});
  EximFacts smart = good_facts();
  smart.routers.insert(smart.routers.begin(), driver("smarthost", {{"driver", "manualroute"}}));
  EXPECT_EQ(words(smart), Words{"exim-routers-order"});
}

TEST(EximConfiguration, NeedsTheTransportsAsShipped) {
  EximFacts facts = good_facts();
  facts.transports.pop_back();
  EXPECT_EQ(words(facts), Words{"exim-transports-missing"});
  for (const char* option :
       {"hosts_require_tls", "tls_verify_hosts", "tls_verify_cert_hostnames", "tls_tempfail_tryclear",
        "multi_domain", "connection_max_messages", "tls_verify_certificates", "event_action"}) {
    EximFacts changed = good_facts();
    changed.transports[0].options[option] = "";
    EXPECT_EQ(words(changed), Words{"exim-transport-changed"}) << option;
  }
}

TEST(EximConfiguration, TellsEachModeApart) {
  const auto in_mode = [](std::string mode) {
    EximFacts facts = good_facts();
    facts.mode = std::move(mode);
    return words(facts);
  };
  EXPECT_EQ(in_mode("Enforce"), Words{});
  EXPECT_EQ(in_mode("observe"), Words{"exim-mode-observe"});
  EXPECT_EQ(in_mode("off"), Words{"exim-mode-off"});
  EXPECT_EQ(in_mode("on"), Words{"exim-mode-unknown"});
}

TEST(EximVerdict, TellsAFaultOfThisHostFromAPassingOne) {
  const auto judge = [](std::string_view expansion) {
    return judge_verdict(expansion, good_facts(), "root");
  };
  EXPECT_EQ(judge("mode=none source=none").level, Level::ok);
  EXPECT_EQ(judge("mode=temp reason=txt-lookup-failed source=none").level, Level::temporary);
  for (const std::string_view reason : {"resolver-unreachable", "socket-permission", "peer-not-trusted",
                                        "socket-path-too-long", "bad-argument", "answer-garbled"}) {
    const auto finding = judge("mode=temp reason=" + std::string(reason) + " source=none");
    EXPECT_EQ(finding.level, Level::fault) << reason;
    EXPECT_EQ(finding.word, reason);
    EXPECT_FALSE(finding.mend.empty());
  }
  const auto failed = judge("Failed: dlopen \"/x\" failed: \x1B[2J no such file");
  EXPECT_EQ(failed.word, "exim-plugin-not-loaded");
  EXPECT_EQ(failed.text.find('\x1B'), std::string::npos);
}

TEST(EximCertificateCheck, MustAcceptAndRefuse) {
  const auto judge = [](std::string_view fitting, std::string_view unfitting) {
    return judge_certificate_check(fitting, unfitting, good_facts()).level;
  };
  constexpr std::string_view refusal = "MTA-STS certificate-host-mismatch: the certificate of a names b";
  EXPECT_EQ(judge("", refusal), Level::ok);
  EXPECT_EQ(judge("", ""), Level::fault);
  EXPECT_EQ(judge(refusal, refusal), Level::fault);
  EXPECT_EQ(judge("Failed: dlsym", "Failed: dlsym"), Level::fault);
}

}  // namespace
}  // namespace mta_sts::cli
