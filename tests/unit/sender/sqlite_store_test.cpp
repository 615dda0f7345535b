#include "sender/store/sqlite_store.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include "base/handle.hpp"
#include "sender/store/store_row.hpp"
#include "unit/sender/fakes.hpp"

namespace mta_sts::sender {
namespace {

using namespace fakes;
using namespace std::chrono_literals;
using std::chrono::sys_seconds;
namespace fs = std::filesystem;

// A disk without room: no file of this process may grow beyond so many bytes.
class NoRoom {
 public:
  explicit NoRoom(std::uintmax_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit less = before_;
    less.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &less);
  }
  ~NoRoom() { setrlimit(RLIMIT_FSIZE, &before_); }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;

 private:
  rlimit before_{};
};

class SqliteStoreTest : public testing::Test {
 protected:
  FakeClock clock;
  FakeLog log;
  fs::path folder;
  std::string path;

  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sqlite-store-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    path = (folder / "cache.sqlite").string();
  }
  void TearDown() override { fs::remove_all(folder); }

  std::unique_ptr<SqliteStore> open() {
    auto store = SqliteStore::open(path, log, clock);
    EXPECT_TRUE(store) << (store ? "" : store.error().detail);
    return store ? *std::move(store) : nullptr;
  }

  static std::vector<StoredEntry> all(SqliteStore& store) {
    std::vector<StoredEntry> entries;
    store.load([&](const StoredEntry& entry) { entries.push_back(entry); });
    return entries;
  }

  StoredEntry entry(const std::string& domain) const {
    StoredEntry entry;
    entry.domain = domain;
    entry.policy = StoredEntry::Policy{.id = "A1",
                                       .body = serves("enforce", 86400)->body + std::string("x: \xC3\xA4\n"),
                                       .fetched = clock.time,
                                       .peer = "192.0.2.7"};
    entry.failures = {{.id = "B2", .at = clock.time, .word = "timeout"},
                      {.id = "C3", .at = clock.time, .word = "x"}};
    entry.lookups = {.failing_since = clock.time, .failed_last = clock.time + 5s, .record_seen = clock.time};
    entry.used = clock.time;
    entry.asks = 3;
    entry.failed_refreshes = 7;
    return entry;
  }

  void fill(int number) {
    const auto store = open();
    for (int i = 0; i < number; ++i) {
      ASSERT_TRUE(store->store(entry("d" + std::to_string(i) + ".example")));
    }
  }

  int damaged_files() const {
    int number = 0;
    for (const auto& file : fs::directory_iterator(folder)) {
      number += file.path().string().find(".damaged-") != std::string::npos ? 1 : 0;
    }
    return number;
  }
};

TEST_F(SqliteStoreTest, GivesBackWhatItWasGiven) {  // R91
  const StoredEntry first = entry("a.example");
  StoredEntry second = entry("b.example");
  second.policy.reset();
  {
    const auto store = open();
    EXPECT_TRUE(store->store(first));
    EXPECT_TRUE(store->store(second));
    EXPECT_TRUE(store->store(second));  // as a whole, once
  }
  const auto store = open();
  EXPECT_EQ(all(*store), (std::vector<StoredEntry>{first, second}));
  EXPECT_EQ(store->load_one("a.example"), first);
  EXPECT_EQ(store->load_one("none.example"), std::nullopt);
  EXPECT_TRUE(store->remove("a.example"));
  EXPECT_TRUE(store->remove("a.example"));
  EXPECT_EQ(all(*store).size(), 1U);
  EXPECT_TRUE(log.lines.empty());
}

TEST_F(SqliteStoreTest, NotesUseWithoutTouchingTheSum) {
  const auto store = open();
  store->store(entry("a.example"));
  EXPECT_TRUE(store->note_use("a.example", clock.time + std::chrono::days(3), 9));
  EXPECT_EQ(store->load_one("a.example")->used, clock.time + std::chrono::days(3));
  EXPECT_EQ(store->load_one("a.example")->asks, 9U);
}

