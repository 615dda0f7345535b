#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mta_sts::exim {

/// What Exim's smtp transport raises and a session's outcome hangs on. Source: the Exim specification,
/// chapter "Events".
enum class EventKind : std::uint8_t {
  tcp_connect,   ///< before a connection is made
  smtp_connect,  ///< the server's greeting has come
  smtp_ehlo,     ///< the answer to EHLO: without TLS, and once more with it
  tls_cert,      ///< a certificate of the server's chain
  dane_fail,     ///< the data are a result type of RFC 8460
  tcp_close,
  host_defer,   ///< msg:host:defer: a host did not take the message; it comes behind tcp:close
  no_mx_named,  ///< our own: the enforce policy names none of the hosts, so that no session begins
};

/// One event, with what Exim knows then. All texts are views of Exim's memory, for the call, and may be any
/// bytes of a peer.
struct TransportEvent {
  EventKind kind = EventKind::tcp_connect;
  std::string_view data;              ///< $event_data
  std::string_view verdict;           ///< the verdict line that the message goes by; else: nobody was asked
  std::string_view record;            ///< the domain's one TLSRPT record; empty where it has none
  bool needs_record = false;          ///< where the record was looked up: without one nothing is sent
  std::chrono::sys_seconds now;       ///< $tod_epoch
  std::string_view domain;            ///< the Policy Domain; like the host, empty at some tcp:close
  std::string_view host;              ///< the MX host
  std::string_view address;           ///< its address
  std::string_view sending_ip;        ///< empty until there is a connection
  bool has_tls = false;               ///< $tls_out_ver is set
  bool is_verified = false;           ///< the certificate, by Exim; old until TLS stands
  bool is_dane = false;               ///< DANE authenticated the host
  bool has_tlsa = false;              ///< usable TLSA records exist for the host
  bool handshake_begun = false;       ///< STARTTLS was accepted
  bool is_host_secure = false;        ///< DNSSEC proves the host's address, so there may be TLSA records
  bool is_mx_name = false;            ///< the host's name stands in an MX record: it is no alias' target
  std::chrono::sys_seconds expiry{};  ///< of the certificate, at tls:cert
  std::string_view dns_names;         ///< its dNSNames, one a line, at tls:cert
};

/// Reads the arguments of mta_sts_event behind the socket: name of the event, $event_data, the facts, the
/// verdict line, the certificate's facts and, where they are looked up, the TXT records of _smtp._tls, one a
/// line. The facts are lines: time, domain, host, address, sending address, TLS version, verified, DANE, TLSA
/// usage, handshake, host secure, MX name. Nothing for an event of another kind, or where the arguments are
/// none of these.
[[nodiscard]] std::optional<TransportEvent> parse_transport_event(
    std::span<const std::string_view> arguments);

}  // namespace mta_sts::exim
