#include "sync/table_sync.hpp"

#include <gmock/gmock.h>

#include <map>

#include "store/contents.hpp"
#include "unit/store/stored.hpp"

namespace mta_sts::sync {
namespace {

using store::EntryRowView;
using store::Owner;
using testing::ElementsAre;
using testing::IsEmpty;

class SetClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::sys_seconds now() const override { return time; }
  std::chrono::sys_seconds time = store::at(1'000'000);
};

class Listed final : public SyncReport {
 public:
  void on_refused(std::string_view name, std::string_view word, std::string_view) override {
    refused.push_back(std::string(name) + " " + std::string(word));
  }
  void on_change(TableChange change, std::string_view name) override {
    changes.push_back(std::string(to_string(change)) + " " + std::string(name));
  }
  std::vector<std::string> refused;
  std::vector<std::string> changes;
};

EntryRowView words(std::string_view name, std::string_view text = "testing mx=a.example max_age=1000") {
  return {.owner = Owner::domain, .name = name, .words = text, .profile = {}, .alias = {}};
}

EntryRowView alias(std::string_view name, std::string_view target) {
  return {.owner = Owner::domain, .name = name, .words = {}, .profile = {}, .alias = target};
}

EntryRowView hosted(std::string_view name, std::string_view profile) {
  return {.owner = Owner::domain, .name = name, .words = {}, .profile = profile, .alias = {}};
}

EntryRowView profile_row(std::string_view name, std::string_view text) {
  return {.owner = Owner::profile, .name = name, .words = text, .profile = {}, .alias = {}};
}

class TableSyncTest : public store::StoreTest {
 protected:
  using Rows = std::vector<EntryRowView>;

  // All rows at once, or one after the other.
  SyncCounts compare(const Rows& profiles, const Rows& domains, SyncRules rules = {},
                     std::size_t at_once = 1) {
    report_ = {};
    TableSync sync(path(), rules, clock_, report_);
    EXPECT_TRUE(sync.begin_comparison());
    for (const auto& [owner, rows] :
         {std::pair{Owner::profile, &profiles}, std::pair{Owner::domain, &domains}}) {
      std::span<const EntryRowView> left(*rows);
      while (left.size() > at_once) {
        EXPECT_TRUE(sync.compare(owner, left.first(at_once), false));
        left = left.subspan(at_once);
      }
      EXPECT_TRUE(sync.compare(owner, left, true));
    }
    EXPECT_TRUE(sync.end_comparison());
    return sync.take_counts();
  }

  std::map<std::string, std::string> stored() {
    std::map<std::string, std::string> found;
    const auto reader = store::StoreReader::open(path());
    store::ReadSlot slot = (*reader)->slot();
    const auto snapshot = slot.begin();
    EXPECT_TRUE(for_each_record(*snapshot, snapshot->domains, [&](std::string_view name, const auto& record) {
      found[std::string(name)] = record.kind == store::RecordKind::policy
                                     ? std::string(to_string(record.mode))
                                     : std::string(record.text);
      return true;
    }));
    return found;
  }

