// A store whose bytes went bad: whatever is read of it is right, or an error, and no process ends.
#include <cstring>
#include <random>

#include "store/contents.hpp"
#include "store/verify.hpp"
#include "unit/store/stored.hpp"

namespace mta_sts::store {
namespace {

class DamagedStore : public StoreTest {
 protected:
  static constexpr int domains = 300;
  static constexpr std::size_t page_bytes = 4096;

  static std::string domain_of(int number) { return "d" + std::to_string(number) + ".example"; }

  DamagedStore() {
    StoreWriter change = writer();
    for (int number = 0; number < domains; ++number) {
      const auto policy = policy_with("mx." + domain_of(number));
      EXPECT_TRUE(change.put(Owner::domain, domain_of(number), record_of(policy, 0, at(1))));
    }
    const auto profile = policy_with("mx.example.net");
    EXPECT_TRUE(change.put(Owner::profile, "p", record_of(profile, 0, at(1))));
    EXPECT_TRUE(change.put(Owner::domain, "x.example", leading_to(RecordKind::profile, "p")));
    EXPECT_TRUE(change.put(Owner::domain, "y.example", leading_to(RecordKind::alias, "x.example")));
    EXPECT_TRUE(change.commit());
    put_policy(domain_of(1), "other.example", 2);
  }

  // Puts one domain in, removes another; gives why not.
  std::optional<StoreErrorCode> change_error(const std::string& domain) {
    auto change = StoreWriter::begin(path(), Creation::never, 0);
    if (!change) {
      return change.error().code;
    }
    const auto policy = policy_with("new." + domain);
    const auto put = change->put(Owner::domain, domain, record_of(policy, 0, at(3)));
    if (!put) {
      return put.error().code;
    }
    const auto removed = change->remove(Owner::domain, domain, at(4));
    if (!removed) {
      return removed.error().code;
    }
    const auto committed = change->commit();
    return committed ? std::nullopt : std::optional(committed.error().code);
  }

