#include "imap/address.hpp"

#include <gtest/gtest.h>

namespace mta_sts::imap {
namespace {

TEST(ImapAddress, ReadsItsParts) {
  const auto address = parse_address("imaps://reports%40example.com@mail.example.com/TLS%20reports");
  ASSERT_TRUE(address) << address.error();
  EXPECT_EQ(address->user, "reports@example.com");
  EXPECT_EQ(address->mailbox, "TLS reports");
  EXPECT_EQ(address->shown(), "imaps://mail.example.com:993/TLS reports");
}

TEST(ImapAddress, HasTheInboxAndAPortByDefault) {
  EXPECT_EQ(parse_address("imap://a@[::1]")->shown(), "imap://[::1]:143/INBOX");
  EXPECT_EQ(parse_address("imaps://a@b:1143/")->shown(), "imaps://b:1143/INBOX");
}

TEST(ImapAddress, RefusesWhatIsNoneOrHasAPassword) {
  for (const char* url :
       {"", "b", "imaps://b", "imaps://@b", "http://a@b", "imaps://a:p@b", "imaps://a;AUTH=PLAIN@b",
        "imaps://a@b/x?y", "imaps://a@b/%00", "imaps://a@b/%0d", "imaps://%0aa@b", "imaps://a@b/%c3%a4"}) {
    EXPECT_FALSE(parse_address(url)) << url;
  }
}

}  // namespace
}  // namespace mta_sts::imap
