// Holds matches_dns_id against OpenSSL's X509_check_host on many made-up certificates: with its flags
// against CN and partial wildcards and, before it is asked, our guards on the host.
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <array>
#include <random>
#include <vector>

#include "base/handle.hpp"
#include "base/utf8.hpp"
#include "policy/dns_id.hpp"

namespace mta_sts {
namespace {

using namespace std::string_view_literals;

using Certificate = Handle<X509, X509_free>;
using Names = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;

constexpr std::array labels{"a"sv,    "b"sv,  "A"sv,     "mail"sv,  "*"sv,  "*"sv,   "*"sv,  "a*"sv,
                            "*a"sv,   "**"sv, "xn--a"sv, "xn--*"sv, "_x"sv, "a_b"sv, "-a"sv, "a-"sv,
                            "a--b"sv, ""sv,   "com"sv,   "com"sv,   "9"sv,  "a\0b"sv};

class NameMaker {
 public:
  std::string make() {
    std::string name;
    const std::size_t count = 1 + random_() % 4;
    for (std::size_t i = 0; i < count; ++i) {
      name += i == 0 ? "" : ".";
      name += labels.at(random_() % labels.size());
    }
    return random_() % 8 == 0 ? name + "." : name;
  }

  // A name that differs from another in little, so that matches are not rare.
  std::string make_like(std::string name) {
    switch (random_() % 5) {
      case 0:
        return make();
      case 1:
        return name.find('.') == std::string::npos ? name : "*" + name.substr(name.find('.'));
      case 2:
        return "mail." + name;
      case 3:
        return name + ".";
      default:
        return name;
    }
  }

 private:
  std::mt19937 random_{8461};  // the same names in every run
};

Certificate make_certificate(const std::vector<std::string>& dns_names, const std::string& common_name) {
  Certificate certificate(X509_new());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  const Names names(GENERAL_NAMES_new());
  for (const std::string& dns_name : dns_names) {
    GENERAL_NAME* const name = GENERAL_NAME_new();
    ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, dns_name.data(), static_cast<int>(dns_name.size()));
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    sk_GENERAL_NAME_push(names.get(), name);
  }
  X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT);
  return certificate;
}

// What OpenSSL must not be asked, as it would say yes.
bool may_be_asked(std::string_view host) {
  return !host.empty() && host.front() != '.' && host.back() != '.' &&
         host.find("..") == std::string_view::npos && host.find('*') == std::string_view::npos &&
         host.find('\0') == std::string_view::npos;
}

bool openssl_matches(const std::vector<std::string>& dns_names, std::string host) {
  if (host.ends_with('.')) {
    host.pop_back();  // OpenSSL takes the root dot for a part of the name
  }
  if (!may_be_asked(host)) {
    return false;
  }
  const Certificate certificate = make_certificate(dns_names, host);
  return X509_check_host(certificate.get(), host.data(), host.size(),
                         X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                         nullptr) == 1;
}

TEST(DnsIdOracle, AgreesWithOpenSsl) {  // R63, R64, R100, R102 to R104
  NameMaker maker;
  std::size_t matches = 0;
  for (int round = 0; round < 30000; ++round) {
    const std::string host = maker.make();
    std::vector<std::string> dns_names{maker.make_like(host)};
    if (round % 3 == 0) {
      dns_names.push_back(maker.make_like(host));
    }
    const std::vector<std::string_view> views(dns_names.begin(), dns_names.end());
    const bool ours = matches_dns_id(views, host);
    ASSERT_EQ(ours, openssl_matches(dns_names, host))
        << text::escape_for_display(host) << " / " << text::escape_for_display(dns_names.front());
    matches += ours ? 1 : 0;
  }
  EXPECT_GT(matches, 1000U);  // the two would also agree if nothing ever matched
}

}  // namespace
}  // namespace mta_sts
