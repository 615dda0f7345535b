#include "cli/store/certified_hosts.hpp"

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/utf8.hpp"
#include "file/read_file.hpp"
#include "trust/chain_pem.hpp"
#include "trust/roots.hpp"

namespace mta_sts::cli {
namespace {

constexpr std::string_view place_of_name = "{}";
constexpr std::size_t certificate_limit_bytes = std::size_t{1} << 20U;

std::string path_of(std::string pattern, const std::string& host) {
  for (std::size_t at = pattern.find(place_of_name); at != std::string::npos;
       at = pattern.find(place_of_name, at + host.size())) {
    pattern.replace(at, place_of_name.size(), host);
  }
  return pattern;
}

std::expected<bool, Fault> is_certified(const CertificateWish& wish, X509_STORE* roots,
                                        const std::string& host) {
  const std::string path = path_of(wish.pattern, host);
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) {
    return false;
  }
  const auto pem = read_file(path, certificate_limit_bytes);
  if (!pem) {
    return std::unexpected(Fault{"input-unreadable", to_message(pem.error())});
  }
  return trust::judge_chain_pem(*pem, roots, host, wish.until).empty();
}

}  // namespace

std::string fault_of_certificate_pattern(const std::string& pattern) {
  return pattern.find(place_of_name) == std::string::npos
             ? text::quote_for_display(pattern) + ": needs {} where the host's name stands"
             : "";
}

std::expected<void, Fault> drop_certified_hosts(const CertificateWish& wish,
                                                std::vector<std::string>& hosts) {
  const auto roots = trust::read_roots(wish.ca_file);
  if (!roots) {
    return std::unexpected(roots.error());
  }
  std::vector<std::string> kept;
  for (std::string& host : hosts) {
    const auto found = is_certified(wish, roots->get(), host);
    if (!found) {
      return std::unexpected(found.error());
    }
    if (!*found) {
      kept.push_back(std::move(host));
    }
  }
  hosts = std::move(kept);
  return {};
}

}  // namespace mta_sts::cli
