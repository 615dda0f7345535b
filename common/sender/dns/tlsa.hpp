#pragma once

#include "sender/dns_lookup.hpp"

namespace mta_sts::sender {

/// Tells whether a sender of mail can authenticate a host by this record: usage DANE-TA(2) or DANE-EE(3), a
/// known selector and matching type, and data that fit them. RFC 7672 sections 2.2 and 3.1, RFC 6698
/// section 2.1.
[[nodiscard]] bool is_usable_for_smtp(const TlsaData& record);

}  // namespace mta_sts::sender
