#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "base/fault.hpp"
#include "sender/dns/dns_server.hpp"

namespace mta_sts::cli {

struct PlaceWish {
  std::vector<std::string> places;  ///< names and addresses of the web server
  std::vector<sender::DnsServer> dns_servers;
};

/// Tells what is wrong with a place; empty where nothing is.
[[nodiscard]] std::string fault_of_place(const std::string& word);

/// Keeps the hosts of which DNS gives addresses, and none but those of the places, and gives the number of
/// those that DNS said nothing about, which are not kept either. An authority asks at any of a host's
/// addresses (RFC 8555 section 8.3), so one that leads elsewhere makes it refuse. Error: dns-failure, where a
/// place has no address or DNS did not say; loop-failed.
[[nodiscard]] std::expected<std::size_t, Fault> keep_leading_hosts(const PlaceWish& wish,
                                                                   std::vector<std::string>& hosts);

}  // namespace mta_sts::cli
