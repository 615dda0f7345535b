#include "tlsrpt/read/read_input.hpp"

#include <archive.h>
#include <gtest/gtest.h>

#include <array>

#include "unit/tlsrpt/deflated.hpp"
#include "unit/tlsrpt/packed.hpp"
#include "unit/tlsrpt/report_mail.hpp"

namespace mta_sts::tlsrpt {
namespace {

TEST(InputReader, ReadsEveryEntryOfAZip) {
  const auto read =
      read_bytes(zip({{"a.json", report}, {"bad.json", "{"}, {"b.json.gz", gzip(report)}}), "all.zip");
  EXPECT_EQ(read.words(), "E_JSON W_ZIP");
  EXPECT_EQ(read.reports.size(), 2U);
  EXPECT_EQ(read.result.status(), "partial");
  EXPECT_EQ(read.result.container, Container::zip);
}

TEST(InputReader, KnowsAPackingByAllOfItsFirstBytes) {
  for (const std::string_view magic : {"PK\x03\x04", "\xFD\x37\x7A\x58\x5A", "\x28\xB5\x2F\xFD",
                                       "\x04\x22\x4D\x18", "BZh9\x31\x41\x59\x26\x53\x59", "\x1F\x8B\x08"}) {
    for (std::size_t length = 1; length < magic.size(); ++length) {
      const auto read = read_bytes(magic.substr(0, length), "report");
      EXPECT_EQ(read.result.status(), "error") << length << " bytes";
    }
  }
}

TEST(InputReader, SaysWhatIsWrongWithAZip) {
  const std::string good = zip({{"a.json", report}});
  words(good.substr(0, good.size() / 3), "E_ZIP");
  words(zip({{"inner.zip", good}}), "E_ZIP");
  words(zip({{"a.json", report}}, "zip:encryption=zipcrypt"), "E_ZIP");
  words(zip({{"big.json", std::string(unpacked_limit_bytes + 1, ' ')}}), "E_TOO_BIG");
  words(std::string("PK\x05\x06", 4) + std::string(18, '\0'), "E_NOT_REPORT");
}

using Setting = int (*)(archive*);

std::string pack(Setting format, Setting filter, const std::vector<Entry>& entries) {
  return pack_with(entries, [&](archive* writer) {
    format(writer);
    filter(writer);
    archive_write_set_bytes_in_last_block(writer, 1);
  });
}

struct Filter {
  const char* ending;
  Setting add;
  Container container;
};

const Filter filters[] = {{"bz2", archive_write_add_filter_bzip2, Container::bzip2},
                          {"lz4", archive_write_add_filter_lz4, Container::lz4},
                          {"xz", archive_write_add_filter_xz, Container::xz},
                          {"zst", archive_write_add_filter_zstd, Container::zstd}};

class Filters : public testing::TestWithParam<Filter> {};

TEST_P(Filters, AreUnpacked) {
  const auto& [ending, add, container] = GetParam();
  const std::string packed = pack(archive_write_set_format_raw, add, {{"", report}});
  const auto read = read_bytes(packed, std::string("a.json.") + ending);
  EXPECT_EQ(read.words(), "");
  EXPECT_EQ(read.reports.size(), 1U);
  EXPECT_EQ(read.result.container, container);
  words(packed, "W_NAME_TYPE", "a.json");
  // A mail as Dovecot stores it, and a tar archive.
  const std::string mail = report_mail("application/tlsrpt+json", report);
  EXPECT_EQ(read_bytes(pack(archive_write_set_format_raw, add, {{"", mail}})).words(), "");
  const auto both =
      read_bytes(pack(archive_write_set_format_ustar, add, {{"a.json", report}, {"b.eml", mail}}));
  EXPECT_EQ(both.words(), "");
  EXPECT_EQ(both.reports.size(), 2U);
}

TEST_P(Filters, SayWhereTheyAreDamaged) {
  const std::string packed = pack(archive_write_set_format_raw, GetParam().add, {{"", report}});
  words(packed.substr(0, packed.size() / 2), "E_ARCHIVE");
  words(packed.substr(0, 12), "E_ARCHIVE");
}

TEST_P(Filters, AreBounded) {
  const std::string text(unpacked_limit_bytes + 1, ' ');
  words(pack(archive_write_set_format_raw, GetParam().add, {{"", text}}), "E_TOO_BIG");
}

INSTANTIATE_TEST_SUITE_P(OfLibarchive, Filters, testing::ValuesIn(filters),
                         [](const auto& tested) { return std::string(tested.param.ending); });

TEST(InputReader, ReadsTarArchives) {
  const std::string tar = pack(archive_write_set_format_pax, archive_write_add_filter_none,
                               {{"reports/a.json", report}, {"reports/b.json.gz", gzip(report)}});
  EXPECT_EQ(read_bytes(tar, "reports.tar").words(), "");
  EXPECT_EQ(read_bytes(tar, "reports.tar").reports.size(), 2U);
  EXPECT_EQ(read_bytes(gzip(tar), "reports.tar.gz").reports.size(), 2U);
  EXPECT_EQ(read_bytes(gzip(tar), "reports.tgz").words(), "");
  words(tar.substr(0, 1700), "E_ARCHIVE");
}

TEST(InputReader, ReadsTarArchivesWithoutAMagic) {
  std::string tar = pack(archive_write_set_format_v7tar, archive_write_add_filter_none, {{"a.json", report}});
  EXPECT_EQ(read_bytes(tar, "reports.tar").words(), "");
  EXPECT_EQ(read_bytes(tar, "reports.tar").reports.size(), 1U);
  tar[0] = 'b';  // the sum is another one
  words(tar, "E_NOT_REPORT");
}

TEST(InputReader, ReadsTheLz4OfOldPrograms) {
  std::string block = "\xF0";  // nothing but bytes that stand for themselves
  std::size_t rest = report.size() - 15;
  for (; rest >= 255; rest -= 255) {
    block += '\xFF';
  }
  block += static_cast<char>(rest);
  block += report;
  const std::string size{static_cast<char>(block.size()), static_cast<char>(block.size() >> 8), '\0', '\0'};
  const auto read = read_bytes("\x02\x21\x4C\x18" + size + block, "a.json.lz4");
  EXPECT_EQ(read.words(), "");
  EXPECT_EQ(read.reports.size(), 1U);
}

TEST(InputReader, ReadsAPackedMaildirOfPackedMails) {
  const std::string mail = report_mail("application/tlsrpt+gzip", gzip(report));
  const std::string tar = pack(archive_write_set_format_ustar, archive_write_add_filter_none,
                               {{"Maildir/cur/1", gzip(mail)}, {"Maildir/cur/2", gzip(mail)}});
  EXPECT_EQ(read_bytes(gzip(tar), "Maildir.tar.gz").reports.size(), 2U);
}

TEST(InputReader, BoundsWhatPackingsInPackingsUnpackTo) {
  const std::string great = gzip(std::string(unpacked_limit_bytes - 1, ' '));
  std::vector<Entry> entries(50, {"a.json.gz", great});
  const std::string tar = pack(archive_write_set_format_ustar, archive_write_add_filter_none, entries);
  const auto read = read_bytes(gzip(tar));
  EXPECT_TRUE(read.result.findings.errors.contains(ReadError::too_big));
}

TEST(InputReader, LeavesOutWhatSystemsPutIntoArchives) {
  const std::vector<Entry> entries{{"reports/a.json", report},
                                   {"__MACOSX/reports/._a.json", "x"},
                                   {"reports/.DS_Store", "x"},
                                   {"reports/._b.json", "x"},
                                   {"reports/Thumbs.db", "x"},
                                   {"reports/desktop.ini", "[.x]"},
                                   {"$RECYCLE.BIN/a", "x"},
                                   {"reports/@eaDir/a.json", "x"},
                                   {"reports/~$a.doc", "x"},
                                   {"a.json:Zone.Identifier", "[x]"},
                                   {"Icon\r", "x"},
                                   {".Trashes/501/a", "x"}};
  words(zip(entries), "W_ZIP");
  words(pack(archive_write_set_format_ustar, archive_write_add_filter_none, entries), "");
  words(zip({{"readme.txt", "x"}, {"a.json", report}}), "E_NOT_REPORT W_ZIP");
}

TEST(InputReader, ShowsTheRatioOfABomb) {
  const auto read = read_bytes(zip({{"big.json", std::string(unpacked_limit_bytes + 1, ' ')}}));
  ASSERT_FALSE(read.result.findings.problems.empty());
  EXPECT_NE(read.result.findings.problems.front().detail.find("ratio "), std::string::npos);
}

TEST(InputReader, LeavesAZipThatNeverEnds) {
  std::vector<Entry> entries;
  for (int i = 0; i < 12; ++i) {
    entries.push_back({"a" + std::to_string(i), std::string(std::size_t{19} << 20, ' ')});
  }
  const auto read = read_bytes(zip(entries));
  EXPECT_TRUE(read.result.findings.errors.contains(ReadError::too_big));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
