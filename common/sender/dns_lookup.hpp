#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "os/ip_address.hpp"
#include "policy/txt_record.hpp"

namespace mta_sts::sender {

/// The record types that a sender or a checker asks for.
enum class DnsType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  mx = 15,
  txt = 16,
  aaaa = 28,
  tlsa = 52
};

struct MxData {
  std::uint16_t preference = 0;
  std::string host;  ///< lower case, without root dot; empty for a null MX (RFC 7505)
};

struct TlsaData {
  std::uint8_t usage = 0;
  std::uint8_t selector = 0;
  std::uint8_t matching_type = 0;
  std::string association;  ///< raw bytes
};

struct SoaData {
  std::uint32_t serial = 0;
};

using TxtData = std::vector<std::string>;  ///< the character-strings of one record

/// One record's data: A/AAAA, MX, TLSA, SOA, TXT, and the target of a CNAME or NS as a name.
using DnsData = std::variant<IpAddress, MxData, TlsaData, SoaData, TxtData, std::string>;

/// What one question came to. Only records whose owner is the name asked, or the end of the CNAME chain that
/// begins there, are in it.
struct DnsAnswer {
  DnsStatus status = DnsStatus::timeout;
  std::vector<DnsData> records;      ///< of the type asked, in the order of the answer; empty unless no_error
  std::vector<std::string> aliases;  ///< the CNAME targets followed, in order
  std::chrono::seconds ttl{0};       ///< least over chain and records; of a negative answer from its SOA
  bool authenticated = false;        ///< the AD bit; means something only from a resolver on this host
  bool own_trouble =
      false;           ///< a failure of this host (no descriptor, no name server there): nobody was asked
  std::string detail;  ///< one sentence where status is a failure, safe to show
};

/// Asks DNS; handed in, so that tests decide what the network says.
class DnsLookup {
 public:
  using Done = std::function<void(DnsAnswer)>;

  virtual ~DnsLookup() = default;

  /// Asks for `name` (a host name or one with underscore labels, without root dot) and calls `done` exactly
  /// once, at once or later, on the loop's thread. Every failure is an answer with its status. Bounded in
  /// time by the implementation. Objects that `done` touches must live until then.
  virtual void lookup(std::string_view name, DnsType type, Done done) = 0;
};

/// Gives the TXT record set of an answer in the form that parse_txt_answer reads.
[[nodiscard]] TxtAnswer to_txt_answer(const DnsAnswer& answer);

}  // namespace mta_sts::sender
