#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eximconf/configuration.hpp"

namespace mta_sts::eximconf {

/// The Policy Domain of the mail that a router sends.
struct PolicyDomain {
  std::string text;         ///< a name, or an expansion that gives one
  bool is_checked = false;  ///< the expansion may give what has no policy: an address, one label, nothing
};

/// One item of a manualroute router's route_list.
struct RouteItem {
  std::string pattern;  ///< of domains, without quotes
  std::string hosts;    ///< without quotes
  std::string head;     ///< pattern and hosts as written
  std::string options;
};

/// Reads a route_list. Source: the Exim specification, section "Format of one host item in route_list".
[[nodiscard]] std::vector<RouteItem> read_route_list(std::string_view list);

/// Gives the Policy Domain of mail for the hosts that a manualroute router (RFC 8461 section 3.4), or the
/// transport of an accept router, lists: the first host's name as it is written. `text` is empty where none
/// of them has a policy: addresses, and names of one label, which are not in the public DNS.
[[nodiscard]] PolicyDomain policy_domain_of_route(const Instance& router);
[[nodiscard]] PolicyDomain policy_domain_of_hosts(const Instance& router, const Instance& transport);

/// Gives the router's host options (route_list or route_data) with the names of `transports` in them behind
/// `prefix`; with an empty prefix those names are taken out, so that the router's own transport holds.
[[nodiscard]] EximOption route_with_transports(const EximOption& route,
                                               const std::vector<std::string>& transports,
                                               std::string_view prefix);

/// Tells whether a name stands in a text as a word of its own.
[[nodiscard]] bool has_word(std::string_view text, std::string_view word);

/// Gives the text with each `from` replaced.
[[nodiscard]] std::string replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace mta_sts::eximconf
