// Any bytes as a DNS response: read to the end or refused, with what is given back bounded and safe to show.
#include "sender/dns/dns_message.hpp"

#include <array>

#include "fuzz/fuzz.hpp"

using namespace mta_sts;

namespace {

constexpr std::array types{sender::DnsType::txt, sender::DnsType::a,    sender::DnsType::aaaa,
                           sender::DnsType::mx,  sender::DnsType::tlsa, sender::DnsType::cname};

void check(const sender::ParsedDnsAnswer& parsed, sender::DnsType type) {
  const sender::DnsAnswer& answer = parsed.answer;
  fuzz::require(answer.records.empty() == (answer.status != DnsStatus::no_error));
  fuzz::require(answer.aliases.size() <= sender::cname_chain_limit);
  fuzz::require(answer.ttl.count() >= 0 && answer.ttl <= std::chrono::days(7));
  fuzz::require_safe(answer.detail);
  for (const std::string& alias : answer.aliases) {
    fuzz::require_safe(alias);
    fuzz::require(!alias.empty() && alias.size() <= 4U * 255U);
  }
  for (const sender::DnsData& data : answer.records) {
    switch (type) {
      case sender::DnsType::a:
      case sender::DnsType::aaaa:
        fuzz::require(std::get<IpAddress>(data).is_v6() == (type == sender::DnsType::aaaa));
        break;
      case sender::DnsType::mx:
        fuzz::require_safe(std::get<sender::MxData>(data).host);
        break;
      case sender::DnsType::tlsa:
        static_cast<void>(std::get<sender::TlsaData>(data));
        break;
      case sender::DnsType::txt:
        fuzz::require(!std::get<sender::TxtData>(data).empty());
        break;
      case sender::DnsType::cname:
      case sender::DnsType::ns:
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
  const sender::DnsType type = types[data[0] % types.size()];
  const std::span<const std::uint8_t> message(data + 1, size - 1);
  constexpr std::string_view name = "_mta-sts.example.com";
  const sender::ParsedDnsAnswer parsed = sender::parse_dns_answer(message, name, type);
  check(parsed, type);
  fuzz::require(parsed.answer.status != DnsStatus::no_error ||
                sender::classify_dns_reply(message, name, type) == sender::DnsReply::complete);
  check(sender::parse_dns_answer(message, fuzz::view_of(data, size).substr(0, 60), type), type);
  return 0;
}
