#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "base/fault.hpp"

namespace mta_sts::cli {

struct CertificateWish {
  std::string pattern;  ///< the path of a host's certificate file, with {} for its name
  std::string ca_file;
  std::chrono::sys_seconds until;  ///< senders are to accept it as of this time
};

/// Tells what is wrong with such a pattern; empty where nothing is.
[[nodiscard]] std::string fault_of_certificate_pattern(const std::string& pattern);

/// Takes out the hosts whose certificate file senders would accept as of `until`. A file that is not there is
/// none. Error: ca-unreadable; input-unreadable, where a file is there and cannot be read: without it nobody
/// knows whether a new certificate is needed.
[[nodiscard]] std::expected<void, Fault> drop_certified_hosts(const CertificateWish& wish,
                                                              std::vector<std::string>& hosts);

}  // namespace mta_sts::cli
