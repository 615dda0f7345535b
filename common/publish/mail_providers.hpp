#pragma once

#include <span>
#include <string_view>

namespace mta_sts::publish {

/// Where a provider receives mail for the domains of its customers.
struct ProviderHost {
  std::string_view name;       ///< a label "*" stands for one that differs by customer
  std::string_view example{};  ///< such a host, where the name has a "*"

  /// Gives a name to show: the host's own, or the example.
  [[nodiscard]] std::string_view shown() const { return example.empty() ? name : example; }
};

/// Hosts that stand in MX records together: whoever uses one uses all.
struct ProviderSet {
  std::span<const ProviderHost> hosts;
  bool is_old = false;  ///< still right where it is in use, and no longer what the provider gives
};

/// One mail provider and its hosts.
struct MailProvider {
  std::string_view name;
  std::span<const ProviderSet> receives;
  std::span<const std::string_view> sends;  ///< hosts that take mail from the provider's users alone
  std::string_view source;                  ///< the page of the provider that is about them
  std::string_view looked_up;               ///< when the hosts were last looked up, as "2026-11-28"
};

/// Gives the providers that are known; the entries live as long as the program.
[[nodiscard]] std::span<const MailProvider> mail_providers();

/// Tells whether a name, or an mx pattern, is a host of the provider: as many labels, equal without case but
/// for those that differ by customer.
[[nodiscard]] bool is_provider_host(const ProviderHost& host, std::string_view name);

/// Finds the provider that receives mail at a host; null where none is known.
[[nodiscard]] const MailProvider* find_provider(std::string_view mx_host);

}  // namespace mta_sts::publish
