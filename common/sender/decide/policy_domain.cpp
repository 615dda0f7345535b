#include "sender/decide/policy_domain.hpp"

#include <algorithm>

#include "idna/idna.hpp"
#include "policy/policy_host.hpp"

namespace mta_sts::sender {
namespace {

Verdict no_policy(std::string_view reason) {
  Verdict verdict;
  verdict.mode = VerdictMode::none;
  verdict.reason = reason;
  return verdict;
}

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

Verdict verdict_without_lookup(std::string_view text, DomainNameError error) {
  switch (error) {
    case DomainNameError::empty:
      return temp_verdict(to_string(error));
    case DomainNameError::bad_character:
      // An underscore or the like: mail may go there, a Policy Host cannot be.
      return is_printable_ascii(text) ? no_policy(to_string(error)) : temp_verdict(to_string(error));
    case DomainNameError::too_long:
    case DomainNameError::empty_label:
    case DomainNameError::label_too_long:
    case DomainNameError::address:
      return no_policy(to_string(error));
  }
  return temp_verdict(to_string(error));
}

}  // namespace

std::expected<DomainName, Verdict> policy_domain_of(std::string_view mail_domain) {
  if (mail_domain.starts_with('[')) {
    return std::unexpected(no_policy(to_string(DomainNameError::address)));
  }
  auto domain = to_a_labels(mail_domain);
  if (!domain) {
    return std::unexpected(verdict_without_lookup(mail_domain, domain.error().code));
  }
  if (record_prefix.size() + domain->text().size() > domain_name_limit_bytes) {
    return std::unexpected(no_policy(to_string(DomainNameError::too_long)));
  }
  return *std::move(domain);
}

}  // namespace mta_sts::sender
