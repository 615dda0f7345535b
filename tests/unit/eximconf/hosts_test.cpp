#include "eximconf/hosts.hpp"

#include <gtest/gtest.h>

namespace mta_sts::eximconf {
namespace {

Instance router(const std::string& option) {
  return read_configuration("begin routers\n r:\n  driver = manualroute\n  " + option + "\n").routers.at(0);
}

std::string domain_of(const std::string& option) {
  return policy_domain_of_route(router(option)).text;
}

TEST(PolicyDomainOfRoute, IsTheFirstHostAsItIsWritten) {  // RFC 8461 section 3.4, R80
  EXPECT_EQ(domain_of("route_list = * relay.example byname"), "relay.example");
  EXPECT_EQ(domain_of("route_list = * \"relay.example : other.example\" randomize"), "relay.example");
  EXPECT_EQ(domain_of("route_list = * relay.example::587"), "relay.example");
  EXPECT_EQ(domain_of("route_list = * relay.example/MX"), "relay.example");
  EXPECT_EQ(domain_of("route_list = * <;;relay.example;;other.example"), "relay.example");
  EXPECT_EQ(domain_of("route_data = relay.example:other.example byname"), "relay.example");
  EXPECT_EQ(domain_of("route_data = \"\\\"relay.example : b\\\" byname\""), "relay.example");
}

TEST(PolicyDomainOfRoute, IsNoneForAddresses) {  // R81
  for (const char* list : {"* 10.0.0.1", "* 10.0.0.1::587 byname", "* [10.0.0.1]:587", "* <;;2001:db8::1",
                           "* [2001:db8::1]:25", "* localhost::10025 byname", "* mailhub", "* mailhub."}) {
    EXPECT_EQ(domain_of(std::string("route_list = ") + list), "") << list;
  }
}

TEST(PolicyDomainOfRoute, FollowsTheDomainsOfTheList) {
  const PolicyDomain domain = policy_domain_of_route(
      router("route_list = *.a.example a.hosts ; b.example \"b.hosts:c\" byname ; * 10.0.0.1"));
  EXPECT_EQ(
      domain.text,
      R"(${if match_domain{$domain}{<\n *.a.example}{a.hosts}{${if match_domain{$domain}{<\n b.example}{b.hosts}{}}}})");
  EXPECT_TRUE(domain.is_checked);
}

TEST(PolicyDomainOfRoute, TakesThePlaceOfAddressDataThatTheRouterSets) {
  const Instance with_data = read_configuration(
                                 "begin routers\n r:\n  address_data = ${lookup{h}lsearch{/x}}\n  route_list "
                                 "= * $address_data byname\n")
                                 .routers.at(0);
  const PolicyDomain domain = policy_domain_of_route(with_data);
  EXPECT_NE(domain.text.find("${listextract{1}{${lookup{h}lsearch{/x}}}}"), std::string::npos) << domain.text;
  EXPECT_TRUE(domain.is_checked);
}

TEST(RouteWithTransports, PutsThePrefixBeforeTheNamesInTheList) {
  const Instance made = router("route_list = a.example x smtp_a byname ; * \"y : z\" byname smtp_b");
  const EximOption& list = *made.find("route_list");
  EXPECT_EQ(*route_with_transports(list, {"smtp_a", "smtp_b"}, "p_").value,
            "a.example x p_smtp_a byname ; * \"y : z\" byname p_smtp_b");
  EXPECT_EQ(*route_with_transports(list, {"smtp_a", "smtp_b"}, "").value,
            "a.example x byname ; * \"y : z\" byname");
  EXPECT_EQ(*route_with_transports(list, {"other"}, "p_").value,
            "a.example x smtp_a byname ; * \"y : z\" byname smtp_b");
}

TEST(RouteWithTransports, KeepsSeparatorsWithinItems) {
  const Instance made = router("route_list = <| a.example <;x;y byname | * z");
  EXPECT_EQ(*route_with_transports(*made.find("route_list"), {}, "").value, "a.example <;;x;;y byname ; * z");
  const Instance without_hosts = router("route_list = a.example ; * z");
  EXPECT_EQ(*route_with_transports(*without_hosts.find("route_list"), {}, "").value, "a.example ; * z");
}

TEST(RouteWithTransports, ReplacesTheNamesInWhatAnExpansionGives) {
  const Instance made = router("route_data = ${lookup{$domain}lsearch{/x}}");
  EXPECT_EQ(*route_with_transports(*made.find("route_data"), {"a", "b"}, "p_").value,
            R"(${sg{${lookup{$domain}lsearch{/x}}}{\N(\s)(a|b)(?=\s|$)\N}{\$1p_\$2}})");
}

TEST(HasWord, FindsWholeNamesAlone) {
  EXPECT_TRUE(has_word("${if x{send}{send_on}}", "send_on"));
  EXPECT_TRUE(has_word("send", "send"));
  EXPECT_FALSE(has_word("send_on resend", "send"));
}

}  // namespace
}  // namespace mta_sts::eximconf
