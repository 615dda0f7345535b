#include "store/reader.hpp"

#include <lmdb.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "unit/store/stored.hpp"

namespace mta_sts::store {
namespace {

namespace fs = std::filesystem;
using enum StoreErrorCode;

TEST_F(StoreTest, FindsADomainInAnyCaseAndByItsPolicyHost) {
  put_policy("example.com", "mail.example.com");
  const auto reader = StoreReader::open(path());
  ASSERT_TRUE(reader);
  ReadSlot slot = (*reader)->slot();
  const auto found = slot.lookup("EXAMPLE.com");
  ASSERT_TRUE(found && *found);
  const auto policy = policy_with("mail.example.com");
  EXPECT_EQ((*found)->body, policy.body);
  EXPECT_EQ((*found)->id, policy.id);
  EXPECT_EQ((*found)->etag, policy.etag);
  EXPECT_EQ((*found)->mode, Mode::testing);
  EXPECT_EQ((*found)->max_age_seconds, 1000U);
  EXPECT_TRUE(*slot.lookup_host("MTA-STS.example.com.:8443"));
  EXPECT_FALSE(*slot.lookup_host("example.com"));
  for (const std::string& other :
       {std::string(), std::string("example.co"), std::string("example.comm"), std::string(300, 'a')}) {
    EXPECT_FALSE(*slot.lookup(other)) << other;
  }
}

TEST_F(StoreTest, FollowsProfilesAndAliasesAsTheyChange) {
  const auto first = policy_with("a.example");
  const auto second = policy_with("b.example");
  put(Owner::profile, "hosted", record_of(first, 0, at(1)));
  put(Owner::domain, "one.example", leading_to(RecordKind::profile, "hosted"));
  put(Owner::domain, "two.example", leading_to(RecordKind::alias, "one.example"));
  EXPECT_EQ(body_of("two.example"), first.body);
  put(Owner::profile, "hosted", record_of(second, 0, at(2)));
  EXPECT_EQ(body_of("one.example"), second.body);
  EXPECT_EQ(body_of("two.example"), second.body);
}

TEST_F(StoreTest, SeesEveryChangeOfAnotherProcessWithTheNextLookup) {
  put_policy("a.example", "mx0.example");
  const auto reader = StoreReader::open(path());
  ASSERT_TRUE(reader);
  ReadSlot slot = (*reader)->slot();
  for (int round = 1; round < 20; ++round) {
    const std::string mx = "mx" + std::to_string(round) + ".example";
    in_child([&] { put_policy("a.example", mx, round + 1); });
    const auto found = slot.lookup("a.example");
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->body, policy_with(mx).body);
  }
}

TEST_F(StoreTest, FollowsGrowthFarBeyondTheFirstMap) {
  put_policy("a.example", "mx.example");
  const auto reader = StoreReader::open(path());
  ASSERT_TRUE(reader);
  ReadSlot slot = (*reader)->slot();
  ReadSlot other = (*reader)->slot();
  ASSERT_TRUE(slot.lookup("a.example") && other.lookup("a.example"));
  in_child([&] {  // more than the 256 MiB that a small store's map has
    auto change = StoreWriter::begin(path(), Creation::if_missing, std::size_t{1} << 30U);
    ASSERT_TRUE(change);
    const std::string long_text(65000, 'x');
    const auto policy = policy_with("mx.example");
    RecordView record = record_of(policy, 0, at(2));
    record.text = long_text;
    for (int number = 0; number < 4500; ++number) {
      ASSERT_TRUE(change->put(Owner::domain, "d" + std::to_string(number) + ".example", record));
    }
    ASSERT_TRUE(change->commit());
  });
  ASSERT_GT(fs::file_size(path()), std::size_t{256} << 20U);
  for (ReadSlot* each : {&slot, &other}) {
    const auto found = each->lookup("d4499.example");
    ASSERT_TRUE(found) << found.error().detail;
    ASSERT_TRUE(*found);
    EXPECT_EQ((*found)->body.size(), 65000U);
  }
}

TEST_F(StoreTest, TellsThatItsFileWasRemovedReplacedOrCut) {
  put_policy("a.example", "mx.example");
  const std::string copy = bytes();
  {
    const auto reader = StoreReader::open(path());
    ReadSlot slot = (*reader)->slot();
    ASSERT_TRUE(slot.lookup("a.example"));
    fs::resize_file(path(), 100);
    EXPECT_EQ(slot.lookup("a.example").error().code, cut);
    fs::resize_file(path(), 0);
    EXPECT_EQ(slot.lookup("a.example").error().code, cut);
    write_bytes(copy);
    EXPECT_TRUE(slot.lookup("a.example"));
    fs::rename(path(), path() + "-away");
    EXPECT_TRUE(slot.lookup("a.example"));
    fs::remove(path() + "-away");
    EXPECT_EQ(slot.lookup("a.example").error().code, replaced);
  }
}

TEST_F(StoreTest, KeepsNoSlotOfAReaderThatWasKilled) {
  put_policy("a.example", "mx0.example");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto reader = StoreReader::open(path());
    ReadSlot slot = (*reader)->slot();
    const bool begun = slot.begin().has_value();
    const ssize_t told = ::write(ready[1], begun ? "1" : "0", 1);
    ::pause();
    ::_exit(static_cast<int>(told));
  }
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  EXPECT_EQ(word, '1');
  ::close(ready[0]);
  ::close(ready[1]);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  std::uintmax_t size = 0;
  for (int round = 1; round <= 40; ++round) {
    put_policy("a.example", round % 2 == 0 ? "mx0.example" : "mx1.example", round + 1);
    if (round == 20) {
      size = fs::file_size(path());
    }
  }
  // Pages that nobody sees are used again: only the history grows.
  EXPECT_LE(fs::file_size(path()), size + std::uintmax_t{8} * 4096);
}

