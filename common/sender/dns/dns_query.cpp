#include "sender/dns/dns_query.hpp"

#include <utility>

#include "sender/dns/dns_reader.hpp"

namespace mta_sts::sender {
namespace {

void put_u16(std::vector<std::uint8_t>& bytes, unsigned value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8U));
  bytes.push_back(static_cast<std::uint8_t>(value & 0xFFU));
}

}  // namespace

std::optional<std::vector<std::uint8_t>> write_dns_query(std::string_view name, DnsType type,
                                                         std::uint16_t id, const DnsQueryOptions& options) {
  const auto labels = dns::to_labels(name);
  if (!labels) {
    return std::nullopt;
  }
  constexpr unsigned recursion_desired = 0x0100;
  constexpr unsigned authentic_data = 0x0020;
  constexpr unsigned checking_disabled = 0x0010;
  constexpr unsigned class_in = 1;
  constexpr unsigned type_opt = 41;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(labels->size() + 28);
  put_u16(bytes, id);
  put_u16(bytes, authentic_data | (options.recursion_desired ? recursion_desired : 0U) |
                     (options.checking_disabled ? checking_disabled : 0U));
  put_u16(bytes, 1);
  put_u16(bytes, 0);
  put_u16(bytes, 0);
  put_u16(bytes, options.edns ? 1 : 0);
  bytes.insert(bytes.end(), labels->begin(), labels->end());
  bytes.push_back(0);
  put_u16(bytes, std::to_underlying(type));
  put_u16(bytes, class_in);
  if (options.edns) {
    bytes.push_back(0);  // the root
    put_u16(bytes, type_opt);
    put_u16(bytes, edns_payload_bytes);
    put_u16(bytes, 0);  // extended code and version
    put_u16(bytes, 0);  // flags
    put_u16(bytes, 0);  // no options
  }
  return bytes;
}

}  // namespace mta_sts::sender
