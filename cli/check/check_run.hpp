#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "base/fault.hpp"
#include "check/facts.hpp"
#include "cli/check/check_target.hpp"
#include "probe/gatherer.hpp"
#include "sender/dns/dns_server.hpp"

namespace mta_sts::cli {

struct CheckRunOptions {
  std::vector<sender::DnsServer> dns_servers;  ///< empty: those of /etc/resolv.conf
  std::string ca_file;
  std::vector<std::string> subdomains;
  std::size_t domains_at_once = 32;
  probe::GatherOptions gather;
};

/// Gathers the facts of every target, several at once, and gives them to `take` in the order of the targets,
/// each as soon as those before it are done. Memory is bounded by domains_at_once. Error: bad-option
/// (--helo), lookup-unusable, loop-failed; nothing was asked.
[[nodiscard]] std::expected<void, Fault> gather_all(
    const CheckRunOptions& options, const std::vector<CheckTarget>& targets,
    const std::function<void(std::size_t, check::Facts)>& take);

}  // namespace mta_sts::cli
