#include "trust/chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

#include "unit/trust/certificates.hpp"

namespace mta_sts::trust {
namespace {

using fakes::Certificate;
using fakes::CertificateSpec;
using fakes::Key;
using fakes::make_certificate;
using fakes::make_key;
using fakes::make_rsa_key;
using ::testing::ElementsAre;

constexpr long day = 86400;

// Root, intermediate and the certificate of mx.example.com; a test changes what it is about.
class ChainTest : public ::testing::Test {
 protected:
  struct Made {
    CertificateSpec spec;
    Key key = make_key();
    Certificate certificate{};
  };

  void SetUp() override {
    root.spec = {.common_name = "Root", .extensions = "", .authority = true};
    above.spec = {.common_name = "Intermediate", .extensions = "", .authority = true};
    leaf.spec = {.common_name = "mx.example.com", .extensions = "DNS:mx.example.com"};
  }

  // Makes the three, and judges what a server sends that has the first two of them.
  std::vector<ChainFault> judge(const std::string& host = "mx.example.com") {
    root.certificate = make_certificate(root.spec, root.key.get());
    above.certificate = make_certificate(above.spec, above.key.get(), root.certificate.get(), root.key.get());
    leaf.certificate = make_certificate(leaf.spec, leaf.key.get(), above.certificate.get(), above.key.get());
    const Handle<X509_STORE, X509_STORE_free> roots(X509_STORE_new());
    if (knows_root) {
      X509_STORE_add_cert(roots.get(), root.certificate.get());
    }
    const Handle<STACK_OF(X509), [](STACK_OF(X509) * all) { sk_X509_free(all); }> sent(sk_X509_new_null());
    sk_X509_push(sent.get(), leaf.certificate.get());
    if (sends_intermediate) {
      sk_X509_push(sent.get(), above.certificate.get());
    }
    const Handle<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), roots.get(), leaf.certificate.get(), sent.get());
    auto faults = judge_chain(context.get(), host);
    EXPECT_EQ(X509_STORE_CTX_get_error(context.get()), faults.empty() ? X509_V_OK : faults.front().error);
    return faults;
  }

  // The words and depths of judge(), "expired 1".
  std::vector<std::string> words(const std::string& host = "mx.example.com") {
    std::vector<std::string> all;
    for (const ChainFault& fault : judge(host)) {
      all.push_back(std::string(to_string(fault.flaw)) + " " + std::to_string(fault.depth));
    }
    return all;
  }

  Made root, above, leaf;
  bool knows_root = true;
  bool sends_intermediate = true;
};

TEST_F(ChainTest, AcceptsAWholeChain) {
  EXPECT_THAT(words(), ElementsAre());
}

TEST_F(ChainTest, RefusesAnExpiredCertificateAndSaysWhich) {
  leaf.spec.begins = -2 * day;
  leaf.spec.ends = -day;
  EXPECT_THAT(words(), ElementsAre("expired 0"));
}

TEST_F(ChainTest, RefusesAnExpiredIntermediateAndSaysWhich) {
  above.spec.begins = -2 * day;
  above.spec.ends = -day;
  EXPECT_THAT(words(), ElementsAre("expired 1"));
}

TEST_F(ChainTest, RefusesAnIntermediateOfTomorrow) {
  above.spec.begins = day;
  above.spec.ends = 2 * day;
  EXPECT_THAT(words(), ElementsAre("not-yet-valid 1"));
}

TEST_F(ChainTest, RefusesAShortKey) {
  leaf.key = make_rsa_key(1024);
  EXPECT_THAT(words(), ElementsAre("weak 0"));
}

TEST_F(ChainTest, AcceptsAnRsaKeyOfToday) {
  leaf.key = make_rsa_key(2048);
  EXPECT_THAT(words(), ElementsAre());
}

TEST_F(ChainTest, RefusesAShortKeyAboveTheCertificate) {
  above.key = make_rsa_key(1024);
  EXPECT_THAT(words(), ElementsAre("weak 1"));
}

TEST_F(ChainTest, RefusesASha1Signature) {
  leaf.spec.digest = EVP_sha1();
  EXPECT_THAT(words(), ElementsAre("weak 0"));
}

TEST_F(ChainTest, ASelfSignatureOfTheRootDoesNotCount) {
  root.spec.digest = EVP_sha1();
  EXPECT_THAT(words(), ElementsAre());
}

TEST_F(ChainTest, RefusesAMissingIntermediate) {
  sends_intermediate = false;
  EXPECT_THAT(words(), ElementsAre("untrusted 0"));
}

TEST_F(ChainTest, RefusesAnUnknownRoot) {
  knows_root = false;
  EXPECT_THAT(words(), ElementsAre("untrusted 1"));
}

TEST_F(ChainTest, RefusesAnIssuerThatIsNoAuthority) {
  above.spec.authority = false;
  EXPECT_EQ(words().front(), "untrusted 1");
}

TEST_F(ChainTest, RefusesACertificateForClients) {
  leaf.spec.usage = "clientAuth";
  EXPECT_THAT(words(), ElementsAre("wrong-purpose 0"));
}

TEST_F(ChainTest, RefusesAnotherHost) {
  leaf.spec.extensions = "DNS:other.example.com";
  EXPECT_THAT(words(), ElementsAre("wrong-host 0"));
}

TEST_F(ChainTest, RefusesACommonNameAlone) {
  leaf.spec.extensions = "";
  EXPECT_THAT(words(), ElementsAre("wrong-host 0"));
}

TEST_F(ChainTest, RefusesAPartialWildcard) {
  leaf.spec.extensions = "DNS:m*.example.com";
  EXPECT_THAT(words(), ElementsAre("wrong-host 0"));
}

TEST_F(ChainTest, AcceptsAWildcardForOneLabel) {
  leaf.spec.extensions = "DNS:*.example.com";
  EXPECT_THAT(words(), ElementsAre());
  EXPECT_THAT(words("a.mx.example.com"), ElementsAre("wrong-host 0"));
}

TEST_F(ChainTest, LooksAtNoNamesWithoutAHost) {
  leaf.spec.extensions = "";
  EXPECT_THAT(words(""), ElementsAre());
}

TEST_F(ChainTest, FindsEveryFault) {
  leaf.key = make_rsa_key(1024);
  leaf.spec.extensions = "DNS:other.example.com";
  leaf.spec.begins = -2 * day;
  leaf.spec.ends = -day;
  above.spec.begins = -2 * day;
  above.spec.ends = -day;
  EXPECT_THAT(words(), ElementsAre("weak 0", "wrong-host 0", "expired 1", "expired 0"));
}

}  // namespace
}  // namespace mta_sts::trust
