#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sender/dns_lookup.hpp"

namespace mta_sts::sender {

/// The most aliases followed from one name. A longer chain, or one that comes back to itself, is cname_loop.
inline constexpr std::size_t cname_chain_limit = 8;

/// What one DNS message says about one question.
struct ParsedDnsAnswer {
  DnsAnswer answer;

  /// Where the chain of aliases ends in a name about which the message says nothing at all: ask for that
  /// name.
  std::string unanswered_target;
};

/// How a message that came from a name server stands to the question it was asked.
enum class DnsReply : std::uint8_t {
  foreign,   ///< no answer to this question: late, strayed or forged; go on waiting
  cut_off,   ///< the answer did not fit (TC): ask by TCP
  complete,  ///< the answer, which may still be malformed
};

/// Tells which. A refusal may leave the question out. RFC 1035 section 4.1.1, RFC 5452 section 9.1.
[[nodiscard]] DnsReply classify_dns_reply(std::span<const std::uint8_t> message, std::string_view name,
                                          DnsType type);

/// Reads a response message of any bytes as the answer to the question `name`, `type`. Only records whose
/// owner is the name, or the end of the CNAME chain that begins there, count: a record for another owner is
/// passed over. A message that is malformed, truncated, or answers another question is status serv_fail with
/// the reason in `detail`. Total and bounded. RFC 1035 section 4, RFC 2181 section 8, RFC 2308 section 5.
[[nodiscard]] ParsedDnsAnswer parse_dns_answer(std::span<const std::uint8_t> message, std::string_view name,
                                               DnsType type);

}  // namespace mta_sts::sender
