#include "publish/policy_id.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "policy/txt_record.hpp"

namespace mta_sts::publish {
namespace {

Policy plain() {
  return {.mode = Mode::enforce,
          .mx = {"mail.example.com", "*.example.net"},
          .max_age_seconds = 604800,
          .extensions = {{"a", "1"}, {"b", "2"}}};
}

TEST(PolicyIdHash,
     NeverChangesForAPolicyOnceAndForAll) {  // R14: a new version of the program prints the same id
  EXPECT_EQ(policy_id(plain()), "38e97849c2332386e148");
  EXPECT_EQ(policy_id({}), "49a0453a3dbe09d27dd7");
}

TEST(PolicyIdHash, IsAPolicyId) {  // R3
  EXPECT_THAT(policy_id(plain()), testing::SizeIs(20));
  EXPECT_TRUE(is_policy_id(policy_id(plain())));
}

TEST(PolicyIdHash, LooksAtTheMeaningAlone) {  // P27
  Policy same = plain();
  same.mx = {"*.EXAMPLE.net", "mail.example.com", "MAIL.example.com"};
  same.extensions = {{"b", "2"}, {"a", "1"}};
  EXPECT_EQ(policy_id(same), policy_id(plain()));
}

TEST(PolicyIdHash, ChangesWithEveryPart) {  // R13
  std::set<std::string> ids{policy_id(plain()), policy_id(plain(), 1), policy_id(plain(), 4294967295)};
  const auto add = [&](auto change) {
    Policy policy = plain();
    change(policy);
    ids.insert(policy_id(policy));
  };
  add([](Policy& p) { p.mode = Mode::testing; });
  add([](Policy& p) { p.mode = Mode::none; });
  add([](Policy& p) { p.max_age_seconds = 604801; });
  add([](Policy& p) { p.max_age_seconds = 604800 + (std::uint64_t{1} << 32); });
  add([](Policy& p) { p.mx.pop_back(); });
  add([](Policy& p) { p.mx = {"mail.example.com*.example.net"}; });  // the lengths tell them apart
  add([](Policy& p) { p.mx = {"mail.example.com", "example.net"}; });
  add([](Policy& p) { p.extensions.clear(); });
  add([](Policy& p) { p.extensions = {{"a", "1b"}, {"", "2"}}; });
  add([](Policy& p) { p.extensions = {{"a", "2"}, {"b", "1"}}; });
  add([](Policy& p) { p.extensions = {{"A", "1"}, {"b", "2"}}; });
  EXPECT_EQ(ids.size(), 14U);
}

}  // namespace
}  // namespace mta_sts::publish
