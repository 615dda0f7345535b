// Any octets as a DNS response: read to the end or refused, with what is given back bounded and safe to show.
#include "sender/dns/dns_message.hpp"

#include <array>

#include "fuzz/fuzz.hpp"

using namespace mta_sts;

namespace {

constexpr std::array types{DnsType::txt, DnsType::a,    DnsType::aaaa,
                           DnsType::mx,  DnsType::tlsa, DnsType::cname};

void check(const ParsedDnsAnswer& parsed, DnsType type) {
  const DnsAnswer& answer = parsed.answer;
  fuzz::require(answer.records.empty() == (answer.status != DnsStatus::no_error));
  fuzz::require(answer.aliases.size() <= cname_chain_limit);
  fuzz::require(answer.ttl.count() >= 0 && answer.ttl <= std::chrono::days(7));
  fuzz::require_safe(answer.detail);
  for (const std::string& alias : answer.aliases) {
    fuzz::require_safe(alias);
    fuzz::require(!alias.empty() && alias.size() <= 4U * 255U);
  }
  for (const DnsData& data : answer.records) {
    switch (type) {
      case DnsType::a:
      case DnsType::aaaa:
        fuzz::require(std::get<IpAddress>(data).is_v6() == (type == DnsType::aaaa));
        break;
      case DnsType::mx:
        fuzz::require_safe(std::get<MxData>(data).host);
        break;
      case DnsType::tlsa:
        static_cast<void>(std::get<TlsaData>(data));
        break;
      case DnsType::txt:
        fuzz::require(!std::get<TxtData>(data).empty());
        break;
      case DnsType::cname:
      case DnsType::ns:
        fuzz::require_safe(std::get<std::string>(data));
        break;
      default:
        break;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const DnsType type = types[data[0] % types.size()];
  const std::span<const std::uint8_t> message(data + 1, size - 1);
  constexpr std::string_view name = "_mta-sts.example.com";
  const ParsedDnsAnswer parsed = parse_dns_answer(message, name, type);
  check(parsed, type);
  fuzz::require(parsed.answer.status != DnsStatus::no_error ||
                classify_dns_reply(message, name, type) == DnsReply::complete);
  check(parse_dns_answer(message, fuzz::view_of(data, size).substr(0, 60), type), type);
  return 0;
}
