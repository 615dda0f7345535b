#include "store/writer.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "unit/store/stored.hpp"

namespace mta_sts::store {
namespace {

namespace fs = std::filesystem;
using enum StoreErrorCode;

std::vector<ServedPeriod> periods_in(const std::string& path, std::string_view domain) {
  const auto reader = StoreReader::open(path);
  EXPECT_TRUE(reader);
  ReadSlot slot = (*reader)->slot();
  const auto snapshot = slot.begin();
  EXPECT_TRUE(snapshot);
  auto periods = periods_of_domain(*snapshot, domain);
  EXPECT_TRUE(periods);
  return periods ? *std::move(periods) : std::vector<ServedPeriod>();
}

TEST_F(StoreTest, ChangesNothingForTheSamePolicy) {
  const auto policy = policy_with("mx.example");
  put(Owner::domain, "a.example", record_of(policy, 0, at(1)));
  StoreWriter change = writer();
  EXPECT_EQ(change.put(Owner::domain, "a.example", record_of(policy, 0, at(5))), false);
  EXPECT_EQ(change.put(Owner::domain, "a.example", record_of(policy, 1, at(5))), true);
}

TEST_F(StoreTest, KeepsNothingOfAChangeThatIsNotCommitted) {
  put_policy("a.example", "mx.example");
  {
    StoreWriter change = writer();
    const auto policy = policy_with("other.example");
    EXPECT_TRUE(change.put(Owner::domain, "a.example", record_of(policy, 0, at(2))));
    EXPECT_TRUE(change.put(Owner::domain, "b.example", record_of(policy, 0, at(2))));
  }
  EXPECT_EQ(body_of("a.example"), policy_with("mx.example").body);
  EXPECT_EQ(body_of("b.example"), "");
}

TEST_F(StoreTest, RefusesNamesThatLeadNowhereOrInACircle) {
  put_policy("a.example", "mx.example");
  put(Owner::domain, "b.example", leading_to(RecordKind::alias, "a.example"));
  EXPECT_EQ(put_error("c.example", leading_to(RecordKind::profile, "none")), no_profile);
  EXPECT_EQ(put_error("c.example", leading_to(RecordKind::alias, "none.example")), no_domain);
  EXPECT_EQ(put_error("c.example", leading_to(RecordKind::alias, "b.example")), alias_of_alias);
  EXPECT_EQ(put_error("a.example", leading_to(RecordKind::alias, "a.example")), alias_of_alias);
  put_policy("d.example", "mx.example");
  EXPECT_EQ(put_error("a.example", leading_to(RecordKind::alias, "d.example")), alias_of_alias);
}

TEST_F(StoreTest, RemovesNothingThatOthersLeadTo) {
  const auto policy = policy_with("mx.example");
  put(Owner::profile, "p", record_of(policy, 0, at(1)));
  put(Owner::domain, "a.example", leading_to(RecordKind::profile, "p"));
  put(Owner::domain, "b.example", leading_to(RecordKind::alias, "a.example"));
  {
    StoreWriter change = writer();
    EXPECT_EQ(change.remove(Owner::profile, "p", at(2)).error().code, in_use);
    EXPECT_EQ(change.remove(Owner::domain, "a.example", at(2)).error().code, in_use);
    EXPECT_EQ(change.remove(Owner::domain, "none.example", at(2)), false);
  }
  put(Owner::domain, "b.example", record_of(policy, 0, at(3)));  // no alias any more
  EXPECT_TRUE(remove(Owner::domain, "a.example", 4));
  EXPECT_TRUE(remove(Owner::profile, "p", 5));
  EXPECT_EQ(body_of("a.example"), "");
}

TEST_F(StoreTest, KnowsAllThatWasServedWithItsTimes) {
  const auto first = policy_with("a.example", "max_age=5000");
  const auto second = policy_with("b.example", "max_age=1000");
  put(Owner::profile, "p", record_of(first, 0, at(10)));
  put_policy("d.example", "own.example", 20);
  put(Owner::domain, "d.example", leading_to(RecordKind::profile, "p", at(30)));
  put(Owner::profile, "p", record_of(second, 0, at(40)));
  EXPECT_TRUE(remove(Owner::domain, "d.example", 50));
  const auto periods = periods_in(path(), "d.example");
  ASSERT_EQ(periods.size(), 3U);
  EXPECT_EQ(periods[0].since, at(20));
  EXPECT_EQ(periods[0].until, at(30));
  EXPECT_EQ(periods[0].through, "");
  EXPECT_EQ(periods[1].since, at(30));  // not from the profile's beginning
  EXPECT_EQ(periods[1].until, at(40));
  EXPECT_EQ(periods[1].id, first.id);
  EXPECT_EQ(periods[1].through, "p");
  EXPECT_EQ(periods[2].since, at(40));
  EXPECT_EQ(periods[2].until, at(50));
  const Holding holding = holding_of(periods, at(60));
  EXPECT_EQ(holding.largest_max_age_seconds, 5000U);
  EXPECT_EQ(holding.until, at(5040));  // the first policy's last copy outlives the second's
}

TEST_F(StoreTest, MovesTheEndOfAFormerPolicyOnAndNeverBack) {
  const auto policy = policy_with("a.example");
  put(Owner::domain, "d.example", record_of(policy, 0, at(10)));
  put_policy("d.example", "b.example", 20);
  put_policy("d.example", "c.example", 30);
  const auto extended = [&](std::string_view id, int until) {
    StoreWriter change = writer();
    const auto done = change.extend_former(Owner::domain, "d.example", id, at(until));
    EXPECT_TRUE(done && change.commit());
    return done.value_or(false);
  };
  EXPECT_TRUE(extended(policy.id, 500));
  EXPECT_EQ(periods_in(path(), "d.example").front().until, at(500));
  EXPECT_TRUE(extended(policy.id, 400));
  EXPECT_FALSE(extended(policy_with("other.example").id, 600));
  EXPECT_FALSE(extended(policy_with("c.example").id, 600));  // it is the present one
  const auto periods = periods_in(path(), "d.example");
  ASSERT_EQ(periods.size(), 3U);
  EXPECT_EQ(periods[0].until, at(500));
  EXPECT_EQ(periods[0].body, policy.body);
  EXPECT_EQ(periods[1].until, at(30));
}

TEST_F(StoreTest, LetsAPresentPolicyBeginLaterAndNeverEarlier) {
  put_policy("d.example", "b.example", 10);
  put(Owner::profile, "p", record_of(policy_with("c.example"), 0, at(10)));
  put(Owner::domain, "e.example", leading_to(RecordKind::profile, "p", at(10)));
  StoreWriter change = writer();
  EXPECT_EQ(change.begin_later(Owner::domain, "d.example", at(50)), true);
  EXPECT_EQ(change.begin_later(Owner::domain, "d.example", at(40)), true);
  EXPECT_EQ(change.begin_later(Owner::domain, "e.example", at(50)), false);
  EXPECT_EQ(change.begin_later(Owner::domain, "none.example", at(50)), false);
  EXPECT_TRUE(change.commit());
  const auto periods = periods_in(path(), "d.example");
  ASSERT_EQ(periods.size(), 1U);
  EXPECT_EQ(periods[0].since, at(50));
  EXPECT_EQ(periods[0].body, policy_with("b.example").body);
}

TEST_F(StoreTest, CountsAPolicyThatIsServedAsFetchedNow) {
  put_policy("d.example", "mx.example", 20);
  EXPECT_EQ(holding_of(periods_in(path(), "d.example"), at(500)).until, at(1500));
  EXPECT_EQ(holding_of({}, at(500)).until, at(0));
}

TEST_F(StoreTest, MakesItsFilesForTheFoldersGroupAlone) {
  put_policy("a.example", "mx.example");
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0137U, 0U);
  ASSERT_EQ(::stat((path() + "-lock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
}

TEST_F(StoreTest, UsesOneLockFileThroughEveryLink) {
  put_policy("a.example", "mx.example");
  const fs::path link = folder_ / "link";
  fs::create_symlink(path(), link);
  {
    auto change = StoreWriter::begin(link.string(), Creation::never, 0);
    ASSERT_TRUE(change);
    const auto policy = policy_with("other.example");
    EXPECT_TRUE(change->put(Owner::domain, "a.example", record_of(policy, 0, at(2))));
    EXPECT_TRUE(change->commit());
  }
  EXPECT_FALSE(fs::exists(link.string() + "-lock"));
  EXPECT_EQ(body_of("a.example"), policy_with("other.example").body);
}

}  // namespace
}  // namespace mta_sts::store
