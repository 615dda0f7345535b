// Certificates and handshakes that mean harm, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/https_probe.hpp"
#include "unit/probe/hostile_peer.hpp"

namespace mta_sts::probe {
namespace {

using check::CertificateFact;
using check::TlsFact;

class TlsProbe : public ProbeTest {
 protected:
  TlsFact probe(X509* chain) {
    longest = std::chrono::seconds(5);
    sender::fakes::TlsTestServer server(chain, key.get(),
                                        [](sender::fakes::TlsConnection& peer) { peer.wait_for_close(); });
    return probe_tls({.address = *IpAddress::parse("127.0.0.1"), .port = server.port},
                     {.server_name = "mx.example.com"}, tls, Deadline::in(longest))
        .value_or(TlsFact{});
  }

  CertificateFact certificate_of(X509* chain) {
    const TlsFact fact = probe(chain);
    EXPECT_TRUE(fact.established) << fact.error;
    return fact.certificate.value_or(CertificateFact{});
  }
};

TEST_F(TlsProbe, RecordsAnExpiredCertificateWithoutBeingStopped) {
  const CertificateFact fact = certificate_of(certificate("DNS:mx.example.com", -86400).get());
  EXPECT_TRUE(fact.trusted) << fact.trust_error;  // dates are a check of their own
  EXPECT_LT(fact.not_after, std::chrono::system_clock::now());
}

TEST_F(TlsProbe, RecordsAWeakKeyAndItsFault) {
  key = sender::fakes::make_rsa_key(1024);
  const CertificateFact fact = certificate_of(certificate("DNS:mx.example.com").get());
  EXPECT_EQ(fact.key, "RSA 1024");
  EXPECT_EQ(fact.signature, "ecdsa-with-SHA256");
  EXPECT_TRUE(fact.trusted) << fact.trust_error;  // strength is a fault of its own
  ASSERT_EQ(fact.chain.size(), 1U);
  EXPECT_EQ(fact.chain.front().flaw, "weak");
  EXPECT_EQ(fact.chain.front().subject, "CN=mx.example.com");
}

TEST_F(TlsProbe, RecordsACommonNameAlone) {
  const CertificateFact fact = certificate_of(certificate("").get());
  EXPECT_TRUE(fact.dns_names.empty());
  EXPECT_EQ(fact.common_name, "mx.example.com");
}

TEST_F(TlsProbe, KeepsAThousandNamesOfManyMore) {
  std::string names = "DNS:mx.example.com";
  for (int i = 0; i < 3000; ++i) {
    names += ",DNS:n" + std::to_string(i) + ".example";
  }
  const CertificateFact fact = certificate_of(certificate(names).get());
  EXPECT_EQ(fact.dns_names.size(), 1000U);
}

TEST_F(TlsProbe, TakesNoCertificateListOverOpensslsLimit) {
  std::string names = "DNS:mx.example.com";
  for (int i = 0; i < 10000; ++i) {
    names += ",DNS:n" + std::to_string(i) + ".example";
  }
  const TlsFact fact = probe(certificate(names).get());
  EXPECT_FALSE(fact.established);
  EXPECT_NE(fact.error, "");
}

TEST_F(TlsProbe, KeepsANulInAName) {
  auto chain = certificate("");
  const Handle<GENERAL_NAMES, GENERAL_NAMES_free> names(sk_GENERAL_NAME_new_null());
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  const std::string evil("mx.example.com\0.evil.example", 28);
  ASN1_STRING_set(text, evil.data(), static_cast<int>(evil.size()));
  GENERAL_NAME_set0_value(name, GEN_DNS, text);
  sk_GENERAL_NAME_push(names.get(), name);
  X509_add1_ext_i2d(chain.get(), NID_subject_alt_name, names.get(), 0, X509V3_ADD_REPLACE);
  X509_sign(chain.get(), root.key.get(), EVP_sha256());
  const CertificateFact fact = certificate_of(chain.get());
  ASSERT_EQ(fact.dns_names.size(), 1U);
  EXPECT_EQ(fact.dns_names.front(), evil);  // whole: what is cut at the NUL would match
}

TEST_F(TlsProbe, NamesAFailedHandshake) {
  sender::fakes::TlsTestServer server(
      [](int socket) { (void)send(socket, "HTTP/1.1 400 no\r\n\r\n", 19, MSG_NOSIGNAL); });
  const TlsFact fact =
      probe_tls({.address = *IpAddress::parse("127.0.0.1"), .port = server.port}, TlsWish{}, tls, deadline)
          .value_or(TlsFact{});
  EXPECT_FALSE(fact.established);
  EXPECT_NE(fact.error, "");
}

TEST_F(TlsProbe, SaysNothingOfTlsWhereNothingListens) {
  const auto closed = [] {
    const HostileServer gone([](Peer&) {});
    return gone.endpoint();
  }();
  EXPECT_FALSE(probe_tls(closed, TlsWish{}, tls, deadline));
}

TEST_F(TlsProbe, GivesUpOnAHandshakeThatNeverGoesOn) {
  HostileServer server([](Peer& peer) { peer.hear_to_the_end(); });
  const TlsFact fact = probe_tls(server.endpoint(), TlsWish{}, tls, deadline).value_or(TlsFact{});
  EXPECT_EQ(fact.error, "no answer in time");
}

}  // namespace
}  // namespace mta_sts::probe
