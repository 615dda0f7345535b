#include "sender/dns_lookup.hpp"

namespace mta_sts::sender {

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

}  // namespace mta_sts::sender
