// The store as a web server's worker has it.
#include "store/served_store.hpp"

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
  EXPECT_EQ(served(store, "a.example", milliseconds(2002)), "store-replaced");
  EXPECT_EQ(served(store, "a.example", milliseconds(2003)), "store-missing");
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
