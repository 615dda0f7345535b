// The wrapper of SQLite on real databases in memory: values go in and out as they are, and failures carry the
// code.
#include "sqlite/sqlite.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace mta_sts {
namespace {

constexpr int in_memory = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

SqliteDatabase fresh_database() {
  SqliteDatabase database = open_database(":memory:", in_memory, 0);
  execute(database.get(), "CREATE TABLE entry(name TEXT NOT NULL, body BLOB, number NOT NULL)");
  return database;
}

template <typename Body>
int code_of(Body body) {
  try {
    body();
    return SQLITE_OK;
  } catch (const SqliteFailure& failure) {
    EXPECT_FALSE(failure.detail.empty());
    return failure.code;
  }
}

TEST(Sqlite, KeepsTextBytesAndNumbers) {
  const SqliteDatabase database = fresh_database();
  const std::string bytes("\0\xff\n", 3);
  Statement put(database.get(), "INSERT INTO entry VALUES(?,?,?)");
  put.bind("a").bind_blob(bytes).bind(std::int64_t{-7}).run();
  put.bind(std::string_view()).bind_blob(std::string_view()).bind(std::int64_t{1}).run();  // "", not NULL
  Statement get(database.get(), "SELECT name, body, number FROM entry ORDER BY number");
  ASSERT_TRUE(get.step());
  EXPECT_EQ(get.text(0), "a");
  EXPECT_EQ(get.blob(1), bytes);
  EXPECT_EQ(get.integer(2), -7);
  ASSERT_TRUE(get.step());
  EXPECT_EQ(get.text(0), "");
  EXPECT_FALSE(get.step());
}

TEST(Sqlite, KeepsCountsBeyondItsOwnRange) {
  const SqliteDatabase database = fresh_database();
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  Statement put(database.get(), "INSERT INTO entry VALUES('', '', ?)");
  put.bind_count(most).run();
  put.bind_count(3).run();
  Statement get(database.get(), "SELECT number FROM entry ORDER BY rowid");
  ASSERT_TRUE(get.step());
  EXPECT_EQ(get.count(0), most);
  ASSERT_TRUE(get.step());
  EXPECT_EQ(get.count(0), 3U);
}

TEST(Sqlite, SaysWhyAStepFailed) {
  const SqliteDatabase database = fresh_database();
  EXPECT_EQ(code_of([&] { execute(database.get(), "SELECT nothing"); }), SQLITE_ERROR);
  EXPECT_EQ(code_of([&] { Statement(database.get(), "SELECT nothing"); }), SQLITE_ERROR);
  EXPECT_EQ(code_of([&] { Statement(database.get(), "INSERT INTO entry VALUES(NULL,1,1)").run(); }),
            SQLITE_CONSTRAINT);
  EXPECT_EQ(code_of([] { static_cast<void>(open_database("/dev/null/no", in_memory, 0)); }), SQLITE_CANTOPEN);
}

TEST(Sqlite, RefusesWhatIsTooLongAndBindsAnewAfterIt) {
  const SqliteDatabase database = fresh_database();
  sqlite3_limit(database.get(), SQLITE_LIMIT_LENGTH, 1000);
  const std::string too_long(1001, 'x');
  Statement put(database.get(), "INSERT INTO entry VALUES(?,?,?)");
  EXPECT_EQ(code_of([&] { put.bind("a").bind_blob(too_long); }), SQLITE_TOOBIG);
  put.bind("b").bind_blob("body").bind(std::int64_t{2}).run();
  Statement get(database.get(), "SELECT name, number FROM entry");
  ASSERT_TRUE(get.step());
  EXPECT_EQ(get.text(0), "b");
  EXPECT_EQ(get.integer(1), 2);
  EXPECT_FALSE(get.step());
}

TEST(Sqlite, GivesThePragmasNumber) {
  const SqliteDatabase database = fresh_database();
  EXPECT_EQ(pragma(database.get(), "user_version"), 0);
  execute(database.get(), "PRAGMA user_version=5");
  EXPECT_EQ(pragma(database.get(), "user_version"), 5);
  EXPECT_EQ(pragma(database.get(), "no_such_pragma"), -1);
}

}  // namespace
}  // namespace mta_sts
