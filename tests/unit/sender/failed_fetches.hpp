#pragma once

#include <string>
#include <vector>

#include "os/ip_address.hpp"
#include "sender/policy_fetch.hpp"

/// Failed fetches of domains whose Policy Hosts are in networks of their own.
namespace mta_sts::sender::service {

inline std::string name(int number) {
  return "d" + std::to_string(number) + ".example";
}

inline FetchError failure_at(const std::vector<std::string>& addresses,
                             FetchErrorKind kind = FetchErrorKind::connect_failure) {
  FetchError error{.kind = kind, .detail = "as the test says"};
  for (const std::string& address : addresses) {
    error.tried.push_back(*IpAddress::parse(address));
  }
  return error;
}

/// A failure at an address of the network with that number.
inline FetchError failure_in(int network, FetchErrorKind kind = FetchErrorKind::connect_failure) {
  return failure_at({"11." + std::to_string(network) + ".0.1"}, kind);
}

inline FetchError refusal_at(const std::vector<std::string>& addresses) {
  FetchError error = failure_at(addresses);
  error.refused_here = true;
  return error;
}

inline FetchError refusal_in(int network) {
  FetchError error = failure_in(network);
  error.refused_here = true;
  return error;
}

}  // namespace mta_sts::sender::service
