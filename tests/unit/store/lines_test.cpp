#include <algorithm>

#include "store/lines/entry_line.hpp"
#include "store/lines/import_batch.hpp"
#include "unit/store/stored.hpp"

namespace mta_sts::store {
namespace {

StoreEntry good(EntryReader& reader, std::string_view line) {
  const auto entry = reader.read(line);
  EXPECT_TRUE(entry) << line << ": " << (entry ? "" : entry.error().detail);
  return entry ? *entry : StoreEntry();
}

bool stopping(std::size_t, std::string_view, const RecordView&, const StoreError&) {
  return false;
}

void bad(std::string_view line, std::string_view word) {
  EntryReader reader;
  const auto entry = reader.read(line);
  ASSERT_FALSE(entry) << line;
  EXPECT_EQ(entry.error().word, word) << line;
  EXPECT_FALSE(entry.error().detail.empty());
}

TEST(StoreLines, ReadsBothFormsToTheSamePolicy) {
  EntryReader reader;
  const std::string body =
      publish::publish_policy_file("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 604800\n")->body;
  for (
      const std::string_view line :
      {R"({"domain":"D.example","mode":"enforce","mx":["a.example"],"max_age":604800})",
       R"({"mx":"a.example","max_age":"1w","mode":"enforce","domain":"d.example."})",
       R"({"domain":"d.example","policy":"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 604800\n"})",
       "d.example,enforce mx=a.example max_age=1w",
       "\"d.example\" , \"enforce  mx=a.example max_age=604800\""}) {
    const StoreEntry entry = good(reader, line);
    EXPECT_EQ(entry.name, "d.example");
    ASSERT_NE(entry.policy, nullptr);
    EXPECT_EQ(entry.policy->body, body);
  }
  EXPECT_EQ(good(reader, R"({"domain":"k\u00e4se.example","mode":"none","serial":3})").name,
            "xn--kse-qla.example");
  EXPECT_EQ(good(reader, "d.example,none serial=4294967295").serial, 4294967295U);
}

TEST(StoreLines, ReadsProfilesAndAliases) {
  EntryReader reader;
  for (const std::string_view line : {R"({"domain":"d.example","profile":"p-1"})", "d.example,profile=p-1"}) {
    const StoreEntry entry = good(reader, line);
    EXPECT_EQ(entry.kind, RecordKind::profile);
    EXPECT_EQ(entry.target, "p-1");
  }
  EXPECT_EQ(good(reader, "d.example,alias=E.example").target, "e.example");
  const StoreEntry profile = good(reader, R"({"profile":"p-1","mode":"none"})");
  EXPECT_EQ(profile.owner, Owner::profile);
  EXPECT_EQ(good(reader, "@p-1,none").name, "p-1");
}

TEST(StoreLines, RefusesWhatMeansNothingOrTwoThings) {
  bad("", "input-invalid");
  bad("d.example", "input-invalid");         // no words
  bad("\"d.example,none", "input-invalid");  // a quote that does not end
  bad("d..example,none", "bad-domain");
  bad("192.0.2.1,none", "bad-domain");
  bad("d.example,", "no-words");
  bad("d.example,enforce", "missing-mx");
  bad("d.example,file=/etc/passwd", "no-policy-words");  // nothing is read of this host
  bad("d.example,off", "no-policy-words");
  bad("d.example,profile=A b", "unknown-word");
  bad("d.example,profile=A", "bad-option");
  bad("@A,none", "bad-option");
  bad("@p,profile=q", "conflicting-word");
  bad("{}", "input-invalid");
  bad("{", "input-invalid");
  bad(R"({"domain":"d.example","mode":"none"}x)", "input-invalid");
  bad(R"({"domain":"d.example","mode":"none","mode":"none"})", "input-invalid");  // twice
  bad(R"({"domain":"d.example","mx":["a.b"],"mx":["a.b"],"mode":"testing"})", "input-invalid");
  bad(R"({"domain":"d.example","mode":null})", "input-invalid");
  bad(R"({"domain":7,"mode":"none"})", "input-invalid");
  bad(R"({"domain":"d.example","mode":["none"]})", "input-invalid");
  bad(R"({"domain":"d.example","mx":[["a"]],"mode":"testing"})", "input-invalid");
  bad(R"({"domain":"d.example","mx":{"a":1},"mode":"testing"})", "input-invalid");
  bad(R"({"domain":"d.example","modus":"none"})", "input-invalid");
  bad(R"({"domain":"d.example"})", "conflicting-word");
  bad(R"({"domain":"d.example","mode":"none","alias":"e.example"})", "conflicting-word");
  bad(R"({"domain":"d.example","alias":"e.example","serial":1})", "conflicting-word");
  bad(R"({"domain":"d.example","mode":"none","max_age":1.5})", "bad-max-age");
  bad(R"({"domain":"d.example","mode":"none","max_age":-1})", "bad-max-age");
  bad(R"({"domain":"d.example","mode":"none","max_age":31557601})", "bad-max-age");
  bad(R"({"domain":"d.example","policy":"version: STSv1\n"})", "missing-mode");
  bad(R"({"domain":"d.example","policy":"","serial":"x"})", "bad-serial");
  bad(std::string_view("{\"domain\":\"d.example\",\"mode\":\"none\"}\0x", 38), "input-invalid");
  bad(std::string(entry_line_limit_bytes + 1, 'a'), "input-invalid");
}

// A row's words may have any byte; what was read before does not count.
TEST(StoreLines, TellsWordsOfARowFromAWordWithALineEnd) {
  EntryReader reader;
  const auto read = [&reader](std::string_view words) {
    return reader.read_row(
        {.owner = Owner::domain, .name = "d.example", .words = words, .profile = {}, .alias = {}});
  };
  EXPECT_TRUE(read("enforce mx=a.example"));
  EXPECT_FALSE(read("enforce\nmx=a.example"));
  EXPECT_EQ(read("none" + std::string(64 * 1024, ' ')).error().word, "input-invalid");
  EXPECT_TRUE(read("none" + std::string(64 * 1024 - 4, ' ')));
}

class ImportBatchTest : public StoreTest {
 protected:
  void add(std::string_view line) {
    const auto entry = reader_.read(line);
    ASSERT_TRUE(entry) << entry.error().detail;
    batch_.add(*entry, ++line_, at(1));
  }

