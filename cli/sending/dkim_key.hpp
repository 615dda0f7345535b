#pragma once

#include <cstdint>
#include <string_view>

namespace mta_sts::cli {

/// What a DKIM key record means for the mail of a TLS report.
enum class DkimKey : std::uint8_t {
  good,           ///< for mail, and by name for TLS reports
  every_use,      ///< for everything; RFC 8460 section 3 wants tlsrpt named, and few receivers ask for it
  mail_alone,     ///< s= names email and not tlsrpt: a receiver may ignore the report
  reports_alone,  ///< s= names tlsrpt and not email: mail servers ignore the key
  other_use,      ///< s= names neither
  revoked,        ///< p= is empty
  malformed,      ///< no key record
  several,        ///< more than one record
};

/// Judges a key record. RFC 6376 section 3.6.1, RFC 8460 section 3.
[[nodiscard]] DkimKey judge_dkim_key(std::string_view record);

/// Tells whether mail signed with it is accepted.
[[nodiscard]] bool is_usable(DkimKey key);

/// Says what it means, and what to do.
[[nodiscard]] std::string_view explain(DkimKey key);

}  // namespace mta_sts::cli
