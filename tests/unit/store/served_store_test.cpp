// The store as a web server's worker has it.
#include "store/served_store.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <vector>

#include "store/environment.hpp"
#include "unit/store/stored.hpp"

namespace mta_sts::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// The body that is served at a time; "-" where the domain is not known, the error's word where there is one.
std::string served(ServedStore& store, std::string_view domain, milliseconds now) {
  std::string body = "-";
  const auto done = store.lookup(domain, now, [&](const std::optional<StoredPolicyView>& policy) {
    body = policy ? policy->body : body;
  });
  return done ? body : std::string(to_string(done.error().code));
}

TEST_F(StoreTest, IsCheckedForACutWithEachRequestAndForItsRemovalAsTimeGoesOn) {
  put_policy("a.example", "mx.example");
  const std::string whole = bytes();
  const std::string body = policy_with("mx.example").body;
  ServedStore store(path());
  EXPECT_EQ(served(store, "A.example", milliseconds(5)), body);
  EXPECT_EQ(served(store, "b.example", milliseconds(5)), "-");
  fs::resize_file(path(), 4096);
  EXPECT_EQ(served(store, "a.example", milliseconds(5)), "store-cut");
  write_bytes(whole);
  EXPECT_EQ(served(store, "a.example", milliseconds(2000)), body);
  EXPECT_EQ(served(store, "a.example", milliseconds(2001)), body);
  fs::remove(path());
  EXPECT_EQ(served(store, "a.example", milliseconds(2002)), "store-missing");
}

TEST_F(StoreTest, IsOpenedAnewAfterItsLockFileWasReplaced) {
  put_policy("a.example", "mx.example");
  ServedStore store(path());
  ASSERT_EQ(served(store, "a.example", milliseconds(1)), policy_with("mx.example").body);
  fs::remove(lock_path_of(path()));
  EXPECT_EQ(served(store, "a.example", milliseconds(2)), policy_with("mx.example").body);  // no writer came
  put_policy("a.example", "mx2.example", 2);
  EXPECT_EQ(served(store, "a.example", milliseconds(3)), policy_with("mx2.example").body);
  put_policy("a.example", "mx3.example", 3);
  EXPECT_EQ(served(store, "a.example", milliseconds(4)), policy_with("mx3.example").body);
}

TEST_F(StoreTest, TellsThatTheLockFileWasReplacedAlsoInALongLook) {
  put_policy("a.example", "mx.example");
  const auto reader = StoreReader::open(path());
  ReadSlot slot = (*reader)->slot();
  ASSERT_TRUE(slot.begin());
  slot.end();
  fs::remove(lock_path_of(path()));
  put_policy("a.example", "mx2.example", 2);
  const auto begun = slot.begin();
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, StoreErrorCode::replaced);
}

TEST_F(StoreTest, ChangesNothingWhereTheLockFileOrTheStoreWasReplaced) {
  for (const bool is_lock : {true, false}) {
    put_policy("a.example", "mx.example", is_lock ? 1 : 2);
    {
      StoreWriter change = writer();  // gone before the store is opened to read: a process opens it once
      const auto policy = policy_with("mx2.example");
      ASSERT_TRUE(change.put(Owner::domain, "a.example", record_of(policy, 0, at(3))));
      if (is_lock) {
        fs::remove(lock_path_of(path()));
      } else {
        fs::copy_file(path(), path() + ".new");
        fs::rename(path() + ".new", path());
      }
      const auto done = change.commit();
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().code, StoreErrorCode::replaced);
    }
    EXPECT_EQ(body_of("a.example"), policy_with("mx.example").body);
  }
}

TEST_F(StoreTest, IsOpenedAnewThoughOtherDirectivesThatNameItAreIdle) {
  put_policy("a.example", "mx.example");
  ServedStore store(path());
  ServedStore idle(path());
  ASSERT_EQ(served(store, "a.example", milliseconds(1)), policy_with("mx.example").body);
  ASSERT_EQ(served(idle, "a.example", milliseconds(1)), policy_with("mx.example").body);
  fs::copy_file(path(), path() + ".new");
  fs::rename(path() + ".new", path());
  EXPECT_EQ(served(store, "a.example", milliseconds(2)), policy_with("mx.example").body);
  put_policy("a.example", "mx2.example", 2);
  EXPECT_EQ(served(store, "a.example", milliseconds(4)), policy_with("mx2.example").body);
  EXPECT_EQ(served(idle, "a.example", milliseconds(4)), policy_with("mx2.example").body);
}

TEST_F(StoreTest, TakesOneReaderSlotHoweverManyDirectivesNameIt) {
  put_policy("a.example", "mx.example");
  std::vector<std::unique_ptr<ServedStore>> directives;
  for (unsigned number = 0; number < 2 * readers_limit; ++number) {
    directives.push_back(std::make_unique<ServedStore>(path()));
    ASSERT_EQ(served(*directives.back(), "a.example", milliseconds(1)), policy_with("mx.example").body);
  }
}

