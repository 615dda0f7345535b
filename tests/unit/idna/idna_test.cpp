#include "idna/idna.hpp"

#include <gtest/gtest.h>

namespace mta_sts {
namespace {

using namespace std::string_view_literals;

void good(std::string_view name, std::string_view a_labels) {
  const auto domain = to_a_labels(name);
  ASSERT_TRUE(domain) << name << ": " << domain.error().detail;
  EXPECT_EQ(domain->text(), a_labels);
}

void bad(std::string_view name, DomainNameError code) {
  const auto domain = to_a_labels(name);
  ASSERT_FALSE(domain) << name << " -> " << domain->text();
  EXPECT_EQ(to_string(domain.error().code), to_string(code)) << name;
  EXPECT_FALSE(domain.error().detail.empty());
}

TEST(Idna, GivesALabels) {  // R25, R82
  good("example.com", "example.com");
  good("EXAMPLE.com.", "example.com");
  good(
      "b\xC3\xBC"
      "cher.example",
      "xn--bcher-kva.example");
  good(
      "B\xC3\x9C"
      "CHER.example",
      "xn--bcher-kva.example");  // upper case is mapped
  good(
      "stra\xC3\x9F"
      "e.example",
      "xn--strae-oqa.example");  // IDNA 2008: sharp s is itself
  good("\xE4\xB8\xAD\xE6\x96\x87.example", "xn--fiq228c.example");
  good(
      "xn--bcher-kva.b\xC3\xBC"
      "cher",
      "xn--bcher-kva.xn--bcher-kva");  // both kinds in one name
  good(
      "ab--cd.b\xC3\xBC"
      "cher.example",
      "ab--cd.xn--bcher-kva.example");  // as without the U-label beside it
  good(
      "b\xC3\xBC"
      "cher\xE3\x80\x82"
      "example",
      "xn--bcher-kva.example");  // an ideographic full stop
}

TEST(Idna, RefusesWhatIsNoDomain) {
  bad("", DomainNameError::empty);
  bad("a..b", DomainNameError::empty_label);
  bad("b\xC3\xBC..example", DomainNameError::empty_label);
  bad("a_b.example", DomainNameError::bad_character);
  bad("b\xFC"
      "cher.example",
      DomainNameError::bad_character);                           // Latin-1 bytes
  bad("b\xC3\xBC\0.example"sv, DomainNameError::bad_character);  // a NUL ends no name
  bad("\xE2\x80\xAE"
      "abc.example",
      DomainNameError::bad_character);                              // a bidirectional override
  bad("\xF0\x9F\x93\xA7.example", DomainNameError::bad_character);  // a symbol is no IDNA 2008 letter
  bad("192.0.2.1", DomainNameError::address);
}

TEST(Idna, BoundsItsWork) {
  std::string name;
  for (int i = 0; i < 600; ++i) {
    name += "\xC3\xBC";
  }
  bad(name, DomainNameError::too_long);
  std::string labels;
  for (int i = 0; i < 120; ++i) {
    labels += "\xC3\xBC.";
  }
  bad(labels + "example", DomainNameError::too_long);  // short enough in U-labels, not in A-labels
}

TEST(Idna, GivesULabelsForPeople) {
  EXPECT_EQ(to_u_labels(*DomainName::parse("xn--bcher-kva.example")),
            "b\xC3\xBC"
            "cher.example");
  EXPECT_EQ(to_u_labels(*DomainName::parse("mail.example.com")), "mail.example.com");
  EXPECT_EQ(to_u_labels(*DomainName::parse("xn--0.example")), "xn--0.example");  // none: as it is
}

TEST(Idna, TellsLettersThatOnlyLookLatin) {
  EXPECT_TRUE(mixes_alphabets("m\xD0\xB0il.example"));               // Cyrillic a
  EXPECT_TRUE(mixes_alphabets("mail.ex\xCE\xB1mple"));               // Greek alpha
  EXPECT_FALSE(mixes_alphabets("mail.\xD0\xBF\xD0\xBE-1.example"));  // a label of one alphabet
  EXPECT_FALSE(
      mixes_alphabets("b\xC3\xBC"
                      "cher.example"));  // Latin beyond ASCII
  EXPECT_FALSE(mixes_alphabets("\xFF\xD0"));
  EXPECT_FALSE(mixes_alphabets(""));
}

}  // namespace
}  // namespace mta_sts
