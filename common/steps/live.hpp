#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "check/facts.hpp"
#include "policy/txt_record.hpp"

/// What is to be done next to publish a policy, or to withdraw one.
namespace mta_sts::steps {

/// What is known of something: a question that failed says nothing, neither yes nor no.
enum class Known : std::uint8_t { yes, no, not_known };

/// What the network answered to one question.
struct NetworkAnswer {
  Known known = Known::not_known;
  std::string detail = "the network was not asked";  ///< why it is not yes; safe to show
};

/// What the network says of a domain. As it is made it says that nothing was asked.
struct Live {
  bool is_asked = false;
  NetworkAnswer host;                  ///< does mta-sts.DOMAIN have an address?
  std::vector<std::string> addresses;  ///< its addresses, as text
  std::string alias;                   ///< the name that its CNAME leads to; empty: it has none
  NetworkAnswer certificate;           ///< do senders accept the certificate at every address?
  NetworkAnswer served;                ///< does every address give a policy?
  std::vector<std::string> bodies;     ///< the policies that were seen there, each once
  NetworkAnswer mail_hosts;            ///< does the domain have hosts that take its mail?
  std::vector<std::string> mx;         ///< their names, in the order of preference
  bool has_mx_record = false;          ///< false: the domain is its own mail host (RFC 5321 section 5.1)
  NetworkAnswer mail_tls;              ///< would senders that enforce take each of their addresses?
  TxtRecord record;                    ///< of _mta-sts, where is_asked
  std::string record_alias;            ///< the name that its CNAME leads to
  TlsRptRecord reports;                ///< of _smtp._tls, where is_asked
};

/// Gives the first mail host of DNS that a policy cannot name: what is no name of a host, has one label, or
/// would be a wildcard that names others. Nothing: it can name all.
[[nodiscard]] std::optional<std::string> unusable_mx(const Live& live);

/// Reads what a gathering saw, as senders judge it. Everything foreign in a detail is made safe to show; the
/// names and bodies are as they came.
[[nodiscard]] Live live_of(const check::Facts& facts);

}  // namespace mta_sts::steps
