#include "eximcheck/outcomes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>

#include "unit/eximconf/flat_configuration.hpp"

namespace mta_sts::eximcheck {
namespace {

using Level = EximFinding::Level;
using testing::HasSubstr;

eximconf::Settings telling() {
  eximconf::Settings settings{.mode = "enforce"};
  settings.outcomes = "/run/mta-sts/outcomes.sock";
  return settings;
}

// The configuration with its blocks, as Exim prints it once they are included.
eximconf::Configuration installed(const std::string& option = "") {
  const std::string flat = eximconf::replaced(std::string(eximconf::flat_configuration),
                                              "    driver = smtp\n", "    driver = smtp\n" + option);
  return eximconf::read_configuration(
      eximconf::as_exim_prints(flat, *eximconf::derive(eximconf::read_configuration(flat), telling())));
}

TEST(EximOutcomes, ASocketThatCanBeReachedIsRight) {
  const EximFinding finding = judge_outcomes_socket(0, telling(), "Debian-exim");
  EXPECT_EQ(finding.level, Level::ok);
  EXPECT_THAT(finding.text, HasSubstr("Debian-exim can tell"));
}

TEST(EximOutcomes, EachErrorHasItsWordAndFix) {
  for (const auto& [error, word] :
       {std::pair(ENOENT, "exim-outcomes-missing"), std::pair(ENOTDIR, "exim-outcomes-missing"),
        std::pair(EACCES, "exim-outcomes-permission"), std::pair(ECONNREFUSED, "exim-outcomes-unheard"),
        std::pair(EPROTOTYPE, "exim-outcomes-unheard"), std::pair(ENAMETOOLONG, "exim-outcomes-unheard")}) {
    const EximFinding finding = judge_outcomes_socket(error, telling(), "Debian-exim");
    EXPECT_EQ(finding.level, Level::fault) << error;
    EXPECT_EQ(finding.word, word) << error;
    EXPECT_THAT(finding.text, HasSubstr("/run/mta-sts/outcomes.sock"));
    EXPECT_FALSE(finding.fix.empty());
  }
}

TEST(EximOutcomes, OnlyTransportsThatShouldTellAndDoNotAreNamed) {
  // Its transport to a smart host has hosts_avoid_tls, so there is a finding before any change.
  ASSERT_EQ(judge_untold_transports(installed(), telling()).size(), 1U);
  eximconf::Configuration changed = installed();
  ASSERT_FALSE(changed.transports.empty());
  const std::string name = "mta_sts_testing_to_world";
  for (eximconf::Instance& transport : changed.transports) {
    if (transport.name == name) {
      std::erase_if(transport.options, [](const auto& option) { return option.name == "event_action"; });
      break;
    }
  }
  const auto findings = judge_untold_transports(changed, telling());
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].level, Level::warning);
  EXPECT_EQ(findings[1].word, "exim-outcomes-partly");
  EXPECT_THAT(findings[1].text, HasSubstr(name));
  EXPECT_THAT(findings[1].text, HasSubstr("event_action"));
  EXPECT_TRUE(judge_untold_transports(changed, {.mode = "enforce"}).empty());
}

TEST(EximOutcomes, TransportsThatKeepHostsFromTlsAreNamed) {
  const auto findings = judge_untold_transports(installed("    hosts_avoid_tls = 192.0.2.1\n"), telling());
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].text, HasSubstr("mta_sts_testing_to_world, mta_sts_plain_to_world"));
  EXPECT_THAT(findings[0].text, testing::Not(HasSubstr("mta_sts_enforce_")));
  EXPECT_THAT(findings[0].fix, HasSubstr("hosts_avoid_tls"));
}

}  // namespace
}  // namespace mta_sts::eximcheck
