#include "eximcheck/dane.hpp"

#include <gtest/gtest.h>

#include "unit/eximconf/flat_configuration.hpp"

namespace mta_sts::eximcheck {
namespace {

using Level = EximFinding::Level;

const EximBuild with_dane{.version = "4.96", .has_dlfunc = true, .has_dane = true, .has_dnsdb = true};

// The wish of the flat configuration with a line more in its transports of that name.
DaneWish wish_with(std::string_view line, std::initializer_list<std::string_view> transports) {
  std::string text(eximconf::flat_configuration);
  for (const std::string_view name : transports) {
    const std::string head = "\n  " + std::string(name) + ":\n";
    EXPECT_NE(text.find(head), text.npos) << name;
    text = eximconf::replaced(std::move(text), head, head + "    " + std::string(line) + "\n");
  }
  return find_dane_wish(with_dane, eximconf::read_configuration(text));
}

TEST(EximDane, IsTriedByDefault) {
  EXPECT_EQ(wish_with("", {}), DaneWish::by_default);
  EXPECT_EQ(find_dane_wish(with_dane, {}), DaneWish::by_default);  // a configuration that may not be read
  EXPECT_EQ(wish_with("hosts_try_dane =", {"to_world", "sent_on"}), DaneWish::by_default);  // one is left
}

TEST(EximDane, IsWishedWhereATransportSaysSo) {
  EXPECT_EQ(wish_with("hosts_try_dane = *", {"to_world"}), DaneWish::by_configuration);
  EXPECT_EQ(wish_with("hosts_require_dane = mx.a.example", {"to_smart_host"}), DaneWish::by_configuration);
}

TEST(EximDane, IsNotWishedWhereItCannotBe) {
  EXPECT_EQ(wish_with("hosts_try_dane =", {"to_world", "sent_on", "to_smart_host"}), DaneWish::none);
  EXPECT_EQ(find_dane_wish({.version = "4.96"}, eximconf::read_configuration(eximconf::flat_configuration)),
            DaneWish::none);
  const std::string flat = "dns_dnssec_ok = 0\n" + std::string(eximconf::flat_configuration);
  EXPECT_EQ(find_dane_wish(with_dane, eximconf::read_configuration(flat)), DaneWish::none);
}

TEST(EximDane, HangsOnWhatTheCLibraryTells) {
  for (const char* hides : {"2.31", "2.36", "2.41", "3.0", "2.100", "2.31.9000", "", "2", "x.y"}) {
    EXPECT_FALSE(sees_validation(hides, false)) << hides;
    EXPECT_TRUE(sees_validation(hides, true)) << hides;
  }
  for (const char* shows : {"2.30", "2.28", "2.17", "1.99", "2.30.1"}) {
    EXPECT_TRUE(sees_validation(shows, false)) << shows;
  }
}

TEST(EximDane, IsAFaultWhereTheConfigurationAsksForIt) {
  EXPECT_FALSE(judge_dane(DaneWish::none, false));
  EXPECT_EQ(judge_dane(DaneWish::by_default, true)->level, Level::ok);
  const auto warning = judge_dane(DaneWish::by_default, false);
  EXPECT_EQ(warning->level, Level::warning);
  EXPECT_EQ(warning->word, "exim-dane-off");
  EXPECT_NE(warning->fix.find("options trust-ad"), std::string::npos);
  EXPECT_EQ(judge_dane(DaneWish::by_configuration, false)->level, Level::fault);
}

}  // namespace
}  // namespace mta_sts::eximcheck
