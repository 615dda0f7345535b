#include "trust/roots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "trust/chain.hpp"
#include "unit/trust/certificates.hpp"

namespace mta_sts::trust {
namespace {

using fakes::Certificate;
using fakes::Key;
using fakes::make_certificate;
using fakes::make_key;
using ::testing::HasSubstr;

std::string pem_of(X509* certificate, bool with_trust = false) {
  const Handle<BIO, BIO_free_all> memory(BIO_new(BIO_s_mem()));
  with_trust ? PEM_write_bio_X509_AUX(memory.get(), certificate)
             : PEM_write_bio_X509(memory.get(), certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

class RootsTest : public ::testing::Test {
 protected:
  struct Authority {
    explicit Authority(const std::string& name)
        : certificate(
              make_certificate({.common_name = name, .extensions = "", .authority = true}, key.get())) {}

    Certificate sign(EVP_PKEY* host_key) {
      return make_certificate({.extensions = "DNS:mx.example.com"}, host_key, certificate.get(), key.get());
    }

    Key key = make_key();
    Certificate certificate;
  };

  ~RootsTest() override { std::filesystem::remove(path); }

  std::expected<RootStore, Fault> read(const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
    return read_roots(path);
  }

  // Whether a sender with these roots believes the certificate, sent alone.
  static bool believes(const RootStore& roots, X509* certificate) {
    const Handle<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), roots.get(), certificate, nullptr);
    return judge_chain(context.get(), "mx.example.com").empty();
  }

  std::string path = "/tmp/roots-test-" + std::to_string(getpid());
  Authority first{"First"}, second{"Second"}, stranger{"Stranger"};
  Key key = make_key();
};

TEST_F(RootsTest, BelievesWhatItsRootsSigned) {
  const auto roots = read("a comment\n" + pem_of(first.certificate.get()) + pem_of(second.certificate.get()));
  ASSERT_TRUE(roots) << roots.error().detail;
  for (int round = 0; round < 2; ++round) {  // decoded, and known
    EXPECT_TRUE(believes(*roots, first.sign(key.get()).get()));
    EXPECT_TRUE(believes(*roots, second.sign(key.get()).get()));
    EXPECT_FALSE(believes(*roots, stranger.sign(key.get()).get()));
  }
}

TEST_F(RootsTest, TriesEveryRootOfAName) {
  Authority old{"First"};
  const auto roots = read(pem_of(old.certificate.get()) + pem_of(first.certificate.get()));
  ASSERT_TRUE(roots) << roots.error().detail;
  EXPECT_TRUE(believes(*roots, first.sign(key.get()).get()));
  EXPECT_TRUE(believes(*roots, old.sign(key.get()).get()));
}

TEST_F(RootsTest, BelievesACertificateThatIsItselfARoot) {
  const Certificate own = make_certificate({.extensions = "DNS:mx.example.com"}, key.get());
  const auto roots = read(pem_of(first.certificate.get()) + pem_of(own.get()));
  ASSERT_TRUE(roots) << roots.error().detail;
  EXPECT_TRUE(believes(*roots, own.get()));
}

TEST_F(RootsTest, ReadsOpenSslsOwnFormOfARoot) {
  X509_add1_reject_object(second.certificate.get(), OBJ_nid2obj(NID_server_auth));
  const auto roots = read(pem_of(first.certificate.get(), true) + pem_of(second.certificate.get(), true));
  ASSERT_TRUE(roots) << roots.error().detail;
  EXPECT_TRUE(believes(*roots, first.sign(key.get()).get()));
  EXPECT_FALSE(believes(*roots, second.sign(key.get()).get())) << "not for servers, says the file";
}

TEST_F(RootsTest, LivesAsLongAsAReferenceToIt) {
  RootStore kept;
  {
    const auto roots = read(pem_of(first.certificate.get()));
    ASSERT_TRUE(roots) << roots.error().detail;
    X509_STORE_up_ref(roots->get());
    kept.reset(roots->get());
  }
  EXPECT_TRUE(believes(kept, first.sign(key.get()).get()));
}

TEST_F(RootsTest, ServesManyThreadsAtOnce) {
  std::string text;
  std::vector<std::unique_ptr<Authority>> authorities;
  for (int i = 0; i < 20; ++i) {
    authorities.push_back(std::make_unique<Authority>("Root " + std::to_string(i)));
    text += pem_of(authorities.back()->certificate.get());
  }
  const auto roots = read(text);
  ASSERT_TRUE(roots) << roots.error().detail;
  std::atomic<int> believed = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (const auto& authority : authorities) {
          believed += believes(*roots, authority->sign(key.get()).get()) ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(believed, 80);
}

TEST_F(RootsTest, SaysWhatIsWrongWithTheFile) {
  const std::string good = pem_of(first.certificate.get());
  const auto why = [&](const std::string& text) {
    const auto roots = read(text);
    return roots ? "read" : std::string(roots.error().word.text()) + ": " + roots.error().detail;
  };
  EXPECT_THAT(why(""), HasSubstr("ca-unreadable: no trusted roots in " + path + ": it must be PEM"));
  EXPECT_THAT(why("no roots at all\n"), HasSubstr("it must be PEM"));
  EXPECT_THAT(why(good + "-----BEGIN CERTIFICATE-----\nAAAA\n"), HasSubstr("is damaged"));
  EXPECT_THAT(why(good + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
              HasSubstr("is damaged"));
  EXPECT_THAT(why("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
              HasSubstr("it must be PEM"));
  std::filesystem::remove(path);
  const auto gone = read_roots(path);
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error().detail, HasSubstr("--ca"));
}

}  // namespace
}  // namespace mta_sts::trust
