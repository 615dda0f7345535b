#include "eximcheck/dane.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/number.hpp"
#include "eximconf/twin.hpp"

namespace mta_sts::eximcheck {
namespace {

constexpr std::uint64_t number_limit = 1'000'000;
constexpr std::array<std::uint64_t, 2> first_hiding_glibc{2, 31};

}  // namespace

DaneWish find_dane_wish(const EximBuild& build, const eximconf::Configuration& configuration) {
  if (!build.has_dane || configuration.main_option("dns_dnssec_ok") == "0") {
    return DaneWish::none;
  }
  bool is_off = !configuration.transports.empty();
  for (const eximconf::Instance& transport : configuration.transports) {
    if (transport.is_own() || !eximconf::sends_by_smtp(transport)) {
      continue;
    }
    const eximconf::EximOption* tried = transport.find("hosts_try_dane");
    if (!transport.value("hosts_require_dane").empty() || (tried != nullptr && !tried->unquoted().empty())) {
      return DaneWish::by_configuration;
    }
    is_off = is_off && tried != nullptr;
  }
  return is_off ? DaneWish::none : DaneWish::by_default;
}

bool sees_validation(std::string_view glibc_version, bool trusts_ad) {
  const std::size_t dot = std::min(glibc_version.find('.'), glibc_version.size());
  const std::string_view minor = glibc_version.substr(std::min(dot + 1, glibc_version.size()));
  const std::array version{
      text::parse_decimal(glibc_version.substr(0, dot), number_limit).value_or(number_limit),
      text::parse_decimal(minor.substr(0, minor.find('.')), number_limit).value_or(number_limit)};
  return trusts_ad || version < first_hiding_glibc;
}

std::optional<EximFinding> judge_dane(DaneWish wish, bool sees_validation) {
  if (wish == DaneWish::none) {
    return std::nullopt;
  }
  if (sees_validation) {
    return ok_finding("Exim learns which DNS answers the name server has validated, which DANE needs");
  }
  EximFinding finding = fault_finding(
      "exim-dane-off",
      "/etc/resolv.conf has no \"options trust-ad\", so the C library hides from Exim which DNS answers were "
      "validated: no DANE is done" +
          std::string(wish == DaneWish::by_configuration
                          ? ", though hosts_try_dane or hosts_require_dane asks for it"
                          : ", and nothing tells"),
      "add the line \"options trust-ad\" to /etc/resolv.conf where its name server validates and the way to "
      "it "
      "is safe: best one on this host");
  finding.level = wish == DaneWish::by_configuration ? finding.level : EximFinding::Level::warning;
  return finding;
}

}  // namespace mta_sts::eximcheck
