#include "sender/dns_lookup.hpp"

namespace mta_sts {

std::string_view to_string(DnsType type) {
  switch (type) {
    case DnsType::a:
      return "A";
    case DnsType::ns:
      return "NS";
    case DnsType::cname:
      return "CNAME";
    case DnsType::soa:
      return "SOA";
    case DnsType::mx:
      return "MX";
    case DnsType::txt:
      return "TXT";
    case DnsType::aaaa:
      return "AAAA";
    case DnsType::tlsa:
      return "TLSA";
  }
  return "TXT";
}

TxtAnswer to_txt_answer(const DnsAnswer& answer) {
  TxtAnswer txt;
  txt.status = answer.status;
  for (const DnsData& data : answer.records) {
    if (const auto* strings = std::get_if<TxtData>(&data)) {
      txt.records.push_back(*strings);
    }
  }
  return txt;
}

}  // namespace mta_sts