TEST_F(StoreTest, NamesWhatIsNoStore) {
  EXPECT_EQ(open_error(), missing);
  fs::create_symlink(folder_ / "nowhere", path());
  EXPECT_EQ(open_error(), missing);
  fs::remove(path());
  fs::create_directory(path());
  EXPECT_EQ(open_error(), not_regular);
  fs::remove(path());
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_EQ(open_error(), not_regular);
  fs::remove(path());
  write_bytes("");
  EXPECT_EQ(open_error(), missing);  // nothing in it yet
  write_bytes("a text");
  EXPECT_EQ(open_error(), cut);
  write_bytes(std::string(100000, 'x'));
  EXPECT_EQ(open_error(), foreign);
  EXPECT_FALSE(fs::exists(path() + "-lock"));
}

TEST_F(StoreTest, LeavesTheLmdbFileOfAnotherProgramAsItIs) {
  MDB_env* environment = nullptr;
  ASSERT_EQ(mdb_env_create(&environment), 0);
  ASSERT_EQ(mdb_env_open(environment, path().c_str(), MDB_NOSUBDIR, 0600), 0);
  MDB_txn* transaction = nullptr;
  MDB_dbi tree = 0;
  ASSERT_EQ(mdb_txn_begin(environment, nullptr, 0, &transaction), 0);
  ASSERT_EQ(mdb_dbi_open(transaction, nullptr, 0, &tree), 0);
  std::string word = "domain";
  MDB_val value{word.size(), word.data()};
  ASSERT_EQ(mdb_put(transaction, tree, &value, &value, 0), 0);
  ASSERT_EQ(mdb_txn_commit(transaction), 0);
  mdb_env_close(environment);
  fs::remove(path() + "-lock");
  const std::string before = bytes();
  EXPECT_EQ(open_error(), foreign);
  const auto change = StoreWriter::begin(path(), Creation::if_missing, 0);
  ASSERT_FALSE(change);
  EXPECT_EQ(change.error().code, foreign);
  EXPECT_EQ(bytes(), before);
  EXPECT_FALSE(fs::exists(path() + "-lock"));
}

TEST_F(StoreTest, NamesAnotherVersionOfLmdbAndOfTheStore) {
  put_policy("a.example", "mx.example");
  const std::string copy = bytes();
  std::string changed = copy;
  changed[20] = 2;  // of LMDB's format, in both heads
  changed[4096 + 20] = 2;
  write_bytes(changed);
  EXPECT_EQ(open_error(), other_version);
  changed = copy;
  for (std::size_t place = changed.find("mta-sts policy store 1"); place != std::string::npos;
       place = changed.find("mta-sts policy store 1", place + 1)) {
    changed[place + 21] = '2';
  }
  write_bytes(changed);
  EXPECT_EQ(open_error(), other_version);
  EXPECT_FALSE(StoreWriter::begin(path(), Creation::if_missing, 0));
}

TEST_F(StoreTest, NamesAFileThatIsCutAnywhere) {
  for (int number = 0; number < 200; ++number) {
    put_policy("d" + std::to_string(number) + ".example", "mx.example");
  }
  const std::string copy = bytes();
  for (std::size_t size = 1; size < copy.size(); size += 1000) {
    write_bytes(std::string_view(copy).substr(0, size));
    EXPECT_EQ(open_error(), cut) << size;
  }
}

TEST_F(StoreTest, PassesOverAHeadThatNoReaderWasToldOf) {  // its writer was killed before it told of it
  put_policy("one.example", "first.example");
  put_policy("one.example", "second.example", 2);
  const auto reader = StoreReader::open(path());
  ASSERT_TRUE(reader);
  ReadSlot slot = (*reader)->slot();
  ASSERT_TRUE(*slot.lookup("one.example"));

  const std::string whole = bytes();
  FileHead head = *read_heads(whole);
  constexpr std::size_t place_in_page = 16;  // behind the page's own head
  const std::size_t page = head.page_bytes();
  ++head.transaction;
  std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>((head.transaction & 1) * page + place_in_page));
  file.write(reinterpret_cast<const char*>(&head), sizeof head);
  file.close();
  ASSERT_EQ(read_heads(bytes())->transaction, head.transaction);

  ReadSlot other = (*reader)->slot();
  for (ReadSlot* const each : {&slot, &other}) {
    const auto found = each->lookup("one.example");
    ASSERT_TRUE(found) << found.error().detail;
    EXPECT_EQ((*found)->body, policy_with("second.example").body);
  }
  put_policy("one.example", "third.example", 3);
  EXPECT_EQ((*slot.lookup("one.example"))->body, policy_with("third.example").body);
}

}  // namespace
}  // namespace mta_sts::store
