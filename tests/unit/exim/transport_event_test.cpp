#include "transport_event.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::exim {
namespace {

constexpr std::string_view facts =
    "1800000000\nexample.com\nmx.example.com\n192.0.2.1\n\nTLS1.3\n0\nno\n8\nyes\nyes\nyes";

std::optional<TransportEvent> parse(std::vector<std::string_view> arguments) {
  return parse_transport_event(arguments);
}

TEST(TransportEvent, ReadsWhatEximKnows) {
  const auto event =
      parse({"tls:cert", "0", facts, "mode=none source=none", "1900000000\na.example\nb.example"});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, EventKind::tls_cert);
  EXPECT_EQ(event->domain, "example.com");
  EXPECT_EQ(event->host, "mx.example.com");
  EXPECT_EQ(event->address, "192.0.2.1");
  EXPECT_EQ(event->sending_ip, "");
  EXPECT_TRUE(event->has_tls && event->has_tlsa && event->handshake_begun && event->is_host_secure &&
              event->is_mx_name);
  EXPECT_FALSE(event->is_verified || event->is_dane || event->needs_record);
  EXPECT_EQ(event->now.time_since_epoch().count(), 1'800'000'000);
  EXPECT_EQ(event->expiry.time_since_epoch().count(), 1'900'000'000);
  EXPECT_EQ(event->dns_names, "a.example\nb.example");
}

TEST(TransportEvent, TakesTheOneTlsrptRecord) {
  const auto record = [](std::string_view records) {
    return std::string(parse({"tcp:close", "", facts, "", "", records})->record);
  };
  EXPECT_EQ(record(""), "");
  EXPECT_EQ(record("v=spf1 -all\nv=TLSRPTv1; rua=mailto:a@example.com"),
            "v=TLSRPTv1; rua=mailto:a@example.com");
  EXPECT_EQ(record("v=TLSRPTv1; rua=mailto:a@example.com\nv=TLSRPTv1; rua=mailto:b@example.com"), "");
}

TEST(TransportEvent, PassesOverWhatItIsNot) {
  EXPECT_FALSE(parse({}));
  EXPECT_FALSE(parse({"tcp:close", "", facts, ""}));
  EXPECT_FALSE(parse({"msg:delivery", "", facts, "", ""}));
  EXPECT_FALSE(parse({"tcp:close", "", "1800000000\nexample.com", "", ""}));
  const std::string longer = std::string(facts) + "\nyes";
  EXPECT_FALSE(parse({"tcp:close", "", longer, "", ""}));
  std::string text(facts);
  EXPECT_FALSE(parse({"tcp:close", "", text.replace(0, 10, "yesterday"), "", ""}));
  EXPECT_FALSE(
      parse({"tcp:connect", "", "1800000000\n\n\n\n\n\n\n\n\n\n\n", "", ""}));  // no policy was asked for
  EXPECT_TRUE(parse({"tcp:close", "", "1800000000\n\n\n\n\n\n\n\n\n\n\n", "", ""}));  // of any session
}

}  // namespace
}  // namespace mta_sts::exim