  // Reads everything in every way; gives how many faults verify found, and -1 where it is not even opened.
  int read_everything() {
    const auto reader = StoreReader::open(path());
    if (!reader) {
      return -1;
    }
    ReadSlot slot = (*reader)->slot();
    for (int number = 0; number < domains; ++number) {
      const auto found = slot.lookup(domain_of(number));
      if (number != 1 && found && *found) {
        EXPECT_EQ((*found)->body, policy_with("mx." + domain_of(number)).body);
      }
    }
    const auto snapshot = slot.begin();
    if (!snapshot) {
      return -1;
    }
    static_cast<void>(for_each_record(*snapshot, snapshot->domains, [](auto, const auto&) { return true; }));
    static_cast<void>(periods_of_domain(*snapshot, "d1.example"));
    return static_cast<int>(verify(*snapshot).fault_count);
  }
};

TEST_F(DamagedStore, IsFoundWhole) {
  EXPECT_EQ(read_everything(), 0);
}

TEST_F(DamagedStore, IsFoundDamagedInThePolicyOfOneDomainAlone) {
  std::string changed = bytes();
  std::size_t place = 0;
  while ((place = changed.find("mx.d7.example", place)) != std::string::npos) {
    changed[place++] = 'n';
  }
  write_bytes(changed);
  const auto reader = StoreReader::open(path());
  ASSERT_TRUE(reader);
  ReadSlot slot = (*reader)->slot();
  EXPECT_EQ(slot.lookup("d7.example").error().code, StoreErrorCode::damaged);
  EXPECT_TRUE(*slot.lookup("d8.example"));
  const auto snapshot = slot.begin();
  const Verification found = verify(*snapshot);
  EXPECT_EQ(found.fault_count, 1U);
  EXPECT_EQ(found.faults.at(0), "the record of \"d7.example\" is damaged");
  EXPECT_EQ(found.domains, static_cast<std::size_t>(domains) + 2);
}

// LMDB obeys every flag of a page, and writes over what it has noted as free.
TEST_F(DamagedStore, IsFoundDamagedWhereOnlyTheNextChangeWouldMeetIt) {
  const std::string whole = bytes();
  constexpr std::size_t flags_at = 10;
  std::size_t leaf = 0;
  for (std::size_t page = 2; page < whole.size() / page_bytes; ++page) {
    leaf =
        whole.substr(page * page_bytes, page_bytes).find("mx.d7.example") != std::string::npos ? page : leaf;
  }
  ASSERT_NE(leaf, 0U);
  std::string loose = whole;
  loose[leaf * page_bytes + flags_at + 1] = 0x40;
  write_bytes(loose);
  EXPECT_GT(read_everything(), 0);
  EXPECT_EQ(change_error("d7.example"), StoreErrorCode::damaged);

  // An entry of the list: the number of a transaction, then a count and as many pages.
  std::string freed = whole;
  std::size_t changed = 0;
  for (std::size_t at = 2 * page_bytes; at + 3 * sizeof(std::size_t) < freed.size(); at += 2) {
    std::size_t words[3] = {};
    std::memcpy(words, freed.data() + at, sizeof words);
    const bool is_entry = words[0] > 0 && words[0] < 8 && words[1] > 0 && words[1] < 64 && words[2] > 1 &&
                          words[2] < freed.size() / page_bytes;
    if (is_entry) {
      std::memcpy(freed.data() + at + 2 * sizeof(std::size_t), &leaf, sizeof leaf);
      ++changed;
    }
  }
  ASSERT_GT(changed, 0U);
  write_bytes(freed);
  EXPECT_GT(read_everything(), 0);
  EXPECT_EQ(change_error("d7.example"), StoreErrorCode::damaged);
}

// LMDB writes where a page says that its room is, which was behind the page.
TEST_F(DamagedStore, IsNotChangedWhereAPageOnTheWayIsDamaged) {
  {
    StoreWriter change = writer();
    for (int number = 0; number < 20000; ++number) {  // more than are looked at whole
      const auto policy = policy_with("mx." + domain_of(number));
      ASSERT_TRUE(change.put(Owner::domain, "e" + domain_of(number), record_of(policy, 0, at(1))));
    }
    ASSERT_TRUE(change.commit());
  }
  std::string changed = bytes();
  ASSERT_GT(changed.size(), std::size_t{1024} * page_bytes);
  const std::size_t leaf = changed.rfind("mx.d7.example") / page_bytes * page_bytes;
  constexpr std::size_t upper_at = 14;
  changed[leaf + upper_at] = '\xF0';
  changed[leaf + upper_at + 1] = '\xFF';
  write_bytes(changed);
  EXPECT_EQ(change_error("ed7.example"), StoreErrorCode::damaged);
  EXPECT_EQ(change_error("ed2000.example"), std::nullopt);
  EXPECT_EQ(bytes().substr(leaf, page_bytes), changed.substr(leaf, page_bytes));
}

TEST_F(DamagedStore, NeverEndsTheProcessThatChangesIt) {
  const std::string copy = bytes();
  std::mt19937 random(2);  // NOLINT: the same changes in each run
  int refused = 0;
  for (int round = 0; round < 150; ++round) {
    std::string changed = copy;
    const std::size_t page = 2 + random() % (copy.size() / page_bytes - 2);
    for (std::size_t each = 1 + random() % 3; each > 0; --each) {
      changed[page * page_bytes + random() % 64] = static_cast<char>(random());
    }
    write_bytes(changed);
    refused += change_error(domain_of(static_cast<int>(random() % domains))) ? 1 : 0;
  }
  EXPECT_GT(refused, 75);
}

TEST_F(DamagedStore, NeverEndsTheProcessThatReadsIt) {
  const std::string copy = bytes();
  std::mt19937 random(1);  // NOLINT: the same changes in each run
  int unseen = 0;
  for (int round = 0; round < 400; ++round) {
    std::string changed = copy;
    const std::size_t count = 1 + random() % 40;
    for (std::size_t each = 0; each < count; ++each) {
      // Heads of pages and lists of entries more often than what stands between them.
      const std::size_t page = random() % (changed.size() / 4096);
      const std::size_t place = page * 4096 + (random() % 2 == 0 ? random() % 64 : random() % 4096);
      changed[place] = static_cast<char>(random());
    }
    write_bytes(changed);
    unseen += static_cast<int>(read_everything() == 0);
  }
  EXPECT_LT(unseen, 200);  // what was changed in pages that are not in use
}

TEST_F(DamagedStore, HasPagesOfZerosInItsMiddle) {
  const std::string copy = bytes();
  for (std::size_t page = 2; page < copy.size() / 4096; ++page) {
    std::string changed = copy;
    changed.replace(page * 4096, 4096, 4096, '\0');
    write_bytes(changed);
    static_cast<void>(read_everything());
  }
}

}  // namespace
}  // namespace mta_sts::store
