#include <gtest/gtest.h>

#include "cli/sending/dkim_key.hpp"

namespace mta_sts::cli {
namespace {

TEST(DkimKey, JudgesServiceTypes) {
  EXPECT_EQ(judge_dkim_key("v=DKIM1; s=email:tlsrpt; p=AAAA"), DkimKey::good);
  EXPECT_EQ(judge_dkim_key("v=DKIM1;s=*:tlsrpt;p=AAAA;"), DkimKey::good);
  EXPECT_EQ(judge_dkim_key("v=DKIM1; k=rsa; p=AAAA"), DkimKey::every_use);  // s= is "*" where it is missing
  EXPECT_EQ(judge_dkim_key("p=AAAA"), DkimKey::every_use);
  EXPECT_EQ(judge_dkim_key("v=DKIM1; s = * ; p=AAAA"), DkimKey::every_use);
  EXPECT_EQ(judge_dkim_key("v=DKIM1; s=email; p=AAAA"), DkimKey::mail_alone);
  EXPECT_EQ(judge_dkim_key("v=DKIM1; s=tlsrpt; p=AAAA"), DkimKey::reports_alone);
  EXPECT_EQ(judge_dkim_key("v=DKIM1; s=other; p=AAAA"), DkimKey::other_use);
}

TEST(DkimKey, JudgesKeys) {
  EXPECT_EQ(judge_dkim_key("v=DKIM1; p="), DkimKey::revoked);
  EXPECT_EQ(judge_dkim_key("v=DKIM1; k=rsa"), DkimKey::malformed);
  EXPECT_EQ(judge_dkim_key("k=rsa; v=DKIM1; p=AAAA"), DkimKey::malformed);  // v= is first
  EXPECT_EQ(judge_dkim_key("v=DKIM2; p=AAAA"), DkimKey::malformed);
  EXPECT_EQ(judge_dkim_key(""), DkimKey::malformed);
}

TEST(DkimKey, TellsWhichAreOfUse) {
  EXPECT_TRUE(is_usable(DkimKey::good) && is_usable(DkimKey::every_use) && is_usable(DkimKey::mail_alone));
  EXPECT_FALSE(is_usable(DkimKey::reports_alone) || is_usable(DkimKey::revoked) ||
               is_usable(DkimKey::several));
}

}  // namespace
}  // namespace mta_sts::cli
