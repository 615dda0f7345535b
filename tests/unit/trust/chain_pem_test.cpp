#include "trust/chain_pem.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "unit/trust/certificates.hpp"

namespace mta_sts::trust {
namespace {

using fakes::Certificate;
using fakes::Key;
using fakes::make_certificate;
using fakes::make_key;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto host = "mta-sts.example.com";

class ChainPemTest : public ::testing::Test {
 protected:
  ChainPemTest() { X509_STORE_add_cert(roots.get(), root.get()); }

  template <typename Write>
  static std::string written(Write write) {
    const Handle<BIO, BIO_free_all> memory(BIO_new(BIO_s_mem()));
    write(memory.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
  }

  static std::string pem_of(const Certificate& certificate) {
    return written([&](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); });
  }

  std::string key_text(const EVP_CIPHER* cipher = nullptr) {
    return written([&](BIO* bio) {
      unsigned char passphrase[] = "secret";
      PEM_write_bio_PKCS8PrivateKey(bio, key.get(), cipher, reinterpret_cast<char*>(passphrase), 6, nullptr,
                                    nullptr);
    });
  }

  std::vector<Flaw> judge(const std::string& pem, std::chrono::seconds later = {},
                          const std::string& name = host) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::vector<Flaw> flaws;
    for (const ChainFault& fault : judge_chain_pem(pem, roots.get(), name, now + later)) {
      flaws.push_back(fault.flaw);
    }
    return flaws;
  }

  Key root_key = make_key();
  Key above_key = make_key();
  Key key = make_key();
  Certificate root = make_certificate(
      {.common_name = "Root", .extensions = "", .ends = 864000, .authority = true}, root_key.get());
  Certificate above =
      make_certificate({.common_name = "Above", .extensions = "", .ends = 864000, .authority = true},
                       above_key.get(), root.get(), root_key.get());
  Certificate own = make_certificate({}, key.get(), above.get(), above_key.get());
  Handle<X509_STORE, X509_STORE_free> roots{X509_STORE_new()};
};

TEST_F(ChainPemTest, AcceptsAChainWithOrWithoutItsKey) {
  EXPECT_THAT(judge(pem_of(own) + pem_of(above)), IsEmpty());
  EXPECT_THAT(judge(pem_of(own) + pem_of(above) + key_text()), IsEmpty());
  EXPECT_THAT(judge(key_text() + "a remark\n" + pem_of(own) + pem_of(above)), IsEmpty());
  EXPECT_THAT(judge(key_text(EVP_aes_128_cbc()) + pem_of(own) + pem_of(above)),
              IsEmpty());  // and asks for no passphrase
}

TEST_F(ChainPemTest, JudgesAsOfTheTimeGiven) {
  EXPECT_THAT(judge(pem_of(own) + pem_of(above), std::chrono::hours(23)), IsEmpty());
  EXPECT_THAT(judge(pem_of(own) + pem_of(above), std::chrono::hours(25)), ElementsAre(Flaw::expired));
  EXPECT_THAT(judge(pem_of(own) + pem_of(above), std::chrono::hours(-2)),
              ElementsAre(Flaw::not_yet_valid, Flaw::not_yet_valid, Flaw::not_yet_valid));
}

TEST_F(ChainPemTest, RefusesAnotherNameAndAMissingOrDamagedChain) {
  EXPECT_THAT(judge(pem_of(own) + pem_of(above), {}, "mta-sts.example.net"), ElementsAre(Flaw::wrong_host));
  EXPECT_THAT(judge(pem_of(own)), ElementsAre(Flaw::untrusted));
  EXPECT_THAT(judge(""), ElementsAre(Flaw::untrusted));
  EXPECT_THAT(judge(key_text()), ElementsAre(Flaw::untrusted));
  std::string damaged = pem_of(own) + pem_of(above);
  damaged[damaged.size() - 60] ^= 1;
  EXPECT_THAT(judge(damaged), ElementsAre(Flaw::untrusted));
  EXPECT_THAT(judge(damaged.substr(0, damaged.size() - 30)), ElementsAre(Flaw::untrusted));
}

}  // namespace
}  // namespace mta_sts::trust
