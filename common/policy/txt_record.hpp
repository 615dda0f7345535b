#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts {

/// How a TXT lookup ended, as the records' users need to tell it apart (R15).
enum class DnsStatus : std::uint8_t {
  no_error,
  no_data,
  nx_domain,
  serv_fail,
  refused,
  timeout,
  cname_loop,
};

/// Gives the status in DNS's own words: NOERROR, NODATA, NXDOMAIN, SERVFAIL, REFUSED, TIMEOUT, CNAMELOOP.
[[nodiscard]] std::string_view to_string(DnsStatus status);

/// Reads such a word; nothing for any other.
[[nodiscard]] std::optional<DnsStatus> parse_dns_status(std::string_view word);

/// A TXT record set as DNS gave it: each record a list of character-strings of any bytes.
struct TxtAnswer {
  DnsStatus status = DnsStatus::no_data;
  std::vector<std::vector<std::string>> records;
};

/// Why the one STSv1 or TLSRPTv1 record is unusable. A sender goes on as if there were none (R6).
enum class TxtErrorCode : std::uint8_t {
  bad_syntax,     ///< fields or separators that the grammar does not know
  missing_id,     ///< no id field
  bad_id,         ///< id is not 1 to 32 letters or digits
  missing_rua,    ///< no rua field
  bad_rua,        ///< a rua entry that is no URI of RFC 8460 section 3
  no_usable_rua,  ///< URIs, but none of mailto or https
};

[[nodiscard]] std::string_view to_string(TxtErrorCode code);

/// What a lookup came to. `temp`: the lookup failed, nothing is known (R15, P6): the caller must not take it
/// as "no record". `none`: no record, or not exactly one (R5). `error`: one record, invalid.
enum class TxtOutcome : std::uint8_t { ok, none, error, temp };

[[nodiscard]] std::string_view to_string(TxtOutcome outcome);

struct TxtRecord {
  TxtOutcome outcome = TxtOutcome::none;
  std::string id;                                 ///< with ok
  TxtErrorCode error = TxtErrorCode::bad_syntax;  ///< with error
  std::string detail;                             ///< but with ok: one sentence, safe to show
  std::size_t candidates = 0;                     ///< records that begin with v=STSv1;
};

/// Chooses and reads the record of `_mta-sts`. RFC 8461 section 3.1, positions P1, P11, P18.
[[nodiscard]] TxtRecord parse_txt_answer(const TxtAnswer& answer);

struct TlsRptRecord {
  TxtOutcome outcome = TxtOutcome::none;
  std::vector<std::string> rua;      ///< usable URIs (mailto, https), in order, as written
  std::vector<std::string> ignored;  ///< well-formed URIs of other schemes (P28)
  TxtErrorCode error = TxtErrorCode::bad_syntax;
  std::string detail;
  std::size_t candidates = 0;
};

/// Chooses and reads the record of `_smtp._tls`. RFC 8460 section 3, position P28.
[[nodiscard]] TlsRptRecord parse_tlsrpt_answer(const TxtAnswer& answer);

/// Tells whether `id` is 1 to 32 ASCII letters or digits. RFC 8461 section 3.1.
[[nodiscard]] bool is_policy_id(std::string_view id);

}  // namespace mta_sts
