#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/txt_record.hpp"

/// What a diagnosis saw, and nothing of what it means: gatherers (probe) fill these, checks judge them,
/// --record keeps and --replay brings them back. Every text may hold any bytes that a stranger sent.
namespace mta_sts::check {

/// A TXT lookup by its name.
struct TxtFact {
  std::string name;  ///< owner asked for, A-labels, without root dot
  TxtAnswer answer;
  std::uint32_t ttl_seconds = 0;
  std::vector<std::string> cname_chain;  ///< each hop's target, in order
  bool authenticated = false;            ///< the resolver's AD bit
};

/// What one authoritative server said, asked without recursion (C08, C09).
struct AuthorityFact {
  std::string server;
  std::string address;
  TxtAnswer answer;
  std::uint32_t ttl_seconds = 0;
  std::optional<std::uint32_t> serial;  ///< of its SOA; nothing where it gave none
};

/// The addresses of a host.
struct HostFact {
  std::string name;
  DnsStatus a_status = DnsStatus::no_data;
  DnsStatus aaaa_status = DnsStatus::no_data;
  std::vector<std::string> addresses;  ///< text form, IPv4 first
  std::vector<std::string> cname_chain;
  std::vector<std::string> not_public;  ///< those of `addresses` that no sender may contact (C16)
  std::optional<bool> authenticated;    ///< every address came with the resolver's AD bit
};

struct MxHostFact {
  std::uint16_t preference = 0;
  std::string name;  ///< as in DNS, without root dot; "" is the null MX (RFC 7505)
};

struct TlsaFact {
  std::string mx;
  DnsStatus status = DnsStatus::no_data;
  bool authenticated = false;
  std::vector<std::string> records;  ///< "usage selector type hex"
};

/// So many MX records are kept at most: with as many there may be more.
inline constexpr std::size_t mx_facts_limit = 32;

/// The most addresses of a host that are looked at.
inline constexpr std::size_t address_facts_limit = 16;

struct DnsFacts {
  TxtFact sts;                                  ///< _mta-sts.DOMAIN
  std::optional<DnsStatus> sts_without_dnssec;  ///< the same with CD set, asked where the first failed (C10)
  std::optional<TxtFact> sibling;               ///< a random label beside it: a wildcard answers (C07)
  std::vector<AuthorityFact> authorities;
  std::vector<TxtFact> misplaced;   ///< names where the record stands by mistake (C11)
  std::vector<TxtFact> subdomains;  ///< _mta-sts of subdomains that have an MX (C13)
  DnsStatus mx_status = DnsStatus::no_data;
  bool mx_authenticated = false;
  std::vector<MxHostFact> mx;           ///< by preference; empty with no_data: the domain is its own MX
  std::optional<bool> has_wildcard_mx;  ///< nothing where the lookup failed
  std::vector<HostFact> hosts;          ///< the policy host, every MX host, every rua host
  std::vector<TlsaFact> tlsa;
  TxtFact tlsrpt;                         ///< _smtp._tls.DOMAIN
  std::vector<TxtFact> tlsrpt_misplaced;  ///< draft-time names (C56)
  std::vector<TxtFact> tlsrpt_of_mx;      ///< _smtp._tls.MX (C64)

  /// Finds what is known of a host by its name; null where it was not asked for.
  [[nodiscard]] const HostFact* host(std::string_view name) const;
};

/// How far a connection came.
enum class Reach : std::uint8_t {
  connected,
  refused,
  timeout,
  unreachable,        ///< no route from here: IPv6 missing, or a network error
  forbidden_address,  ///< private or loopback, and not allowed to be contacted
  port_blocked,       ///< port 25 is closed for this machine altogether
  not_tried,
};

/// What a sender's verification finds wrong with one certificate of a chain.
struct ChainFact {
  std::string flaw;       ///< "untrusted", "expired", "not-yet-valid", "weak", "wrong-purpose", "revoked"
  std::size_t depth = 0;  ///< 0: the host's own certificate, else one above it
  std::string subject;
  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};
  std::string error;  ///< the verifier's words
};

/// A certificate chain as the server sent it, and what the system's trust store says of it.
struct CertificateFact {
  std::vector<std::string> dns_names;  ///< SAN dNSName entries
  std::string common_name;
  std::string issuer;
  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};
  std::string sha256;            ///< of the leaf, lower-case hex
  std::size_t sent = 0;          ///< certificates in the chain sent
  std::string key;               ///< "RSA 2048", "EC prime256v1"
  std::string signature;         ///< "sha256WithRSAEncryption"
  bool trusted = false;          ///< chain to a root of the store, dates and strength left aside
  std::string trust_error;       ///< the verifier's words where it is not
  std::vector<ChainFact> chain;  ///< every fault of the chain, names left aside
  std::vector<std::string>
      tlsa_forms;  ///< TLSA records that this chain satisfies: "3 1 1 hex", usages 2 and 3
};

