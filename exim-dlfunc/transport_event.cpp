#include "transport_event.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/number.hpp"

namespace mta_sts::exim {
namespace {

constexpr std::size_t fact_count = 12;
constexpr std::uint64_t last_second = 253402300799;  // of the year 9999

std::optional<EventKind> kind_of(std::string_view name) {
  using enum EventKind;
  static constexpr std::array<std::pair<std::string_view, EventKind>, 8> kinds{
      {{"tcp:connect", tcp_connect},
       {"smtp:connect", smtp_connect},
       {"smtp:ehlo", smtp_ehlo},
       {"tls:cert", tls_cert},
       {"dane:fail", dane_fail},
       {"tcp:close", tcp_close},
       {"msg:host:defer", host_defer},
       {"sts-mx-mismatch", no_mx_named}}};
  const auto* const found = std::ranges::find(kinds, name, &std::pair<std::string_view, EventKind>::first);
  return found == kinds.end() ? std::nullopt : std::optional(found->second);
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::optional<std::chrono::sys_seconds> parse_time(std::string_view text) {
  const auto seconds = text::parse_decimal(text, last_second);
  return seconds ? std::optional(std::chrono::sys_seconds(std::chrono::seconds(*seconds))) : std::nullopt;
}

bool is_set(std::string_view fact) {
  return !fact.empty() && fact != "0" && fact != "no";
}

// Of several TXT records, only one may be a TLSRPT record. RFC 8460 section 3.
std::string_view only_record(std::string_view records) {
  std::string_view found;
  while (!records.empty()) {
    const std::string_view record = take_line(records);
    if (record.starts_with("v=TLSRPTv1;")) {
      if (!found.empty()) {
        return {};
      }
      found = record;
    }
  }
  return found;
}

}  // namespace

std::optional<TransportEvent> parse_transport_event(std::span<const std::string_view> arguments) {
  if (arguments.size() != 5 && arguments.size() != 6) {
    return std::nullopt;
  }
  const auto kind = kind_of(arguments[0]);
  std::string_view rest = arguments[2];
  if (!kind || std::ranges::count(rest, '\n') != fact_count - 1) {
    return std::nullopt;
  }
  std::array<std::string_view, fact_count> facts;
  std::ranges::generate(facts, [&] { return take_line(rest); });
  const auto now = parse_time(facts[0]);
  // A session that is passed on to the next message ends when Exim has forgotten where it leads.
  if (!now || (facts[1].empty() && *kind != EventKind::tcp_close)) {
    return std::nullopt;
  }
  TransportEvent event{
      .kind = *kind,
      .data = arguments[1],
      .verdict = arguments[3],
      .record = arguments.size() == 6 ? only_record(arguments[5]) : std::string_view(),
      .needs_record = arguments.size() == 6,
      .now = *now,
      .domain = facts[1],
      .host = facts[2],
      .address = facts[3],
      .sending_ip = facts[4],
      .has_tls = is_set(facts[5]),
      .is_verified = is_set(facts[6]),
      .is_dane = is_set(facts[7]),
      .has_tlsa = is_set(facts[8]),
      .handshake_begun = is_set(facts[9]),
      .is_host_secure = facts[10] == "yes",
      .is_mx_name = facts[11] == "yes",
      .expiry = {},
      .dns_names = {},
  };
  std::string_view certificate = arguments[4];
  event.expiry = parse_time(take_line(certificate)).value_or(std::chrono::sys_seconds{});
  event.dns_names = certificate;
  return event;
}

}  // namespace mta_sts::exim
