#include "sender/dns/dns_query.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mta_sts::sender {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(DnsQuery, WritesTheQuestionAndAnOptRecord) {  // RFC 1035 section 4.1, RFC 6891 section 6.1.2
  EXPECT_EQ(write_dns_query("_a.Test", DnsType::txt, 0x1234, {}),
            (Bytes{0x12, 0x34, 0x01, 0x20, 0,    1,   0,   0,   0, 0, 0,  1,     // RD, AD; OPT
                   2,    '_',  'a',  4,    't',  'e', 's', 't', 0, 0, 16, 0, 1,  // the question
                   0,    0,    41,   0x04, 0xD0, 0,   0,   0,   0, 0, 0}));      // 1232 bytes
  EXPECT_EQ(write_dns_query("a.test", DnsType::tlsa, 1,
                            {.recursion_desired = false, .checking_disabled = true, .edns = false}),
            (Bytes{0, 1, 0x00, 0x30, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 4, 't', 'e', 's', 't', 0, 0, 52, 0, 1}));
}

TEST(DnsQuery, RefusesWhatIsNoName) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a..b"), std::string(64, 'a'), std::string(254, 'a')}) {
    EXPECT_FALSE(write_dns_query(name, DnsType::a, 1, {})) << name;
  }
}

}  // namespace
}  // namespace mta_sts::sender