/// One TLS handshake.
struct TlsFact {
  bool established = false;
  std::string version;  ///< "TLSv1.3"
  std::string cipher;   ///< "TLS_AES_256_GCM_SHA384"
  std::string error;    ///< the library's words where it failed
  std::optional<CertificateFact> certificate;
};

struct HttpHeader {
  std::string name;
  std::string value;
};

/// One HTTPS GET (or HEAD) of a path from one address.
struct HttpsFact {
  std::string host;
  std::string address;
  std::string path;
  std::string method = "GET";
  std::string user_agent;
  Reach reach = Reach::not_tried;
  TlsFact tls;
  int status = 0;  ///< 0: no answer that is HTTP
  std::string http_version;
  std::vector<HttpHeader> headers;
  std::string body;       ///< at most 64 KiB and one byte
  bool complete = false;  ///< framing reached its end (R70)
  std::string error;      ///< what broke it
  std::chrono::milliseconds elapsed{};
};

struct HttpsFacts {
  std::vector<HttpsFact> by_address;  ///< the policy path from every address, the sender's way
  std::vector<HttpsFact> by_user_agent;
  std::vector<HttpsFact> elsewhere;  ///< wrong hosts and paths (C31)
  std::optional<HttpsFact> head;
  std::optional<TlsFact> without_sni;
  std::map<std::string, bool> tls_versions;  ///< "TLSv1.1" -> the server chooses it
};

/// STARTTLS at one address of one MX host.
struct SmtpFact {
  std::string mx;
  std::uint16_t preference = 0;
  std::string address;
  Reach reach = Reach::not_tried;
  std::string banner;
  std::vector<std::string> ehlo;  ///< lines of the EHLO answer, codes cut off
  bool starttls_offered = false;
  std::string starttls_reply;
  std::size_t injected_bytes = 0;  ///< bytes after the 220 in clear, thrown away
  TlsFact with_sni;
  std::optional<TlsFact> without_sni;
  std::optional<TlsFact> large_hello;  ///< a ClientHello over one packet (C48)
  std::map<std::string, bool> tls_versions;
  std::string error;  ///< what ended the session early
};

/// What one diagnosis of this domain left for the next; a list of them is oldest first, the present one last
/// (C12, C65 to C67).
struct HistoryEntry {
  std::chrono::sys_seconds seen{};
  std::string id;           ///< "" without a record
  std::string body_sha256;  ///< "" without a policy
  std::string
      policy_id;  ///< of what the policy means, however it is written; "" without one, or in old lines
  std::string mode;
  std::uint64_t max_age_seconds = 0;
  std::vector<std::string> mx;  ///< of DNS
};

/// One policy that a web server of this machine has loaded (C70).
struct LocalPolicy {
  std::string source;  ///< file and line
  std::string words;
  std::string body;
};

/// The mail server of this machine that sends with DANE, and whether it can (C73).
struct LocalSender {
  std::string program;           ///< "Exim 4.96"
  bool does_dane = false;        ///< it would, by what its configuration says
  bool sees_validation = false;  ///< it learns which DNS answers were validated
};

/// A failure that TLS-RPT reports name (C72).
struct ReportedFailure {
  std::string type;
  std::string mx;
  std::uint64_t sessions = 0;
};

/// What this machine can and cannot test (C69).
struct Conditions {
  std::chrono::sys_seconds now{};
  bool has_ipv4 = true;
  bool has_ipv6 = true;
  bool port_25_open = true;
  bool resolver_validates = false;
  bool resolver_answers = true;
  bool private_allowed = false;                      ///< --allow-private: a test network
  std::optional<std::chrono::seconds> clock_offset;  ///< of the HTTP Date fields seen against ours
};

struct RuaFact {
  std::string uri;
  std::string host;
  DnsStatus mx_status = DnsStatus::no_data;  ///< mailto
  std::vector<MxHostFact> mx;
  std::optional<TlsFact> tls;             ///< https
  std::optional<std::string> rcpt_reply;  ///< with --probe-rcpt
  std::optional<int> post_status;         ///< with --probe-post
};

/// Everything one diagnosis of one domain saw.
struct Facts {
  std::string domain;  ///< A-labels
  Conditions conditions;
  DnsFacts dns;
  HttpsFacts https;
  std::vector<SmtpFact> smtp;  ///< every address of every MX
  std::vector<RuaFact> rua;
  std::vector<HistoryEntry> history;
  std::optional<std::string> expected_id;               ///< --expect-id
  std::optional<std::vector<LocalPolicy>> local;        ///< --local
  std::optional<LocalSender> local_sender;              ///< --local, where there is one
  std::optional<std::vector<ReportedFailure>> reports;  ///< --reports
};

}  // namespace mta_sts::check