TEST_F(SqliteStoreTest, MakesAFileForThisUserAlone) {
  const auto store = open();
  store->store(entry("a.example"));
  struct stat status {};
  for (const char* suffix : {"", "-wal"}) {
    ASSERT_EQ(stat((path + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
  }
  EXPECT_FALSE(fs::exists(path + "-shm"));  // memory shared through a file ends the process where it is cut
}

TEST_F(SqliteStoreTest, RefusesAFolderThatOthersWrite) {
  ASSERT_EQ(chmod(folder.c_str(), 0777), 0);
  const auto store = SqliteStore::open(path, log, clock);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().detail.find("chmod"), std::string::npos);
  EXPECT_FALSE(SqliteStore::open((folder / "none" / "c").string(), log, clock));
}

TEST_F(SqliteStoreTest, RefusesALinkAndAFolderInItsPlace) {
  std::ofstream(folder / "target").put('x');
  fs::create_symlink(folder / "target", path);
  EXPECT_FALSE(SqliteStore::open(path, log, clock));
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_FALSE(SqliteStore::open(path, log, clock));
}

TEST_F(SqliteStoreTest, MovesAFileThatIsNoDatabaseAside) {  // R94
  std::ofstream(path) << std::string(5000, 'x');
  const auto store = open();
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->store(entry("a.example")));
  EXPECT_EQ(log.count("cache-damaged"), 1U);
  EXPECT_EQ(damaged_files(), 1);
}

TEST_F(SqliteStoreTest, KeepsWhatCanBeReadOfADamagedFile) {  // R94
  fill(2000);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(path) / 2));
    file << std::string(8192, '\xA5');
  }
  std::size_t loaded = 0;
  {
    const auto store = open();
    ASSERT_TRUE(store);
    loaded = all(*store).size();
  }
  EXPECT_GT(loaded, 0U);
  EXPECT_LT(loaded, 2000U);
  const auto store = open();
  EXPECT_TRUE(store->store(entry("new.example")));
  EXPECT_GE(all(*store).size(), 1U);
}

TEST_F(SqliteStoreTest, LeavesADatabaseOfSomethingElseAlone) {
  fill(1);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(68);  // the application id
    file << "abcd";
  }
  const auto size = fs::file_size(path);
  EXPECT_FALSE(SqliteStore::open(path, log, clock));
  EXPECT_EQ(fs::file_size(path), size);
  EXPECT_EQ(damaged_files(), 0);
}

TEST_F(SqliteStoreTest, SurvivesAnyDamage) {  // R94: no crash, no row that was not written
  fill(60);
  std::ifstream whole(path, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(whole)), std::istreambuf_iterator<char>());
  std::minstd_rand random(1);
  for (int round = 0; round < 50; ++round) {
    for (const auto& file : fs::directory_iterator(folder)) {
      fs::remove(file);
    }
    std::string bad = good;
    for (int hits = 0; hits < 4; ++hits) {
      bad[random() % bad.size()] = static_cast<char>(random());
    }
    bad.resize(round % 5 == 0 ? random() % bad.size() : bad.size());
    std::ofstream(path, std::ios::binary) << bad;
    const auto store = SqliteStore::open(path, log, clock);
    if (!store) {
      continue;
    }
    for (const StoredEntry& found : all(**store)) {
      StoredEntry expected = entry(found.domain);
      expected.used = found.used;  // these are not under the sum
      expected.asks = found.asks;
      if (found.policy) {
        expected.policy->peer = found.policy->peer;
      }
      EXPECT_EQ(found, expected) << round;
    }
    EXPECT_TRUE((*store)->store(entry("after.example"))) << round;
  }
}

TEST_F(SqliteStoreTest, SaysOnceThatItCannotWriteAndOnceThatItCanAgain) {
  const auto store = open();
  ASSERT_TRUE(store->store(entry("a.example")));
  {
    const NoRoom full(fs::file_size(path + "-wal"));
    EXPECT_FALSE(store->store(entry("b.example")));
    EXPECT_FALSE(store->remove("a.example"));
    EXPECT_EQ(log.count("cache-store-failed"), 1U);
    EXPECT_EQ(store->load_one("a.example"), entry("a.example"));
    EXPECT_TRUE(store->is_intact());
  }
  EXPECT_TRUE(store->store(entry("b.example")));
  EXPECT_TRUE(store->store(entry("c.example")));
  EXPECT_EQ(log.count("cache-store-works"), 1U);
}

TEST_F(SqliteStoreTest, HasOneOwner) {
  const auto store = open();
  const auto second = SqliteStore::open(path, log, clock);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().detail.find("another process"), std::string::npos);
  EXPECT_TRUE(store->store(entry("a.example")));
}

