#include "eximconf/configuration.hpp"

#include <gtest/gtest.h>

#include "flat_configuration.hpp"

namespace mta_sts::eximconf {
namespace {

TEST(Configuration, IsReadFromWhatEximPrints) {
  const Configuration made = read_configuration(flat_configuration);
  EXPECT_EQ(made.version, "4.96");
  EXPECT_EQ(made.file, "/etc/exim.conf");
  ASSERT_EQ(made.routers.size(), 5U);
  EXPECT_EQ(made.routers[2].name, "mx");
  EXPECT_EQ(made.routers[2].value("driver"), "dnslookup");
  EXPECT_EQ(made.transports.size(), 5U);
  EXPECT_TRUE(made.retries_all_mail);
  EXPECT_EQ(made.macro("DKIM_FILE"), "/etc/keys/mail");
  EXPECT_EQ(made.main_option("acl_smtp_rcpt"), "check");
  EXPECT_EQ(made.lists("domainlist"), std::vector<std::string>{"local_domains"});
  EXPECT_EQ(made.lists("hostlist"), std::vector<std::string>{"loopback"});
}

TEST(Configuration, KeepsThePlacesOfSectionsInIncludedFiles) {
  const Configuration made = read_configuration(
      "# 1 \"/etc/a\"\nx = y\n# 7 \"/etc/a\"\n# 1 \"/etc/b\"\nbegin routers\n  r:\n    driver = accept\n");
  EXPECT_EQ(made.file, "/etc/a");
  EXPECT_EQ(made.routers_section.file, "/etc/b");
  EXPECT_EQ(made.routers_section.line, 1U);
}

TEST(Configuration, ReadsSwitchesInTheirThreeSpellings) {
  const Configuration made =
      read_configuration("begin routers\n r:\n  no_more\n  unseen\n  not_verify\n  expn = false\n");
  const Instance& router = made.routers.at(0);
  EXPECT_FALSE(router.find("more")->is_on());
  EXPECT_TRUE(router.find("unseen")->is_on());
  EXPECT_FALSE(router.find("verify")->is_on());
  EXPECT_FALSE(router.find("expn")->is_on());
  EXPECT_EQ(router.find("absent"), nullptr);
}

TEST(Configuration, KnowsSectionsAndSwitchesInCapitalsAsEximDoes) {
  const Configuration made = read_configuration(
      "BEGIN  Routers\n r:\n  more = FALSE\n  unseen = No\n  expn = Yes\nbegin Transports\n t :\n  "
      "driver = smtp\n"
      "begin RETRY\n * * F,1h,1h\n");
  ASSERT_EQ(made.routers.size(), 1U);
  EXPECT_FALSE(made.routers[0].find("more")->is_on());
  EXPECT_FALSE(made.routers[0].find("unseen")->is_on());
  EXPECT_TRUE(made.routers[0].find("expn")->is_on());
  ASSERT_EQ(made.transports.size(), 1U);
  EXPECT_EQ(made.transports[0].name, "t");
  EXPECT_TRUE(made.retries_all_mail);
}

TEST(Configuration, KnowsWhetherARetryRuleIsForAllMail) {
  for (const auto& [rule, is_for_all] :
       {std::pair("* * F,1h,1h", true), std::pair("*@*\t*  F,1h,1h", true), std::pair("*  quota", false),
        std::pair("*.example * F,1h,1h", false), std::pair("* timeout_connect F,1h,1h", false),
        std::pair("* * senders=: F,1h,1h", false), std::pair("*", false)}) {
    EXPECT_EQ(read_configuration(std::string("begin retry\n") + rule + "\n").retries_all_mail, is_for_all)
        << rule;
  }
}

TEST(Configuration, KnowsWhetherACalloutHoldsItsSession) {
  for (const auto& [line, holds] : {std::pair("require verify = recipient/callout=10s,hold,use_sender", true),
                                    std::pair("accept verify = recipient/defer_ok/callout = hold", true),
                                    std::pair("accept verify = recipient/callout=use_sender/on_hold", false),
                                    std::pair("warn message = hold the line", false)}) {
    EXPECT_EQ(read_configuration("begin acl\nrcpt:\n" + std::string(line) + "\n").holds_callouts, holds)
        << line;
  }
}

TEST(Configuration, ReadsQuotedValuesAsEximDoes) {
  const auto raw = [](std::string line) {
    return read_configuration("begin routers\n r:\n  data = " + std::move(line) + "\n")
        .routers.at(0)
        .value("data");
  };
  EXPECT_EQ(raw(R"("a\nb\"c\\d\te\x41\102g")"), "a\nb\"c\\d\teABg");
  EXPECT_EQ(raw("plain \"text\" \\n"), "plain \"text\" \\n");
  EXPECT_EQ(raw(""), "");
  EXPECT_EQ(raw("\"open"), "open");
}

TEST(Configuration, WritesWhatItReads) {
  for (const std::string& raw :
       {std::string("plain"), std::string("a\nb"), std::string(" blank at both ends "),
        std::string("\"quoted\""), std::string("back\\"), std::string("")}) {
    const EximOption option{.name = "o", .value = quoted_if_needed(raw), .text = {}};
    EXPECT_EQ(option.unquoted(), raw);
  }
}

TEST(Configuration, OfGarbageIsEmptyAndNoFault) {
  for (const char* text :
       {"", "\n\n", "begin", "begin routers", "begin routers\n:\n  =\n", "# x \"", "hide", "hide \n"}) {
    EXPECT_TRUE(read_configuration(text).routers.empty()) << text;
  }
}

}  // namespace
}  // namespace mta_sts::eximconf
