#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "publish/directive.hpp"
#include "publish/published_policy.hpp"
#include "store/periods.hpp"
#include "store/reader.hpp"
#include "store/record.hpp"
#include "store/writer.hpp"

namespace mta_sts::store {

inline std::chrono::sys_seconds at(std::int64_t seconds) {
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

inline publish::PublishedPolicy policy_with(std::string_view mx, std::string_view max_age = "max_age=1000") {
  const std::string word = "mx=" + std::string(mx);
  const std::vector<std::string_view> words{"testing", word, max_age};
  return publish::publish_policy(publish::parse_directive(words)->policy);
}

inline RecordView leading_to(RecordKind kind, std::string_view name, std::chrono::sys_seconds since = at(1)) {
  RecordView record;
  record.kind = kind;
  record.since = since;
  record.text = name;
  return record;
}

/// Runs `body` in another process, as each program has the store open once.
template <typename Body>
void in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

/// A folder with a store in it, or without.
class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    std::string name = (std::filesystem::temp_directory_path() / "store.XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~StoreTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return (folder_ / "store.mdb").string(); }

  StoreWriter writer() {
    auto begun = StoreWriter::begin(path(), Creation::if_missing, 100000);
    EXPECT_TRUE(begun) << begun.error().detail;
    return *std::move(begun);
  }

  void put(Owner owner, std::string_view name, const RecordView& record) {
    in_child([&] {  // this one may have it open to read
      StoreWriter change = writer();
      const auto done = change.put(owner, name, record);
      EXPECT_TRUE(done) << done.error().detail;
      EXPECT_TRUE(change.commit());
    });
  }

  void put_policy(std::string_view domain, std::string_view mx, std::int64_t since = 1) {
    const auto policy = policy_with(mx);
    put(Owner::domain, domain, record_of(policy, 0, at(since)));
  }

  StoreErrorCode put_error(std::string_view domain, const RecordView& record) {
    StoreWriter change = writer();
    const auto done = change.put(Owner::domain, domain, record);
    EXPECT_FALSE(done);
    return done ? StoreErrorCode::full : done.error().code;
  }

  bool remove(Owner owner, std::string_view name, std::int64_t now) {
    StoreWriter change = writer();
    const auto done = change.remove(owner, name, at(now));
    return done && *done && change.commit();
  }

  std::string body_of(std::string_view domain) {
    const auto reader = StoreReader::open(path());
    EXPECT_TRUE(reader) << reader.error().detail;
    ReadSlot slot = (*reader)->slot();
    const auto found = slot.lookup(domain);
    EXPECT_TRUE(found) << found.error().detail;
    return *found ? std::string((*found)->body) : "";
  }

  StoreErrorCode open_error() {
    const auto reader = StoreReader::open(path());
    EXPECT_FALSE(reader);
    return reader ? StoreErrorCode::full : reader.error().code;
  }

  [[nodiscard]] std::string bytes() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void write_bytes(std::string_view text) const {
    std::ofstream file(path(), std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
  }

  std::filesystem::path folder_;
};

}  // namespace mta_sts::store