  SetClock clock_;
  Listed report_;
};

TEST_F(TableSyncTest, MakesTheStoreAndLeavesAnEqualOneAlone) {
  for (const std::size_t at_once : {1U, 2U, 10U}) {
    const Rows profiles{profile_row("p", "testing mx=p.example")};
    const Rows domains{alias("a.example", "z.example"), words("b.example"), hosted("c.example", "p"),
                       words("z.example", "none")};
    const SyncCounts first = compare(profiles, domains, {}, at_once);
    EXPECT_EQ(first.rows, 5U);
    const std::string before = bytes();
    const SyncCounts second = compare(profiles, domains, {}, at_once);
    EXPECT_EQ(second.stored + second.refused + second.withdrawn + second.removed, 0U);
    EXPECT_EQ(bytes(), before);
    EXPECT_THAT(stored(), ElementsAre(std::pair("a.example", "z.example"), std::pair("b.example", "testing"),
                                      std::pair("c.example", "p"), std::pair("z.example", "none")));
    // Where mode none was served alone nothing is waited for; the profile goes too.
    const SyncCounts third = compare({}, {}, {.may_withdraw_many = true});
    EXPECT_EQ(third.withdrawn, 2U);
    EXPECT_EQ(third.removed, 3U);
  }
}

TEST_F(TableSyncTest, WithdrawsWhatTheTableLacksAndRemovesItOnceNoSenderHoldsIt) {
  for (const std::size_t at_once : {1U, 10U}) {
    compare({}, {words("a.example"), words("b.example"), words("c.example"), words("d.example")});
    EXPECT_EQ(compare({}, {words("b.example")}, {}, at_once).withdrawn, 3U);
    EXPECT_THAT(report_.changes,
                ElementsAre("withdraw a.example", "withdraw c.example", "withdraw d.example"));
    clock_.time += std::chrono::seconds(999);
    EXPECT_EQ(compare({}, {words("b.example")}, {}, at_once).removed, 0U);
    clock_.time += std::chrono::seconds(1);
    EXPECT_EQ(compare({}, {words("b.example")}, {}, at_once).removed, 3U);
    EXPECT_THAT(stored(), ElementsAre(std::pair("b.example", "testing")));
  }
}

TEST_F(TableSyncTest, KeepsAllWhereTheTableLacksOverAHundredAndOverATenth) {
  std::vector<std::string> names;
  for (int number = 10000; number < 11200; ++number) {
    names.push_back("d" + std::to_string(number) + ".example");
  }
  Rows rows;
  for (const std::string& name : names) {
    rows.push_back(words(name));
  }
  compare({}, rows, {}, 500);
  const auto lacking = [&](std::size_t count) {
    return Rows(rows.begin() + static_cast<long>(count), rows.end());
  };
  EXPECT_EQ(compare({}, lacking(121), {}, 500).kept_back, 121U);  // of 1,200
  EXPECT_THAT(report_.changes, IsEmpty());
  EXPECT_EQ(compare({}, {}, {}, 500).kept_back, 1200U);
  EXPECT_EQ(compare({}, lacking(120), {}, 500).withdrawn, 120U);
  EXPECT_EQ(compare({}, {}, {.is_dry = true, .may_withdraw_many = true}).withdrawn, 1080U);
  EXPECT_EQ(compare({}, {}, {.may_withdraw_many = true}).withdrawn, 1080U);
}

TEST_F(TableSyncTest, RefusesARowAndKeepsWhatItsNameHas) {
  compare({}, {words("a.example"), words("b.example"), words("c.example"), words("d.example")});
  const SyncCounts counts =
      compare({profile_row("@", "none")},
              {words("B.example"), words("a.example", "enforce"), words("c.example", "off"),
               words("c.example"), hosted("d.example", "none"), words("e")});
  EXPECT_EQ(counts.refused, 6U + 1U);
  EXPECT_THAT(report_.refused, ElementsAre("@@ bad-option", "B.example bad-domain", "a.example missing-mx",
                                           "c.example no-policy-words", "c.example input-invalid",
                                           "d.example profile-not-stored", "e bad-domain"));
  EXPECT_THAT(stored(), ElementsAre(std::pair("a.example", "testing"), std::pair("b.example", "testing"),
                                    std::pair("c.example", "testing"), std::pair("d.example", "testing")));
}

TEST_F(TableSyncTest, PassesOverRowsThatAreNotInOrder) {
  compare({}, {words("a.example"), words("b.example"), words("c.example")});
  EXPECT_EQ(compare({}, {words("a.example"), words("c.example"), words("b.example", "none")}).refused, 1U);
  EXPECT_THAT(report_.refused, ElementsAre("b.example input-invalid"));
  EXPECT_EQ(stored().at("b.example"), "testing");
}

TEST_F(TableSyncTest, TurnsDomainsAndAliasesIntoEachOther) {
  compare({}, {alias("a.example", "b.example"), words("b.example"), alias("c.example", "b.example")});
  // b becomes an alias of what was one, once nothing is an alias of b.
  EXPECT_EQ(
      compare({}, {words("a.example"), alias("b.example", "a.example"), alias("c.example", "a.example")})
          .refused,
      0U);
  EXPECT_THAT(stored(), ElementsAre(std::pair("a.example", "testing"), std::pair("b.example", "a.example"),
                                    std::pair("c.example", "a.example")));
  EXPECT_EQ(
      compare({}, {alias("a.example", "c.example"), alias("b.example", "c.example"), words("c.example")})
          .refused,
      0U);
  EXPECT_EQ(
      compare({}, {alias("a.example", "b.example"), alias("b.example", "c.example"), words("c.example")})
          .refused,
      1U);
  EXPECT_THAT(report_.refused, ElementsAre("a.example alias-of-alias"));
}

TEST_F(TableSyncTest, StoresRowsThatChangedAndTouchesNoOthers) {
  compare({}, {words("a.example"), words("b.example")});
  TableSync sync(path(), {}, clock_, report_);
  const Rows changed{words("b.example", "none"), words("c.example", "wrong"),
                     alias("d.example", "a.example")};
  EXPECT_TRUE(sync.store_rows(changed));
  EXPECT_TRUE(sync.end_changes());
  EXPECT_TRUE(sync.withdraw_gone({"a.example", "not-there.example"}));
  const SyncCounts counts = sync.take_counts();
  EXPECT_EQ(counts.stored, 3U);
  EXPECT_EQ(counts.refused, 1U);
  EXPECT_EQ(counts.withdrawn, 1U);
  EXPECT_THAT(stored(), ElementsAre(std::pair("a.example", "none"), std::pair("b.example", "none"),
                                    std::pair("d.example", "a.example")));
}

TEST_F(TableSyncTest, CountsWhatWasWithdrawnWithinAnHour) {
  std::vector<std::string> names;
  for (int number = 1000; number < 1300; ++number) {
    names.push_back("d" + std::to_string(number) + ".example");
  }
  Rows rows;
  for (const std::string& name : names) {
    rows.push_back(words(name));
  }
  const auto lacking = [&](std::size_t count) {
    return Rows(rows.begin() + static_cast<long>(count), rows.end());
  };
  compare({}, rows, {}, 500);
  EXPECT_EQ(compare({}, lacking(100), {}, 500).withdrawn, 100U);
  EXPECT_EQ(compare({}, lacking(101), {}, 500).kept_back, 1U);
  clock_.time += std::chrono::hours(1);
  EXPECT_EQ(compare({}, lacking(101), {}, 500).withdrawn, 1U);

  TableSync sync(path(), {}, clock_, report_);
  EXPECT_TRUE(sync.begin_comparison());
  EXPECT_TRUE(sync.compare(Owner::profile, {}, true));
  EXPECT_TRUE(sync.compare(Owner::domain, lacking(101), true));
  EXPECT_TRUE(sync.end_comparison());
  EXPECT_TRUE(sync.withdraw_gone({names.begin() + 101, names.begin() + 200}));
  EXPECT_EQ(sync.take_counts().withdrawn, 99U);
  EXPECT_TRUE(sync.withdraw_gone({"not-there.example", names[0]}));
  EXPECT_EQ(sync.take_counts().kept_back, 0U);
  EXPECT_TRUE(sync.withdraw_gone({names[200]}));
  EXPECT_EQ(sync.take_counts().kept_back, 1U);
  EXPECT_EQ(stored().at(names[200]), "testing");
}

TEST_F(TableSyncTest, WithdrawsNothingWhereTheTableHasNoDomain) {
  compare({}, {words("a.example")});
  EXPECT_EQ(compare({profile_row("p", "none")}, {}).kept_back, 1U);
  EXPECT_EQ(stored().at("a.example"), "testing");
  EXPECT_EQ(compare({}, {words("b.example", "wrong")}).withdrawn, 1U);
}

TEST_F(TableSyncTest, AsksForAComparisonOnceARowIsThereThatOthersWaitFor) {
  TableSync sync(path(), {}, clock_, report_);
  EXPECT_TRUE(sync.store_rows(Rows{profile_row("p", "wrong"), hosted("a.example", "p"), words("b.example")}));
  EXPECT_TRUE(sync.end_changes());
  EXPECT_TRUE(sync.store_rows(Rows{profile_row("q", "none")}));
  EXPECT_FALSE(sync.needs_comparison());
  EXPECT_TRUE(sync.store_rows(Rows{profile_row("p", "none")}));
  EXPECT_TRUE(sync.needs_comparison());
  EXPECT_TRUE(sync.begin_comparison());
  EXPECT_FALSE(sync.needs_comparison());
}

TEST_F(TableSyncTest, StoresAnewWhatIsDamaged) {
  compare({}, {words("a.example"), words("b.example", "testing mx=to-be-damaged.example")});
  std::string damaged = bytes();
  damaged.replace(damaged.rfind("to-be-damaged"), 13, "now-is-broken");
  write_bytes(damaged);
  EXPECT_EQ(compare({}, {words("a.example"), words("b.example", "testing mx=to-be-damaged.example")}).stored,
            1U);
  EXPECT_NE(body_of("b.example").find("to-be-damaged"), std::string::npos);
}

TEST_F(TableSyncTest, RemovesProfilesThatNothingUses) {
  compare({profile_row("p", "testing mx=p.example"), profile_row("q", "none")}, {hosted("a.example", "p")});
  EXPECT_EQ(compare({}, {words("a.example", "refused")}).removed, 1U);
  EXPECT_EQ(stored().at("a.example"), "p");
  EXPECT_EQ(compare({}, {words("a.example")}).removed, 1U);
}

TEST_F(TableSyncTest, TellsOfAStoreThatCannotBe) {
  write_bytes("another program's");
  TableSync sync(path(), {}, clock_, report_);
  EXPECT_EQ(sync.begin_comparison().error().code, store::StoreErrorCode::cut);
}

}  // namespace
}  // namespace mta_sts::sync
