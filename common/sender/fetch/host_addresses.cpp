#include "sender/fetch/host_addresses.hpp"

#include <utility>

namespace mta_sts::sender {
namespace {

constexpr std::size_t addresses_per_family = 4;

DnsOutcome fact_of(const DnsAnswer& first, const DnsAnswer& second) {
  const auto failed = [](const DnsAnswer& answer) {
    return answer.status != DnsStatus::no_error && answer.status != DnsStatus::no_data &&
           answer.status != DnsStatus::nx_domain;
  };
  if (failed(first) || failed(second)) {
    return DnsOutcome::failed;
  }
  return first.status == DnsStatus::nx_domain || second.status == DnsStatus::nx_domain
             ? DnsOutcome::nx_domain
             : DnsOutcome::no_address;
}

}  // namespace

void HostAddresses::note(DnsType type, DnsAnswer answer, bool allow_private) {
  std::vector<IpAddress> found;
  for (const DnsData& data : answer.records) {
    const auto* address = std::get_if<IpAddress>(&data);
    if (address == nullptr) {
      continue;
    }
    if (!allow_private && !address->is_public()) {
      refused_ = refused_.value_or(*address);
    } else if (found.size() < addresses_per_family) {
      found.push_back(*address);
    }
  }
  const bool is_v6 = type == DnsType::aaaa;
  usable_.insert(is_v6 ? usable_.begin() : usable_.end(), found.begin(), found.end());
  (is_v6 ? v6_ : v4_) = std::move(answer);
}

void HostAddresses::explain_lack(FetchFacts& facts) const {
  if (refused_) {
    facts.dns = DnsOutcome::address_not_public;
    facts.note = refused_->to_text();
  } else if (v4_->own_trouble || v6_->own_trouble) {
    facts.not_begun = true;
    facts.note = v4_->own_trouble ? v4_->detail : v6_->detail;
  } else {
    facts.dns = fact_of(*v4_, *v6_);
    facts.note = v4_->detail.empty() ? v6_->detail : v4_->detail;
  }
}

std::string resolve_line(const std::string& host, std::uint16_t port, std::span<const IpAddress> addresses) {
  std::string line = host + ":" + std::to_string(port) + ":";
  for (const IpAddress& address : addresses) {
    line += &address == addresses.data() ? "" : ",";
    line += address.is_v6() ? "[" + address.to_text() + "]" : address.to_text();
  }
  return line;
}

}  // namespace mta_sts::sender