TEST_F(SqliteStoreTest, TakesAFileWithoutTheLaterColumns) {
  fill(1);
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &raw), SQLITE_OK);
  Handle<sqlite3, sqlite3_close> old(raw);
  ASSERT_EQ(sqlite3_exec(raw, "ALTER TABLE entry DROP COLUMN peer; ALTER TABLE entry DROP COLUMN asks",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  old.reset();
  const auto store = open();
  StoredEntry expected = entry("d0.example");
  expected.asks = 0;
  expected.policy->peer.clear();
  EXPECT_EQ(all(*store), std::vector{expected});
  EXPECT_TRUE(store->store(entry("d0.example")));
  EXPECT_TRUE(log.lines.empty());
}

// What somebody may do to the files under a running process.
TEST_F(SqliteStoreTest, NoticesThatItsFilesWereCutOrReplaced) {
  const std::vector<std::function<void()>> harms{
      [&] { fs::resize_file(path + "-wal", 0); },
      [&] { fs::resize_file(path + "-wal", fs::file_size(path + "-wal") / 2); },
      [&] { fs::remove(path + "-wal"); },
      [&] { fs::resize_file(path, 0); },
      [&] { fs::remove(path); },
      [&] {
        std::ofstream(folder / "other").put('x');
        fs::rename(folder / "other", path);
      },
  };
  for (const auto& harm : harms) {
    for (const auto& file : fs::directory_iterator(folder)) {
      fs::remove(file);
    }
    {
      const auto store = open();
      ASSERT_TRUE(store);
      ASSERT_TRUE(store->store(entry("before.example")));
      ASSERT_TRUE(store->is_intact());
      harm();
      EXPECT_FALSE(store->is_intact());  // the caller stores all again
      EXPECT_TRUE(store->is_intact());
      EXPECT_TRUE(store->store(entry("before.example")));
      harm();
      EXPECT_TRUE(store->store(entry("after.example")));  // noticed before the write, too
      EXPECT_FALSE(store->is_intact());
      EXPECT_TRUE(store->store(entry("before.example")));
    }
    const auto again = open();
    EXPECT_EQ(all(*again), (std::vector{entry("after.example"), entry("before.example")}));
  }
  EXPECT_GE(log.count("cache-damaged"), harms.size());
}

TEST(StoreRow, ReadsOnlyWhatFitsItsSum) {
  const std::string body = serves("enforce", 86400)->body;
  StoreRow row;
  row.domain = "a.example";
  row.id = "A";
  row.body = body;
  row.fetched = 5;
  row.failures = "A 7 timeout";
  row.used = 9;
  row.sum = row_sum(row);
  ASSERT_TRUE(read_store_row(row));
  const auto changed = [&](auto change, bool fix_sum) {
    StoreRow other = row;
    change(other);
    other.sum = fix_sum ? row_sum(other) : other.sum;
    return read_store_row(other).has_value();
  };
  EXPECT_FALSE(changed([](StoreRow& r) { r.id = "B"; }, false));
  EXPECT_FALSE(changed([](StoreRow& r) { r.fetched = 6; }, false));
  EXPECT_FALSE(changed([](StoreRow& r) { r.body = r.body.substr(1); }, false));
  EXPECT_FALSE(changed([](StoreRow& r) { r.domain = "a.exampl", r.id = "eA"; }, false));
  // Even with a right sum:
  EXPECT_FALSE(changed([](StoreRow& r) { r.domain = "A.example"; }, true));
  EXPECT_FALSE(changed([](StoreRow& r) { r.domain = "a_b"; }, true));
  EXPECT_FALSE(changed([](StoreRow& r) { r.id = "a-b"; }, true));
  EXPECT_FALSE(changed([](StoreRow& r) { r.fetched = -1; }, true));
  EXPECT_FALSE(changed([](StoreRow& r) { r.fetched = INT64_MAX; }, true));
  EXPECT_FALSE(changed([](StoreRow& r) { r.used = INT64_MIN; }, true));
  EXPECT_FALSE(changed([](StoreRow& r) { r.failed_refreshes = -1; }, true));
  EXPECT_FALSE(changed([](StoreRow& r) { r.asks = -1; }, true));
  EXPECT_FALSE(changed([](StoreRow& r) { r.peer = "no address"; }, true));
  EXPECT_FALSE(changed([](StoreRow& r) { r.failures = "A 7"; }, true));
}

TEST(StoreRow, ReadsItsHistoryStrictly) {
  for (const std::string_view text : {"A",
                                      "A 1",
                                      "A 1 ",
                                      "A  1 x",
                                      " A 1 x",
                                      "A 1 x\n",
                                      "\nA 1 x",
                                      "A -1 x",
                                      "A 1 X",
                                      "A 1 x y",
                                      "A 99999999999999 x",
                                      "a-b 1 x",
                                      "123456789012345678901234567890123 1 x",
                                      "txt-seen",
                                      "txt-seen ",
                                      "txt-seen 0",
                                      "txt-seen 1 2",
                                      "txt-seen 1\ntxt-seen 2",
                                      "txt-failing 1",
                                      "txt-failing 0 1",
                                      "txt-failing 1 2 3",
                                      "txt-failing 1 2\ntxt-failing 1 2",
                                      "txt-failing 1 2\n",
                                      "txt-other 1"}) {
    EXPECT_FALSE(parse_history(text)) << text;
  }
  EXPECT_EQ(parse_history("")->lookups, LookupHistory{});
  EXPECT_EQ(parse_history("A 1 x\nB 2 y-z")->failures.size(), 2U);  // as rows were before
  const auto whole = parse_history("txt-seen 5\ntxt-failing 6 7\nA 1 x");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->lookups.record_seen, sys_seconds(5s));
  EXPECT_EQ(whole->lookups.failing_since, sys_seconds(6s));
  EXPECT_EQ(whole->lookups.failed_last, sys_seconds(7s));
  EXPECT_EQ(render_history(*whole), "txt-seen 5\ntxt-failing 6 7\nA 1 x");
}

}  // namespace
}  // namespace mta_sts::sender