TEST_F(StoreTest, LetsGoOfAFileThatWasMovedAway) {
  put_policy("a.example", "mx.example");
  const std::string body = policy_with("mx.example").body;
  ServedStore store(path());
  ASSERT_EQ(served(store, "a.example", milliseconds(1)), body);
  fs::copy_file(path(), path() + ".new");
  fs::rename(path(), path() + ".old");
  fs::rename(path() + ".new", path());
  ASSERT_EQ(served(store, "a.example", milliseconds(2)), body);
  put_policy("a.example", "mx2.example", 2);
  EXPECT_EQ(served(store, "a.example", milliseconds(3)), policy_with("mx2.example").body);
  fs::rename(path(), path() + ".old");
  EXPECT_EQ(served(store, "a.example", milliseconds(4)), "store-missing");
}

TEST_F(StoreTest, FollowsALinkThatLeadsToAnotherFile) {
  const std::string link = path() + ".link";
  put_policy("a.example", "mx.example");
  fs::copy_file(path(), path() + ".2");
  fs::create_symlink(path() + ".2", link);
  ServedStore store(link);
  ServedStore direct(path() + ".2");
  ASSERT_EQ(served(store, "a.example", milliseconds(1)), policy_with("mx.example").body);
  ASSERT_EQ(served(direct, "a.example", milliseconds(1)), policy_with("mx.example").body);
  put_policy("a.example", "mx2.example", 2);
  fs::remove(link);
  fs::create_symlink(path(), link);
  EXPECT_EQ(served(store, "a.example", milliseconds(2)), policy_with("mx2.example").body);
  EXPECT_EQ(served(direct, "a.example", milliseconds(2)), policy_with("mx.example").body);
}

TEST_F(StoreTest, ReadsAStoreWithFewerChangesOnceItsOwnLockFileIsNoLongerInUse) {
  put_policy("a.example", "mx.example");
  fs::copy_file(path(), path() + ".new");
  for (int number = 2; number < 7; ++number) {
    put_policy("a.example", "mx" + std::to_string(number) + ".example", number);
  }
  ServedStore store(path());
  ASSERT_EQ(served(store, "a.example", milliseconds(1)), policy_with("mx6.example").body);
  fs::rename(path() + ".new", path());
  EXPECT_EQ(served(store, "a.example", milliseconds(2)), policy_with("mx.example").body);
}

TEST_F(StoreTest, IsLookedAtAtAStartThoughItIsCutMeanwhile) {
  put_policy("a.example", "mx.example");
  const std::string whole = bytes();
  const int file = ::open(path().c_str(), O_RDWR);
  const pid_t child = ::fork();
  if (child == 0) {
    for (int look = 0; look < 20000; ++look) {
      (void)find_fault(path());
    }
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    EXPECT_EQ(::ftruncate(file, 0), 0);
    EXPECT_EQ(::pwrite(file, whole.data(), whole.size(), 0), static_cast<ssize_t>(whole.size()));
  }
  ::close(file);
  EXPECT_TRUE(WIFEXITED(status)) << WTERMSIG(status);
}

TEST_F(StoreTest, TellsOfAProcessOfTheSameNumberInAnotherContainer) {
  put_policy("a.example", "mx.example");
  const pid_t number = ::getpid();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const int lock = ::open(lock_path_of(path()).c_str(), O_RDWR);
    struct flock byte{};
    byte.l_type = F_WRLCK;
    byte.l_start = number;
    byte.l_len = 1;
    const char done = ::fcntl(lock, F_SETLK, &byte) == 0 ? 'y' : 'n';
    (void)!::write(ready[1], &done, 1);
    ::pause();
  }
  char done = 0;
  EXPECT_EQ(::read(ready[0], &done, 1), 1);
  EXPECT_EQ(done, 'y');
  const auto reader = StoreReader::open(path());
  const auto found = (*reader)->slot().lookup("a.example");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, StoreErrorCode::busy);
  EXPECT_NE(found.error().detail.find("PID namespace"), std::string::npos) << found.error().detail;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(StoreTest, ServesAnotherRequestWhileOneIsServed) {
  put_policy("a.example", "mx.example");
  ServedStore store(path());
  std::string inner;
  const auto outer = store.lookup("a.example", milliseconds(1),
                                  [&](const auto&) { inner = served(store, "a.example", milliseconds(1)); });
  EXPECT_TRUE(outer);
  EXPECT_EQ(inner, policy_with("mx.example").body);
}

TEST_F(StoreTest, FindsEveryKeyOfATreeOfManyLevels) {
  std::vector<std::string> domains;
  for (int number = 0; number < 6000;
       ++number) {  // of any length, and with beginnings in common of any length
    const std::string digits = std::to_string(number);
    domains.push_back("d" + std::string(static_cast<std::size_t>(number) % 40, 'x') + digits + ".example");
    domains.push_back(digits + ".a");
  }
  const auto policy = policy_with("mx.example");
  {
    StoreWriter change = writer();
    for (const std::string& domain : domains) {
      ASSERT_TRUE(change.put(Owner::domain, domain, record_of(policy, 0, at(1))));
    }
    ASSERT_TRUE(change.commit());
  }
  const auto reader = StoreReader::open(path());
  ReadSlot slot = (*reader)->slot();
  ASSERT_GE(slot.begin()->domains.depth, 3);
  for (const std::string& domain : domains) {
    const auto found = slot.lookup(domain);
    ASSERT_TRUE(found && *found) << domain;
    for (const std::string& near : {domain + "a", "0" + domain, domain.substr(0, domain.size() - 1)}) {
      const auto other = slot.lookup(near);
      ASSERT_TRUE(other && !*other) << near;
    }
  }
}

}  // namespace
}  // namespace mta_sts::store
