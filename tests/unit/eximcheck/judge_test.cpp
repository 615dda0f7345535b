#include "eximcheck/judge.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "eximcheck/build.hpp"
#include "eximcheck/route.hpp"
#include "unit/eximconf/flat_configuration.hpp"

namespace mta_sts::eximcheck {
namespace {

using Level = EximFinding::Level;
using Words = std::vector<std::string>;

// The configuration with its blocks, as Exim prints it once they are included.
std::string good() {
  const auto configuration = eximconf::read_configuration(eximconf::flat_configuration);
  return eximconf::as_exim_prints(eximconf::flat_configuration,
                                  *eximconf::derive(configuration, {.mode = "enforce"}));
}

std::string with_change(std::string_view from, std::string_view to) {
  std::string changed = eximconf::replaced(good(), from, to);
  EXPECT_NE(changed, good()) << from;
  return changed;
}

// The router or transport of that name without one of its options.
std::string without_option(std::string_view instance, std::string_view option) {
  std::string text = good();
  const std::size_t begin = text.find("\n" + std::string(instance) + ":\n");
  const std::size_t at = text.find("\n  " + std::string(option), begin);
  EXPECT_NE(at, text.npos) << instance << ' ' << option;
  return text.erase(at, text.find('\n', at + 1) - at);
}

std::string without_instance(std::string_view instance) {
  std::string text = good();
  const std::size_t begin = text.find("\n" + std::string(instance) + ":\n");
  EXPECT_NE(begin, text.npos) << instance;
  return text.erase(begin, text.find("\n\n", begin + 1) - begin);
}

std::vector<EximFinding> findings_of(const std::string& flat, const std::string& expected_mode = "") {
  const auto configuration = eximconf::read_configuration(flat);
  const auto settings = eximconf::settings_of(configuration);
  const auto blocks = eximconf::derive(configuration, settings);
  return judge_configuration({configuration, settings, blocks, expected_mode});
}

Words faults_of(const std::string& flat, const std::string& expected_mode = "") {
  Words words;
  for (const EximFinding& finding : findings_of(flat, expected_mode)) {
    EXPECT_FALSE(finding.text.empty());
    EXPECT_EQ(finding.fix.empty(), finding.level == Level::ok) << finding.word;
    if (finding.level == Level::fault && std::ranges::find(words, finding.word) == words.end()) {
      words.push_back(finding.word);
    }
  }
  return words;
}

std::string text_of(const std::string& flat) {
  std::string text;
  for (const EximFinding& finding : findings_of(flat)) {
    text += finding.text + "\n";
  }
  return text;
}

TEST(EximJudge, FindsNothingWhereTheBlocksAreThere) {
  EXPECT_EQ(faults_of(good()), Words{});
}

TEST(EximJudge, NamesWhatIsNotThere) {
  EXPECT_EQ(faults_of(std::string(eximconf::flat_configuration)),
            (Words{"exim-routers-missing", "exim-transport-changed"}));
  const std::string text = text_of(std::string(eximconf::flat_configuration));
  EXPECT_NE(text.find("smart_host, mx"), std::string::npos);
  for (const char* option : {"interface", "helo_data", "dkim_selector", "dkim_private_key", "return_path"}) {
    EXPECT_NE(text.find(option), std::string::npos) << option;
  }
}

TEST(EximJudge, NamesEachOptionThatATwinLacks) {
  for (const char* option :
       {"helo_data", "dkim_selector", "dkim_private_key", "interface", "tls_verify_hosts", "event_action"}) {
    const std::string changed = without_option("mta_sts_enforce_to_world", option);
    EXPECT_EQ(faults_of(changed), Words{"exim-transport-changed"});
    EXPECT_NE(text_of(changed).find(option), std::string::npos);
  }
}

TEST(EximJudge, SeesThatTheAdministratorChangedATransport) {
  EXPECT_EQ(faults_of(with_change("\n    dkim_selector = mail", "\n    dkim_selector = new")),
            Words{"exim-transport-changed"});
  EXPECT_EQ(faults_of(with_change("\n    dkim_selector = mail",
                                  "\n    dkim_selector = mail\n    message_linelength_limit = 1G")),
            Words{"exim-transport-changed"});
}

TEST(EximJudge, SeesRoutersThatAreLeftOut) {
  const std::string changed = without_instance("mta_sts_plain_archive");
  EXPECT_EQ(faults_of(changed), Words{"exim-routers-changed"});
  EXPECT_NE(text_of(changed).find("mta_sts_plain_archive"), std::string::npos);
  EXPECT_EQ(faults_of(without_instance("mta_sts_wait_mx")), Words{"exim-routers-changed"});
  EXPECT_EQ(faults_of(without_option("mta_sts_take_mx", "condition")), Words{"exim-routers-changed"});
}

TEST(EximJudge, SeesARouterBeforeOurs) {
  const std::string changed =
      with_change("begin routers\n", "begin routers\nfirst:\n  driver = accept\n  transport = to_world\n");
  const Words words = faults_of(changed);
  EXPECT_NE(std::ranges::find(words, "exim-routers-order"), words.end());
  EXPECT_NE(text_of(changed).find("first"), std::string::npos);
}

TEST(EximJudge, SeesARouterThatLeadsPastOurs) {
  const std::string changed =
      with_change("\n  redirect_router = mta_sts_begin_mx", "\n  redirect_router = mx");
  const Words words = faults_of(changed);
  EXPECT_NE(std::ranges::find(words, "exim-redirect-behind"), words.end());
  const std::string later = with_change(
      "\n  mailboxes:\n",
      "\n  late:\n    driver = redirect\n    data = x@y\n    redirect_router = mx\n  mailboxes:\n");
  EXPECT_FALSE(faults_of(later).empty());
  EXPECT_NE(text_of(later).find("late"), std::string::npos);
}

TEST(EximJudge, SeesARouterThatIsNew) {
  const std::string changed = with_change("\n  smart_host:\n",
                                          "\n  by_hand:\n    driver = manualroute\n    route_list = * "
                                          "a.example\n    transport = to_world\n  smart_host:\n");
  EXPECT_EQ(faults_of(changed).front(), "exim-routers-changed");
  EXPECT_NE(text_of(changed).find("by_hand"), std::string::npos);
}

TEST(EximJudge, SeesAListThatIsNotDefined) {
  EXPECT_EQ(faults_of(with_change("domainlist local_domains", "domainlist other")),
            Words{"exim-list-missing"});
  EXPECT_EQ(faults_of(with_change("hostlist loopback =", "hostlist other =")),
            (Words{"exim-routers-changed", "exim-list-missing", "exim-lists-changed"}));
}

TEST(EximJudge, SeesThatNobodyIsAskedAbout) {
  const auto asking = [](const std::string& recipients) {
    const std::string lists = with_change("domainlist local_domains = @ : sender.example",
                                          "domainlist local_domains = @\ndomainlist relay_to_domains = "
                                          "*\ndomainlist more = a.example : +relay_to_domains");
    return eximconf::replaced(
        eximconf::replaced(lists, "MTA_STS_RECIPIENTS = *", "MTA_STS_RECIPIENTS = " + recipients),
        "\n  domains = *\n", "\n  domains = " + recipients + "\n");
  };
  for (const char* recipients : {"! +relay_to_domains : *", "! +more : *", "! *", "! * : a.example", ":"}) {
    EXPECT_EQ(faults_of(asking(recipients)), Words{"exim-recipients-none"}) << recipients;
  }
  for (const char* recipients :
       {"! +local_domains : *", "! +local_domains", "a.example : ! *", "a.example"}) {
    EXPECT_EQ(faults_of(asking(recipients)), Words{}) << recipients;
  }
}

TEST(EximJudge, SeesThatAListOfOursIsAnother) {
  EXPECT_EQ(faults_of(with_change("mta_sts_unnamed_hosts = <; ! @[] ;", "mta_sts_unnamed_hosts = <;")),
            Words{"exim-lists-changed"});
  EXPECT_EQ(faults_of(with_change("acl_smtp_rcpt = check",
                                  "acl_smtp_rcpt = check\nhosts_treat_as_local = a.example")),
            Words{"exim-lists-changed"});
  EXPECT_EQ(faults_of(with_change("acl_smtp_rcpt = check", "hostlist mta_sts_ignored_7 = 10.0.0.1")),
            Words{"exim-lists-changed"});
}

TEST(EximJudge, ComparesTheModeWithTheOneThatIsWanted) {
  const auto in_mode = [](const std::string& mode) {
    return eximconf::replaced(eximconf::replaced(good(), "MTA_STS_MODE = enforce", "MTA_STS_MODE = " + mode),
                              "inlisti{enforce}", "inlisti{" + mode + "}");
  };
  EXPECT_EQ(faults_of(in_mode("enforce"), "enforce"), Words{});
  EXPECT_EQ(faults_of(in_mode("observe")), Words{});
  EXPECT_EQ(faults_of(in_mode("observe"), "enforce"), Words{"exim-mode-observe"});
  EXPECT_EQ(faults_of(in_mode("off")), Words{"exim-mode-off"});
  EXPECT_EQ(faults_of(in_mode("on")), Words{"exim-mode-unknown"});
}

TEST(EximJudge, SaysWhyAConfigurationCannotBeServed) {
  EXPECT_EQ(faults_of(with_change("\n  * * F,2h,15m\n", "\n")), Words{"exim-no-retry"});
}

TEST(EximBuild, IsReadFromItsOwnWords) {
  const EximBuild build = read_build(
      "Exim version 4.96 #2 built 27-May-2026 16:52:26\nSupport for: crypteq Expand_dlfunc GnuTLS DANE DKIM\n"
      "Lookups (built-in): lsearch dnsdb dsearch\nConfiguration file is /etc/exim.conf\n");
  EXPECT_EQ(build.version, "4.96");
  EXPECT_TRUE(build.has_dlfunc && build.has_dane && build.has_dkim && build.has_dnsdb);
  const EximBuild other = read_build("Exim version 4.98.2 #2\nSupport for: Expand_dlfunc2\n");
  EXPECT_FALSE(other.has_dlfunc || other.has_dane || other.has_dkim || other.has_dnsdb);
}

TEST(EximRoute, IsReadFromAnAddressTest) {
  const EximRoute route = read_route(
      "a@b.example\n    <-- x@y\n  router = r, transport = t\n  host mx1.b.example [192.0.2.1] MX=10\n"
      "  host mx2.b.example [192.0.2.2] MX=20\n");
  EXPECT_EQ(route.router, "r");
  EXPECT_EQ(route.transport, "t");
  EXPECT_EQ(route.hosts, (Words{"mx1.b.example", "mx2.b.example"}));
  const EximRoute none = read_route("a@b.example cannot be resolved at this time: MTA-STS deadline\n");
  EXPECT_TRUE(none.router.empty());
  EXPECT_NE(none.message.find("MTA-STS deadline"), std::string::npos);
}

TEST(EximVerdict, TellsWhatLiesOnThisHost) {
  const eximconf::Settings settings;
  EXPECT_EQ(judge_verdict("mode=none source=none", settings, "root").level, Level::ok);
  EXPECT_EQ(judge_verdict("mode=temp reason=plugin-missing", settings, "root").word, "plugin-missing");
  EXPECT_EQ(judge_verdict("mode=temp reason=resolver-unreachable source=none", settings, "root").level,
            Level::fault);
  EXPECT_EQ(judge_verdict("mode=temp reason=txt-lookup-failed source=none", settings, "root").level,
            Level::temporary);
  EXPECT_EQ(judge_verdict("Failed: dlopen", settings, "root").word, "exim-plugin-not-loaded");
}

TEST(EximCertificateCheck, WantsOneNameTakenAndTheOtherRefused) {
  const eximconf::Settings settings;
  const char* refusal = "MTA-STS certificate-host-mismatch: the certificate of mx names another";
  EXPECT_EQ(judge_certificate_check("", refusal, settings).level, Level::ok);
  EXPECT_EQ(judge_certificate_check("", "", settings).level, Level::fault);
  EXPECT_EQ(judge_certificate_check(refusal, refusal, settings).level, Level::fault);
}

}  // namespace
}  // namespace mta_sts::eximcheck
