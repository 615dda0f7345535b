#include "base/domain_name.hpp"

#include <gtest/gtest.h>

namespace mta_sts {
namespace {

void good(std::string_view text, std::string_view name) {
  const auto parsed = DomainName::parse(text);
  ASSERT_TRUE(parsed) << text << ": " << to_string(parsed.error());
  EXPECT_EQ(parsed->text(), name);
}

void bad(std::string_view text, DomainNameError error) {
  const auto parsed = DomainName::parse(text);
  ASSERT_FALSE(parsed) << text;
  EXPECT_EQ(to_string(parsed.error()), to_string(error)) << text;
}

TEST(DomainName, AcceptsHostNames) {
  good("example.com", "example.com");
  good("EXAMPLE.Com.", "example.com");  // case and one root dot do not count
  good("xn--bcher-kva.example", "xn--bcher-kva.example");
  good("a", "a");
  good("1.2.3.4a", "1.2.3.4a");                                    // a letter makes it a name
  good(std::string(63, 'a') + ".b", std::string(63, 'a') + ".b");  // the longest label
}

TEST(DomainName, RefusesWhatIsNoHostName) {
  bad("", DomainNameError::empty);
  bad(".", DomainNameError::empty);
  bad("..", DomainNameError::empty_label);
  bad("a..b", DomainNameError::empty_label);
  bad(".a", DomainNameError::empty_label);
  bad("a.b..", DomainNameError::empty_label);  // one root dot, not two
  bad("-a.b", DomainNameError::bad_character);
  bad("a-.b", DomainNameError::bad_character);
  bad("a b.c", DomainNameError::bad_character);
  bad("a_b.c", DomainNameError::bad_character);
  bad("*.b", DomainNameError::bad_character);
  bad(std::string_view("a\0b.c", 5), DomainNameError::bad_character);
  bad("b\xC3\xBC.c", DomainNameError::bad_character);  // U-labels go through idna
  bad(std::string(64, 'a') + ".b", DomainNameError::label_too_long);
  bad("192.0.2.1", DomainNameError::address);
  bad("[192.0.2.1]", DomainNameError::address);
}

TEST(DomainName, CountsTheRootDotOutOfItsLength) {
  std::string longest;
  for (int i = 0; i < 63; ++i) {
    longest += "aaa.";
  }
  longest += "a";
  ASSERT_EQ(longest.size(), domain_name_limit_bytes);
  good(longest + ".", longest);
  bad(longest + "a.", DomainNameError::too_long);
}

}  // namespace
}  // namespace mta_sts
