#include <gtest/gtest.h>

#include "os/ip_address.hpp"
#include "sender/dns/dns_server.hpp"

namespace mta_sts::sender {
namespace {

TEST(IpAddress, TellsPublicFromOther) {
  const auto is_public = [](std::string_view text) { return IpAddress::parse(text).value().is_public(); };
  for (const std::string_view text :
       {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.0.1", "100.128.0.1", "223.255.255.255",
        "2001:4860::8888", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
  for (const std::string_view text : {"0.0.0.0",
                                      "0.1.2.3",
                                      "10.0.0.1",
                                      "100.64.0.1",
                                      "127.0.0.1",
                                      "127.255.255.255",
                                      "169.254.169.254",
                                      "172.16.0.1",
                                      "172.31.255.255",
                                      "192.168.1.1",
                                      "192.0.0.1",
                                      "198.18.0.1",
                                      "224.0.0.1",
                                      "239.1.1.1",
                                      "255.255.255.255",
                                      "::",
                                      "::1",
                                      "::ffff:127.0.0.1",
                                      "::ffff:10.0.0.1",
                                      "::10.0.0.1",
                                      "::8.8.8.8",
                                      "64:ff9b::a00:1",
                                      "64:ff9b::7f00:1",
                                      "64:ff9b:1::1",
                                      "2002:7f00:1::1",
                                      "2002:a00:1::",
                                      "2001::1",
                                      "fc00::1",
                                      "fdff::1",
                                      "fe80::1",
                                      "febf::1",
                                      "fec0::1",
                                      "ff02::1",
                                      "100::1"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
}

TEST(IpAddress, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4x", "fe80::1%eth0", "[::1]", "g::1", "1.2.3.4 "}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
  EXPECT_FALSE(IpAddress::from_bytes({}));
}

TEST(IpAddress, TellsLoopbackFromOther) {
  for (const char* text : {"127.0.0.1", "127.255.255.254", "::1"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_loopback()) << text;
  }
  for (const char* text : {"126.0.0.1", "128.0.0.1", "0.0.0.0", "10.127.0.1", "::", "::2", "fe80::1"}) {
    EXPECT_FALSE(IpAddress::parse(text)->is_loopback()) << text;
  }
}

TEST(DnsServer, ReadsWhetherTheWayToThemIsTrusted) {
  for (const char* text : {"options trust-ad", "options edns0 trust-ad\nnameserver 192.0.2.1\n",
                           "nameserver 192.0.2.1\noptions timeout:2\noptions\ttrust-ad\r\n"}) {
    EXPECT_TRUE(has_trust_ad(text)) << text;
  }
  for (const char* text :
       {"", "options", "options edns0\n", "# options trust-ad", "optionstrust-ad", "trust-ad",
        "options trust-add", "options no-trust-ad", " options trust-ad", "search trust-ad"}) {
    EXPECT_FALSE(has_trust_ad(text)) << text;
  }
}

TEST(DnsServer, ReadsAddressAndPort) {
  const auto text = [](std::string_view given) {
    const auto server = parse_dns_server(given);
    return server ? server->address.to_text() + "/" + std::to_string(server->port) +
                        (server->zone.empty() ? "" : "/" + server->zone)
                  : std::string("-");
  };
  EXPECT_EQ(text("192.0.2.1"), "192.0.2.1/53");
  EXPECT_EQ(text("192.0.2.1:5353"), "192.0.2.1/5353");
  EXPECT_EQ(text("2001:db8::1"), "2001:db8::1/53");
  EXPECT_EQ(text("[2001:db8::1]"), "2001:db8::1/53");
  EXPECT_EQ(text("[2001:db8::1]:5353"), "2001:db8::1/5353");
  EXPECT_EQ(text("fe80::1%eth0"), "fe80::1/53/eth0");
  EXPECT_EQ(text("[fe80::1%2]:5353"), "fe80::1/5353/2");
  for (const std::string_view given :
       {"", "localhost", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:5x", "[192.0.2.1]:53",
        "[::1", "[::1]53", "192.0.2.1:053530", "fe80::1%", "192.0.2.1%eth0", "fe80::1%a/b",
        "fe80::1%an-interface-name-too-long"}) {
    EXPECT_EQ(text(given), "-") << given;
  }
}

TEST(IpAddress, NetworkIsWhatOneCustomerHas) {
  const auto network = [](std::string_view text) { return IpAddress::parse(text)->network().to_text(); };
  EXPECT_EQ(network("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
  EXPECT_EQ(network("64:ff9b::192.0.2.1"),
            "192.0.2.1");  // behind NAT64 every host has an address of one network
  EXPECT_EQ(network("::ffff:192.0.2.1"), "192.0.2.1");
}

TEST(DnsServer, ReadsResolvConf) {
  const auto servers = parse_resolv_conf(
      "# nameserver 192.0.2.9\nsearch example.com\n nameserver "
      "192.0.2.8\nnameserver\t192.0.2.1\r\nnameserver ::1 # x\n"
      "nameserver fe80::1%eth0\nnameserverx 192.0.2.7\nnameserver 192.0.2.3\nnameserver 192.0.2.4");
  ASSERT_EQ(servers.size(), 3U);
  EXPECT_EQ(servers[0].address.to_text(), "192.0.2.1");
  EXPECT_EQ(servers[1].address.to_text(), "::1");
  EXPECT_EQ(to_text(servers[2]), "fe80::1%eth0");  // the fourth is one too many
  ASSERT_EQ(parse_resolv_conf("").size(), 1U);
  EXPECT_EQ(parse_resolv_conf("")[0].address.to_text(), "127.0.0.1");
}

}  // namespace
}  // namespace mta_sts::sender
