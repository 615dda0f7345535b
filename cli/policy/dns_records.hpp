#pragma once

#include <string>
#include <vector>

namespace mta_sts::cli {

/// A record set as it shall be in DNS; without values it shall not be there.
struct RecordSet {
  std::string name;                 ///< absolute, without root dot
  std::string type;                 ///< TXT, CNAME, A or AAAA
  std::vector<std::string> values;  ///< of TXT as they are, unquoted; else as a zone file has them
};

/// Gives the set as lines of a zone file, each with its line end; none for a set without values.
[[nodiscard]] std::string zone_lines(const RecordSet& set, unsigned ttl_seconds);

/// Gives the commands of nsupdate that bring the set about, without `send`. What is there goes first: two
/// STSv1 records count as none (RFC 8461 section 3.1), a CNAME stands alone (RFC 2136 section 3.4.2.2), and
/// servers keep the TTL of data that they have already.
[[nodiscard]] std::string nsupdate_lines(const RecordSet& set, unsigned ttl_seconds);

}  // namespace mta_sts::cli
