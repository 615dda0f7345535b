#include "publish/mail_domain.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "idna/idna.hpp"

namespace mta_sts::publish {
namespace {

constexpr std::string_view record_prefix = "_mta-sts.";
constexpr std::string_view report_prefix = "_smtp._tls.";
constexpr std::string_view own_prefixes[] = {record_prefix, "mta-sts.", report_prefix};

// The longest of a policy's own names is that of its record.
std::string why_too_long(std::string_view prefix, std::string_view domain) {
  const std::size_t bytes = prefix.size() + domain.size();
  if (bytes <= domain_name_limit_bytes) {
    return {};
  }
  return "is too long: " + std::string(prefix) + " before it makes a name of " + std::to_string(bytes) +
         " bytes, and DNS has at most " + std::to_string(domain_name_limit_bytes);
}

}  // namespace

std::expected<DomainName, std::string> parse_mail_domain(std::string_view name) {
  for (const std::string_view prefix : own_prefixes) {
    const std::string_view rest = name.substr(std::min(prefix.size(), name.size()));
    // Someone's domain may be mta-sts.example, below a top-level domain.
    const bool may_be_meant = prefix.starts_with('_') || rest.find('.') < rest.size() - 1;
    if (ascii::starts_with_ignoring_case(name, prefix) && may_be_meant) {
      return std::unexpected("is a name within MTA-STS; give the mail domain, " +
                             text::escape_for_display(rest, 100));
    }
  }
  auto domain = to_a_labels(name);
  if (!domain) {
    return std::unexpected(domain.error().code == DomainNameError::address
                               ? "is an address; give a mail domain"
                               : "is not a domain (" + domain.error().detail + ")");
  }
  if (domain->text().find('.') == std::string::npos) {
    return std::unexpected("is a top-level domain; give a domain below it");
  }
  if (std::string why = why_too_long(record_prefix, domain->text()); !why.empty()) {
    return std::unexpected(std::move(why));
  }
  return *std::move(domain);
}

std::string why_no_tlsrpt_record(std::string_view domain) {
  return why_too_long(report_prefix, domain);
}

}  // namespace mta_sts::publish
