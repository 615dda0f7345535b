#include "store/record.hpp"

#include <gtest/gtest.h>

#include "unit/store/stored.hpp"

namespace mta_sts::store {
namespace {

TEST(StoreRecord, IsReadAsItWasWritten) {
  const auto policy = policy_with("mail.example.com");
  const RecordView record = record_of(policy, 7, at(1000));
  const std::string bytes = encode_record("example.com", record);
  for (std::size_t shift = 0; shift < 8; ++shift) {  // values lie at any address
    const std::string moved = std::string(shift, 'x') + bytes;
    const auto read = decode_record("example.com", std::string_view(moved).substr(shift));
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->serves_same_as(record));
    EXPECT_EQ(read->since, at(1000));
    EXPECT_EQ(read->serial, 7U);
    EXPECT_EQ(read->mode, Mode::testing);
    EXPECT_EQ(read->max_age_seconds, 1000U);
    EXPECT_EQ(read->etag, policy.etag);
  }
}

TEST(StoreRecord, ShowsEveryChangedByteAndLength) {
  const auto policy = policy_with("mail.example.com");
  const std::string bytes = encode_record("example.com", record_of(policy, 0, at(1)));
  EXPECT_FALSE(decode_record("example.net", bytes));  // a page that was put in another's place
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    for (const char flip : {'\x01', '\x80'}) {
      std::string changed = bytes;
      changed[place] = static_cast<char>(changed[place] ^ flip);
      EXPECT_FALSE(decode_record("example.com", changed)) << place;
    }
    EXPECT_FALSE(decode_record("example.com", bytes.substr(0, place)));
  }
  EXPECT_FALSE(decode_record("example.com", bytes + '\0'));
}

TEST(StoreRecord, KeepsAFormerOneWithItsEnd) {
  const std::string record = encode_record("a.example", leading_to(RecordKind::profile, "p", at(5)));
  const std::string key = former_key(Owner::domain, "a.example", 3);
  const std::string bytes = encode_former(key, record, at(9));
  const auto read = decode_former(key, "a.example", bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->until, at(9));
  EXPECT_EQ(read->record.text, "p");
  EXPECT_FALSE(decode_former(key + "x", "a.example", bytes));
  EXPECT_FALSE(decode_former(key, "b.example", bytes));
  EXPECT_FALSE(decode_former(key, "a.example", bytes.substr(0, 10)));
}

TEST(StoreRecord, OrdersFormerKeysByNameThenNumber) {
  EXPECT_LT(former_key(Owner::domain, "a", 255), former_key(Owner::domain, "a", 256));
  EXPECT_FALSE(former_key(Owner::domain, "a.b", 1).starts_with(former_prefix(Owner::domain, "a")));
  const std::string key = former_key(Owner::profile, "p", 0x01020304);
  const auto parsed = parse_former_key(key);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->owner, Owner::profile);
  EXPECT_EQ(parsed->name, "p");
  EXPECT_EQ(parsed->number, 0x01020304U);
  for (const std::string_view bad : {"", "d", "da", "xa\0abcd", "d\0abcd"}) {
    EXPECT_FALSE(parse_former_key(bad));
  }
}

}  // namespace
}  // namespace mta_sts::store
