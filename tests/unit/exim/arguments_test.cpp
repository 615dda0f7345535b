#include "arguments.hpp"

#include <gtest/gtest.h>

namespace mta_sts::exim {
namespace {

using Words = std::vector<std::string_view>;

TEST(VerdictArguments, HaveDefaultsForAllButTheDomain) {
  const auto arguments = parse_verdict_arguments(Words{"example.com"});
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->domain, "example.com");
  EXPECT_EQ(arguments->address.socket_path, default_resolver_socket);
  EXPECT_EQ(arguments->address.wait, std::chrono::seconds(10));
  EXPECT_FALSE(arguments->is_observed);
}

TEST(VerdictArguments, AcceptEachWordOnceInAnyOrder) {
  const auto arguments =
      parse_verdict_arguments(Words{"example.com", "log=observe", "wait=3", "socket=/run/x/s"});
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->address.socket_path, "/run/x/s");
  EXPECT_EQ(arguments->address.wait, std::chrono::seconds(3));
  EXPECT_TRUE(arguments->is_observed);
}

TEST(VerdictArguments, LeaveTheDomainToTheClient) {
  for (const std::string_view domain : {"", "a\nb", "wait=3", "\xFF"}) {
    const auto arguments = parse_verdict_arguments(Words{domain});
    ASSERT_TRUE(arguments) << domain;
    EXPECT_EQ(arguments->domain, domain);
  }
}

TEST(VerdictArguments, RefuseWhatTheyDoNotKnow) {
  const auto bad = [](std::string_view word) {
    EXPECT_FALSE(parse_verdict_arguments(Words{"example.com", word})) << word;
  };
  bad("");
  bad("example.org");
  bad("socket");
  bad("socket=");
  bad("socket=s");  // relative to Exim's spool, where others may write
  bad("SOCKET=/s");
  bad("wait=");
  bad("wait=0");
  bad("wait=-1");
  bad("wait=301");
  bad("wait=1s");
  bad("wait=99999999999999999999");
  bad("log=");
  bad("log=all");
  EXPECT_FALSE(parse_verdict_arguments(Words{}));
  EXPECT_FALSE(parse_verdict_arguments(Words{"example.com", "wait=1", "wait=1"}));
  EXPECT_FALSE(parse_verdict_arguments(Words{"example.com", "socket=/a", "socket=/a"}));
  EXPECT_FALSE(parse_verdict_arguments(Words{"example.com", "log=observe", "log=observe"}));
}

TEST(CertificateFault, AcceptsADnsIdOfTheHost) {
  EXPECT_EQ(certificate_fault("mx.example.com", "mx.example.com", NameCheck::of_host), "");
  EXPECT_EQ(certificate_fault("MX.example.com.", "a.example\nmx.EXAMPLE.com\nb.example", NameCheck::of_host),
            "");
  EXPECT_EQ(certificate_fault("mx.example.com", "*.example.com", NameCheck::of_host), "");
}

TEST(CertificateFault, RefusesAllOthersAndSaysWhatMendsIt) {
  const auto refused = [](std::string_view host, std::string_view names, std::string_view word) {
    const std::string fault = certificate_fault(host, names, NameCheck::of_host);
    EXPECT_TRUE(fault.starts_with("MTA-STS certificate-host-mismatch: ")) << names << fault;
    EXPECT_NE(fault.find(word), fault.npos) << fault;
    EXPECT_NE(fault.find("subjectAltName"), fault.npos) << fault;
  };
  refused("mx.example.com", "", "no DNS name");  // R102: a subject alone
  refused("mx.example.com", "other.example", "names other.example, not this host");
  refused("mx.example.com", "a.example\nb.example", "names a.example and others");
  refused("mx.example.com", "*.com", "*.com");
  refused("sub.mx.example.com", "*.example.com", "not this host");  // one label alone
  refused("", "mx.example.com", "not this host");
  refused("mx.example.com", "a\n\nmx.example.com", "could be checked");  // a separator inside a name
  refused("mx.example.com", "\nmx.example.com", "could be checked");
  refused("mx.example.com", "\x1B[2Jevil", "\\x1b[2Jevil");
}

TEST(CertificateFault, LeavesTheNameOfAnAliasToExim) {
  constexpr auto by_exim = NameCheck::of_mx_record_by_exim;
  EXPECT_EQ(certificate_fault("target.isp.example", "mx.example.com", by_exim), "");
  EXPECT_EQ(certificate_fault("target.isp.example", "*.example.com\nb.example", by_exim), "");
  EXPECT_EQ(certificate_fault("target.isp.example", "*x.example\ntarget.isp.example", by_exim), "");
  EXPECT_NE(certificate_fault("target.isp.example", "", by_exim), "");  // R102
  for (const std::string_view name :
       {"*x.example.com", "m*.example.com", "*", "mx.*.com", "*.*.com", "**.com"}) {  // R103
    EXPECT_NE(certificate_fault("target.isp.example", name, by_exim), "") << name;
    EXPECT_NE(certificate_fault("target.isp.example", "a.example\n" + std::string(name), by_exim), "")
        << name;
  }
}

TEST(CertificateFault, IsBounded) {
  EXPECT_LT(certificate_fault(std::string(5000, 'h'), std::string(100000, 'a'), NameCheck::of_host).size(),
            1000U);
}

}  // namespace
}  // namespace mta_sts::exim