  EntryReader reader_;
  ImportBatch batch_;
  std::size_t line_ = 0;
};

TEST_F(ImportBatchTest, StoresWhatLinesLeadToBeforeTheLines) {
  for (const std::string_view line :
       {"a.example,alias=z.example", "z.example,profile=p", "@p,none", "b.example,none"}) {
    add(line);
  }
  EXPECT_FALSE(batch_.sort());
  StoreWriter change = writer();
  std::size_t steps = 0;
  const auto counts = batch_.store_in(change, [&steps] { ++steps; }, stopping);
  ASSERT_TRUE(counts) << counts.error().error.detail;
  EXPECT_EQ(counts->changed, 4U);
  EXPECT_EQ(steps, 4U);
  const auto again = batch_.store_in(change, [] {}, stopping);
  EXPECT_EQ(again->unchanged, 4U);
}

TEST_F(ImportBatchTest, NamesTheFirstLineThatRepeatsAnother) {
  for (const std::string_view line : {"a.example,none", "b.example,none", "c.example,alias=a.example",
                                      "A.example,testing mx=m.example", "c.example,none"}) {
    add(line);
  }
  const auto repeated = batch_.sort();
  ASSERT_TRUE(repeated);
  EXPECT_EQ(repeated->first, 1U);
  EXPECT_EQ(repeated->second, 4U);
  EXPECT_EQ(repeated->name, "a.example");
}

TEST_F(ImportBatchTest, NamesTheLineThatLeadsNowhere) {
  add("a.example,none");
  add("b.example,profile=none");
  EXPECT_FALSE(batch_.sort());
  StoreWriter change = writer();
  const auto counts = batch_.store_in(change, [] {}, stopping);
  ASSERT_FALSE(counts);
  EXPECT_EQ(counts.error().line, 2U);
  EXPECT_EQ(counts.error().error.code, StoreErrorCode::no_profile);
}

}  // namespace
}  // namespace mta_sts::store
