#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check/case.hpp"
#include "check/forecast.hpp"

/// What a diagnosis shows of the facts beside its judgements. Every text may be foreign.
namespace mta_sts::check {

/// How long a certificate is still good for.
enum class Remaining : std::uint8_t { enough, ends_soon, out_of_time };

struct CertificateDetails {
  std::string names;
  std::string issuer;
  std::string key;
  std::string signature;
  std::string chain;  ///< "2 certificates sent, leads to a trusted root", or what is wrong with it
  bool is_chain_good = false;
  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};
  std::int64_t days_left = 0;  ///< whole days from the diagnosis on, rounded down; below 0: expired
  Remaining remaining = Remaining::enough;
  std::string same_as;  ///< the host's address before this one that showed the same; "" where none did
};

/// One address of the policy host or of an MX host.
struct AddressDetails {
  bool is_policy_host = false;
  std::string host;
  std::string address;
  std::string trouble;  ///< why there is no TLS: "connection refused"; "" where there is
  std::string tls_version;
  std::string cipher;
  std::optional<CertificateDetails> certificate;
};

/// One DNS record, or a lookup that gave none.
struct RecordDetails {
  std::string type;      ///< "TXT"
  std::string name;      ///< owner, behind CNAMEs the last one
  std::string text;      ///< the record's data, or what came of the lookup: "NXDOMAIN"
  bool is_there = true;  ///< false: `text` says why there is none
};

/// What the policy's URL gave.
struct PolicyTextDetails {
  std::string url;
  std::string answer;                ///< "200, text/plain, 91 bytes"
  std::vector<std::string> lines{};  ///< without their ends
  std::size_t bytes_left = 0;        ///< behind those lines
};

/// How well a sender's mail is protected on its way to a host.
enum class Safety : std::uint8_t { verified, encrypted, clear, refused, unknown };

/// Gives the word of docs/checks.md.
[[nodiscard]] std::string_view to_string(Safety safety);

struct SenderOutcome {
  std::string words;  ///< "verified TLS"
  Safety safety = Safety::unknown;
};

/// What senders do at one address of an MX host, each with one of the two or with neither.
struct SenderDetails {
  std::string mx;
  std::string address;
  SenderOutcome without;
  SenderOutcome with_mta_sts;
  SenderOutcome with_dane;
};

struct Details {
  std::vector<RecordDetails> records;
  std::optional<PolicyTextDetails> policy;  ///< nothing where no server answered
  std::vector<AddressDetails> addresses;    ///< those of the policy host first
  std::vector<SenderDetails> senders;
};

[[nodiscard]] Details details_of(const Case& c, const Forecast& forecast);

/// Gives the records that a sender of mail and a sender of reports look at.
[[nodiscard]] std::vector<RecordDetails> record_details(const Case& c);

[[nodiscard]] std::optional<PolicyTextDetails> policy_text_details(const Case& c);

/// Gives every address of the policy host, then of each MX host by preference.
[[nodiscard]] std::vector<AddressDetails> address_details(const Case& c);

/// Gives what senders do at every address that was tried.
[[nodiscard]] std::vector<SenderDetails> sender_details(const Case& c, const Forecast& forecast);

}  // namespace mta_sts::check
