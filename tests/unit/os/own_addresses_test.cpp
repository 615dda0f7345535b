#include "os/own_addresses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace mta_sts {
namespace {

IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

TEST(OwnAddresses, AreThoseOfTheInterfaces) {
  const auto own = own_addresses();
  ASSERT_TRUE(own);
  EXPECT_THAT(*own, testing::Contains(address("127.0.0.1")));
}

TEST(OwnAddresses, AreKnownInEveryForm) {
  const std::array own{address("192.0.2.1"), address("2001:db8::1")};
  for (const std::string_view same : {"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "64:ff9b::192.0.2.1"}) {
    EXPECT_TRUE(leads_to_one_of(address(same), own)) << same;
  }
  for (const std::string_view other : {"192.0.2.2", "2001:db8::2", "2001:db8::", "::ffff:192.0.2.2"}) {
    EXPECT_FALSE(leads_to_one_of(address(other), own)) << other;
  }
}

}  // namespace
}  // namespace mta_sts
