#include "eximconf/derive.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "eximconf/compare.hpp"
#include "eximconf/words.hpp"
#include "flat_configuration.hpp"

namespace mta_sts::eximconf {
namespace {

Derivation blocks_of(std::string_view flat, const Settings& settings = {}) {
  auto made = derive(read_configuration(flat), settings);
  EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().word + ": " + made.error().text);
  return made ? *std::move(made) : Derivation{};
}

std::string error_of(std::string_view flat, const Settings& settings = {}) {
  const auto made = derive(read_configuration(flat), settings);
  EXPECT_TRUE(made || !made.error().fix.empty());
  return made ? "" : made.error().word;
}

const Instance& at(const std::vector<Instance>& instances, std::string_view name) {
  const auto found = std::ranges::find(instances, name, &Instance::name);
  EXPECT_NE(found, instances.end()) << name;
  static const Instance none;
  return found == instances.end() ? none : *found;
}

bool has(const std::vector<Instance>& instances, std::string_view name) {
  return std::ranges::find(instances, name, &Instance::name) != instances.end();
}

std::string with_change(std::string_view from, std::string_view to) {
  std::string changed = replaced(std::string(flat_configuration), from, to);
  EXPECT_NE(changed, flat_configuration) << from;
  return changed;
}

TEST(Derive, CopiesAllRoutersUpToTheLastThatLeadsToOneThatSends) {
  const Derivation made = blocks_of(flat_configuration);
  EXPECT_EQ(made.covered, (std::vector<std::string>{"smart_host", "mx"}));
  EXPECT_TRUE(has(made.routers, "mta_sts_plain_archive"));
  EXPECT_TRUE(has(made.routers, "mta_sts_plain_forwards"));
  EXPECT_FALSE(has(made.routers, "mta_sts_plain_mailboxes"));
  EXPECT_EQ(made.routers.front().value("pass_router"), "archive");
  EXPECT_EQ(made.routers.back().value("pass_router"), "mailboxes");
  EXPECT_EQ(at(made.routers, "mta_sts_plain_forwards").value("redirect_router"), "mta_sts_begin_mx");
}

TEST(Derive, AsksARoutersConditionsOnce) {
  const Derivation made = blocks_of(flat_configuration);
  int asked = 0;
  for (const Instance& router : made.routers) {
    asked += static_cast<int>(std::ranges::count_if(router.options, [](const EximOption& option) {
      return option.text.find("/bin/count") != option.text.npos;
    }));
  }
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(at(made.routers, "mta_sts_take_mx").value("domains"), "! +local_domains");
}

TEST(
    Derive,
    AsksWithTheVariablesThatARoutersHostsHangOn) {  // else it asks for nobody, and mail goes without a policy
  const Derivation made = blocks_of(
      "begin routers\n hubs:\n  driver = manualroute\n  domains = lsearch;/hubs\n  local_parts = "
      "lsearch;/people\n"
      "  set = r_host = ${run{/bin/host}}\n  route_list = * $domain_data.$r_host byname\n  transport = t\n"
      " account:\n  driver = accept\n  address_data = ${lookup{$sender_address}lsearch{/accounts}}\n  "
      "transport = by_account\n"
      "begin transports\n t:\n  driver = smtp\n by_account:\n  driver = smtp\n  hosts = $address_data\n"
      "begin retry\n* * F,1h,1h\n");
  for (const char* name : {"mta_sts_verdict_hubs", "mta_sts_observe_hubs"}) {
    const Instance& asking = at(made.routers, name);
    EXPECT_EQ(asking.value("domains"), "lsearch;/hubs") << name;
    EXPECT_EQ(asking.value("local_parts"), "lsearch;/people") << name;
    EXPECT_NE(asking.value("condition").find("{eq{$r_mta_sts}{ask}}"), std::string::npos);
  }
  EXPECT_EQ(at(made.routers, "mta_sts_ask_hubs").value("domains"), "MTA_STS_RECIPIENTS");
  const Instance& take = at(made.routers, "mta_sts_take_hubs");
  EXPECT_EQ(take.value("set"), "r_host = ${run{/bin/host}}");
  EXPECT_EQ(at(made.routers, "mta_sts_plain_hubs").find("set"), nullptr);  // it may count
  EXPECT_EQ(at(made.routers, "mta_sts_enforce_hubs").find("set"), nullptr);
  const std::string account = at(made.routers, "mta_sts_verdict_account").value("address_data");
  EXPECT_NE(account.find("lsearch{/accounts}"), std::string::npos) << account;
}

TEST(Derive, ServesTransportsWhoseNamesAreLookedUp) {
  const std::string tail =
      "begin transports\n a:\n  driver = smtp\n b:\n  driver = smtp\n box:\n  driver = appendfile\nbegin "
      "retry\n* * F,1h,1h\n";
  for (const char* transport : {"transport = ${lookup{$sender_address_domain}lsearch{/pools}{$value}{a}}",
                                "transport = $r_pool", "transport = ${if eq{$domain}{x}{$r_pool}{a}}"}) {
    const Derivation made =
        blocks_of("begin routers\n mx:\n  driver = dnslookup\n  " + std::string(transport) + "\n" + tail);
    EXPECT_TRUE(has(made.transports, "mta_sts_enforce_a") && has(made.transports, "mta_sts_enforce_b") &&
                has(made.transports, "mta_sts_testing_box"))
        << transport;
  }
  const Derivation chosen = blocks_of(
      "begin routers\n mx:\n  driver = dnslookup\n  transport = ${if eq{$domain}{x}{a}{a}}\n" + tail);
  EXPECT_TRUE(has(chosen.transports, "mta_sts_enforce_a"));
  EXPECT_FALSE(has(chosen.transports, "mta_sts_enforce_b"));
  const Derivation data = blocks_of(
      "begin routers\n table:\n  driver = manualroute\n  route_data = ${lookup{$domain}lsearch{/t}}\n" +
      tail);
  EXPECT_EQ(data.covered, std::vector<std::string>{"table"});
  // Without hosts no smtp transport can be what an accept router looks up.
  EXPECT_EQ(
      error_of("begin routers\n box:\n  driver = accept\n  transport = ${lookup{$local_part}lsearch{/b}}\n" +
               tail),
      "exim-no-smtp");
}

TEST(Derive, KeepsRoutersOfTheAdministratorsWhoseNamesBeginLikeOurs) {
  const std::string flat = with_change("  archive:\n", "  mta_sts_archive:\n");
  const Derivation made = blocks_of(flat);
  EXPECT_TRUE(has(made.routers, "mta_sts_plain_mta_sts_archive"));
  EXPECT_TRUE(
      has(read_configuration(as_exim_prints(as_exim_prints(flat, made), made)).routers, "mta_sts_archive"));
}

TEST(Derive, RefusesNamesOfTheAdministratorsThatItWouldTakeForItsOwn) {  // mail would go without a policy
  EXPECT_EQ(error_of(with_change("  archive:\n", "  mta_sts_plain_archive:\n")), "exim-name-taken");
  const std::string flat = with_change("to_world", "mta_sts_enforce_smtp");
  EXPECT_EQ(error_of(flat), "exim-name-taken");
  const std::string whole = as_exim_prints(flat_configuration, blocks_of(flat_configuration));
  EXPECT_EQ(error_of(whole), "");
  EXPECT_EQ(error_of(replaced(whole, "to_world", "mta_sts_enforce_smtp")), "exim-name-taken");
}

TEST(Derive, NeverChoosesATransportByAVariableOfTheRouter) {  // empty there where errors_to is set
  for (const Instance& router : blocks_of(flat_configuration).routers) {
    EXPECT_EQ(router.value("transport").find("$r_"), std::string::npos) << router.name;
  }
}

TEST(Derive, GivesATwinAllOptionsOfItsTransportButThoseThatWeakenIt) {
  const Derivation made = blocks_of(flat_configuration);
  const Instance& twin = at(made.transports, "mta_sts_enforce_to_world");
  for (const char* name : {"helo_data", "dkim_selector", "dkim_private_key"}) {
    EXPECT_NE(twin.find(name), nullptr) << name;
  }
  EXPECT_EQ(twin.find("fallback_hosts"), nullptr);
  EXPECT_EQ(twin.value("tls_verify_hosts"), "*");
  EXPECT_EQ(twin.value("hosts_require_tls"), "*");
  EXPECT_EQ(twin.value("tls_sni"), "$host");  // R105
  EXPECT_NE(twin.value("interface").find("{<; 0.0.0.0 ; ::0}"), std::string::npos);
  EXPECT_NE(twin.value("retry_include_ip_address").find("dnsdb"), std::string::npos);
  EXPECT_EQ(at(made.transports, "mta_sts_enforce_to_smart_host").find("hosts_avoid_tls"), nullptr);
  const std::string event = at(made.transports, "mta_sts_enforce_sent_on").value("event_action");
  EXPECT_NE(event.find("${acl{note}}"), std::string::npos);  // the administrator's own
  EXPECT_NE(event.find("{!eq{$tls_out_tlsa_usage}{8}}"), std::string::npos);
  EXPECT_EQ(at(made.transports, "mta_sts_testing_to_world").value("tls_sni"), "$host");
  EXPECT_NE(at(made.transports, "mta_sts_testing_to_world").find("fallback_hosts"), nullptr);
  EXPECT_FALSE(has(made.transports, "mta_sts_enforce_to_box"));
}

TEST(Derive, KeepsCutthroughDeliveryFromTakingTheSessionOfAnotherHost) {
  Settings settings;
  const Instance signs = at(blocks_of(flat_configuration, settings).transports, "mta_sts_enforce_to_world");
  EXPECT_TRUE(signs.value("dkim_domain").starts_with("${if def:verify_mode{")) << signs.value("dkim_domain");
  settings.has_dkim = false;
  const Derivation made = blocks_of(with_change("dkim_", "helo_data_"), settings);
  EXPECT_EQ(at(made.transports, "mta_sts_enforce_sent_on").find("dkim_domain"), nullptr);
  EXPECT_EQ(made.warnings.size(), 1U);
}

TEST(Derive, WritesTheAdministratorsNamesWhereTheyAreAskedFor) {
  const Derivation made = blocks_of(
      "begin routers\n smart:\n  driver = manualroute\n  route_data = ${lookup{$router_name}lsearch{/t}}\n"
      "  transport = out\nbegin transports\n out:\n  driver = smtp\n  helo_data = ${transport_name}.example\n"
      "begin retry\n* * F,1h,1h\n");
  EXPECT_NE(at(made.routers, "mta_sts_verdict_smart").value("address_data").find("{smart}lsearch"),
            std::string::npos);
  EXPECT_NE(at(made.routers, "mta_sts_plain_smart").value("route_data").find("{smart}lsearch"),
            std::string::npos);
  EXPECT_EQ(at(made.transports, "mta_sts_testing_out").value("helo_data"), "out.example");
  EXPECT_TRUE(made.warnings.empty());
}

TEST(Derive, IsTheSameWhetherTheBlocksAreInTheConfigurationOrNot) {
  const Derivation first = blocks_of(flat_configuration);
  const std::string whole = as_exim_prints(flat_configuration, first);
  const Derivation second = blocks_of(whole, settings_of(read_configuration(whole)));
  EXPECT_EQ(first.routers_text, second.routers_text);
  EXPECT_EQ(first.transports_text, second.transports_text);
  EXPECT_EQ(first.main_text, second.main_text);
}

TEST(Derive, TakesAnOptionWithoutItsValueForNone) {  // which Exim would have refused
  const std::string flat = with_change("ignore_target_hosts = +loopback", "ignore_target_hosts");
  EXPECT_EQ(blocks_of(flat).main_text.find("mta_sts_ignored_"), std::string::npos);
}

TEST(Derive, ARecordForACollectorHoldsADeliveryUpForTwoSeconds) {
  Settings settings{.mode = "enforce"};
  settings.outcomes = "/run/mta-sts/outcomes.sock";
  settings.tells_record = true;
  const std::string text = blocks_of(flat_configuration, settings).transports_text;
  EXPECT_NE(text.find("retrans_2s,retry_1,defer_never,txt=_smtp._tls."), text.npos);
  EXPECT_EQ(text.find("; defer_never,txt=_smtp._tls."), text.npos);
}

TEST(Derive, KnowsAllThatItMakes) {
  Settings settings{.mode = "enforce"};
  settings.outcomes = "/run/mta-sts/outcomes.sock";
  settings.tells_record = true;
  settings.report_uid = 990;
  const Derivation first = blocks_of(flat_configuration, settings);
  for (const std::vector<Instance>* made : {&first.routers, &first.transports}) {
    for (const Instance& instance : *made) {
      EXPECT_TRUE(instance.is_own()) << instance.name;
    }
  }
  const Derivation second = blocks_of(as_exim_prints(flat_configuration, first), settings);
  EXPECT_EQ(first.routers_text, second.routers_text);
  EXPECT_EQ(first.transports_text, second.transports_text);
}

TEST(Derive, SendsTlsReportsByNoPolicyToMxHostsAlone) {  // a smart host may be sent a password
  Settings settings;
  settings.outcomes = "/run/mta-sts/outcomes.sock";
  settings.report_uid = 990;
  const Derivation made = blocks_of(flat_configuration, settings);
  const std::string_view is_report = "eq{$originator_uid}{990}";
  EXPECT_TRUE(has(made.routers, "mta_sts_report_mx") && has(made.transports, "mta_sts_report_to_world"));
  EXPECT_NE(at(made.routers, "mta_sts_verdict_mx").value("condition").find(is_report), std::string::npos);
  EXPECT_FALSE(has(made.routers, "mta_sts_report_smart_host"));
  EXPECT_FALSE(has(made.transports, "mta_sts_report_to_smart_host"));
  EXPECT_EQ(at(made.routers, "mta_sts_verdict_smart_host").value("condition").find(is_report),
            std::string::npos);
  const std::string event = at(made.transports, "mta_sts_enforce_to_smart_host").value("event_action");
  EXPECT_NE(event.find("{!eq{$originator_uid}{990}}"), std::string::npos) << event;  // nor told
}

TEST(Derive, LeavesTheAdministratorsAloneWhereABlankStandsBeforeTheColon) {
  const std::string flat = with_change("  mailboxes:\n", "  mailboxes :\n");
  const Derivation first = blocks_of(flat);
  const std::string whole = with_blocks(as_exim_prints(flat, first), first);
  EXPECT_TRUE(has(read_configuration(whole).routers, "mailboxes"));
}

TEST(Derive, KeepsItsSettingsInTheBlocks) {
  Settings settings{.mode = "enforce",
                    .plugin = "/opt/mta_sts.so",
                    .socket = "/run/s",
                    .recipients = "! +local_domains : *"};
  settings.except = {"smart_host"};
  const Settings read = settings_of(
      read_configuration(as_exim_prints(flat_configuration, blocks_of(flat_configuration, settings))));
  EXPECT_EQ(read.mode, "enforce");
  EXPECT_EQ(read.plugin, "/opt/mta_sts.so");
  EXPECT_EQ(read.socket, "/run/s");
  EXPECT_EQ(read.recipients, "! +local_domains : *");
  EXPECT_EQ(read.except, settings.except);
}

TEST(Derive, KeepsModeAndRecipientsWhereAMacroOfTheAdministratorsLeavesItNoneOfItsOwn) {
  const std::string flat = with_change("DKIM_FILE = ", "MTA = ");
  const Settings settings{.mode = "enforce", .recipients = "! +local_domains : *"};
  const Derivation first = blocks_of(flat, settings);
  const std::string whole = as_exim_prints(flat, first);
  const Settings read = settings_of(read_configuration(whole));
  EXPECT_EQ(read.mode, "enforce");
  EXPECT_EQ(read.recipients, "! +local_domains : *");
  EXPECT_EQ(blocks_of(whole, read).routers_text, first.routers_text);
}

TEST(Derive, WritesItsValuesOutWhereAMacroOfTheAdministratorsWouldBreakItsOwn) {
  for (const char* name : {"MODE", "MTA", "STS", "SOCKET", "PLUGIN", "RECIPIENTS", "MTA_STS_MODE_NOW"}) {
    const Derivation made =
        blocks_of(with_change("DKIM_FILE = ", std::string(name) + " = "), {.mode = "enforce"});
    const std::string all = made.main_text + made.routers_text + made.transports_text;
    for (std::size_t at = all.find(name); at != all.npos; at = all.find(name, at + 1)) {
      ADD_FAILURE_AT(__FILE__, __LINE__) << name << " in: " << all.substr(at, 60);
    }
  }
}

TEST(Derive, RefusesWhatItCannotServe) {
  EXPECT_EQ(error_of(with_change("driver = smtp", "driver = pipe")), "exim-no-smtp");
  EXPECT_EQ(error_of(with_change("  * * F,2h,15m\n", "")), "exim-no-retry");
  EXPECT_EQ(error_of(with_change("helo_data =", "hosts_override\n    helo_data =")), "");  // it has no hosts
  EXPECT_EQ(error_of(with_change("helo_data =", "hosts_override\n    hosts = a\n    helo_data =")),
            "exim-router-unsupported");
  EXPECT_EQ(error_of(with_change("driver = dnslookup", "driver = queryprogram")), "exim-router-unsupported");
  EXPECT_EQ(error_of(with_change("DKIM_FILE = ", "N = ")), "exim-macro-clash");
  const std::string long_name(60, 'x');
  EXPECT_EQ(error_of(with_change("to_world", long_name)), "exim-name-too-long");
  EXPECT_EQ(error_of(""), "exim-no-smtp");
}

TEST(Derive, LeavesOutWhatTheAdministratorExcepts) {
  const Derivation made =
      blocks_of(with_change("driver = dnslookup", "driver = queryprogram"), {.except = {"mx"}});
  EXPECT_EQ(made.covered, std::vector<std::string>{"smart_host"});
}

TEST(Derive, MakesAnAcceptRoutersHostsAListThatCanBeFiltered) {
  const Derivation made = blocks_of(
      "begin routers\n all:\n  driver = accept\n  transport = t\nbegin transports\n t:\n  driver = smtp\n"
      "  hosts = relay.example : b.example\n  gethostbyname\nbegin retry\n* * F,1h,1h\n");
  const Instance& enforce = at(made.routers, "mta_sts_enforce_all");
  EXPECT_EQ(enforce.value("driver"), "manualroute");
  EXPECT_EQ(enforce.value("route_data"), R"(${sg{relay.example : b.example}{\N\s\N}{}} byname)");
  EXPECT_EQ(at(made.routers, "mta_sts_plain_all").value("driver"), "accept");
  EXPECT_NE(
      at(made.routers, "mta_sts_verdict_all").value("address_data").find("{mta_sts_verdict}{relay.example}"),
      std::string::npos);
}

TEST(Derive, ServesAnAcceptRouterWhoseTransportOverridesHosts) {
  const Derivation made = blocks_of(
      "begin routers\n all:\n  driver = accept\n  transport = t\nbegin transports\n t:\n  driver = smtp\n"
      "  hosts = relay.example\n  hosts_override\nbegin retry\n* * F,1h,1h\n");
  EXPECT_EQ(at(made.transports, "mta_sts_enforce_t").find("hosts_override"), nullptr);  // the router filters
  EXPECT_NE(at(made.transports, "mta_sts_testing_t").find("hosts_override"), nullptr);
}

TEST(Derive, KeepsThisHostInTheListForLoopProtection) {  // R113
  const std::string flat =
      with_change("acl_smtp_rcpt = check",
                  "acl_smtp_rcpt = check\nhosts_treat_as_local = own.example : *.b.example : +x");
  const Derivation made = blocks_of(flat);
  EXPECT_EQ(at(made.routers, "mta_sts_enforce_mx").value("ignore_target_hosts"),
            "<; +mta_sts_unnamed_hosts ; +loopback");
  EXPECT_NE(made.main_text.find("\nhostlist mta_sts_unnamed_hosts = <; ! @[] ; ! ^own[.]example\\$ ; "
                                "! ^.*[.]b[.]example\\$ ; ${extract{ignore}{$r_mta_sts}{$value}{*}}\n"),
            std::string::npos)
      << made.main_text;
}

TEST(Derive, KeepsEqualListsOfIgnoredHostsOnce) {  // Exim has 32 named host lists
  std::string flat = "begin routers\n";
  for (int i = 0; i < 100; ++i) {
    flat += "r" + std::to_string(i) +
            ":\n driver = dnslookup\n transport = t\n ignore_target_hosts = 0.0.0.0 : 127.0.0.1\n";
  }
  const std::string tail = "begin transports\nt:\n driver = smtp\nbegin retry\n* * F,1h,1h\n";
  EXPECT_EQ(blocks_of(flat + tail).main.size(), 2U);
  for (int i = 0; i < 33; ++i) {
    flat += "q" + std::to_string(i) +
            ":\n driver = dnslookup\n transport = t\n ignore_target_hosts = 0.0.0." + std::to_string(i) +
            "\n";
  }
  EXPECT_EQ(error_of(flat + tail), "exim-too-many-lists");
}

TEST(Derive, AsksWithReadsocketWhereThereIsNoPlugin) {
  const Derivation made = blocks_of(flat_configuration, {.question = Question::readsocket});
  const std::string all = made.routers_text + made.transports_text;
  EXPECT_EQ(all.find("dlfunc"), std::string::npos);
  EXPECT_NE(at(made.routers, "mta_sts_verdict_mx")
                .value("address_data")
                .find("${readsocket{/run/mta-sts/exim.sock}"),
            std::string::npos);
  EXPECT_EQ(made.transports_text.find("readsocket"), std::string::npos);  // never in an event
  EXPECT_NE(at(made.routers, "mta_sts_observe_mx").value("condition").find("logwrite = :main: $acl_arg1"),
            std::string::npos);
}

TEST(Derive, RemembersASilentResolverInAVariableWhereItMayBeUnset) {
  const auto remembers = [](const std::string& flat, std::string_view router, std::string_view option) {
    const Derivation made = blocks_of(flat, {.question = Question::readsocket});
    return at(made.routers, router).value(option).find("acl_m_mta_sts_silent") != std::string::npos;
  };
  const std::string flat(flat_configuration);
  EXPECT_TRUE(remembers(flat, "mta_sts_verdict_mx", "address_data"));
  EXPECT_FALSE(remembers(flat, "mta_sts_observe_mx", "condition"));  // what observes must not be able to fail
  EXPECT_FALSE(remembers("strict_acl_vars\n" + flat, "mta_sts_verdict_mx", "address_data"));
}

}  // namespace
}  // namespace mta_sts::eximconf
