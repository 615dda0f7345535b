#include "tlsrpt/read/plain_zip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "unit/tlsrpt/deflated.hpp"

namespace mta_sts::tlsrpt {
namespace {

using std::string_literals::operator""s;
using Files = std::vector<std::pair<std::string, std::string>>;

struct Unpacked {
  Files files;
  std::vector<std::string> problems;
  ArchiveFront front;
};

Unpacked unpack(std::string_view bytes, bool is_plain_first) {
  Unpacked unpacked;
  Findings findings;
  MemorySource memory(bytes);
  BufferedSource source(memory);
  const auto accept = [&](std::string_view name, std::string& file) {
    unpacked.files.emplace_back(name, std::move(file));
  };
  if (is_plain_first) {
    unpacked.front = read_plain_zip(source, accept);
  }
  if (!unpacked.front.is_whole) {
    unpack_archive(Packing::zip, source, unpacked.front, findings, accept);
  }
  for (const Problem& problem : findings.problems) {
    unpacked.problems.push_back(std::string(to_string(problem.error)) + ": " + problem.detail);
  }
  return unpacked;
}

// What an archive holds both by the library and where the plain entries at its front are read without it.
Unpacked same(std::string_view bytes) {
  const Unpacked by_library = unpack(bytes, false);
  Unpacked plain = unpack(bytes, true);
  EXPECT_EQ(plain.files, by_library.files);
  EXPECT_EQ(plain.problems, by_library.problems);
  return plain;
}

std::string number(std::uint64_t value, std::size_t length) {
  std::string bytes;
  for (std::size_t i = 0; i < length; ++i) {
    bytes += static_cast<char>(value >> (8 * i));
  }
  return bytes;
}

std::string deflate_raw(std::string_view text) {
  return deflated(text, -15);
}

// A local header as it is written, and its data.
struct Entry {
  std::string name = "a.json";
  std::string packed = "{}";
  std::uint64_t size = 2;
  std::uint64_t crc = crc_of("{}");
  std::uint64_t system = 3;
  std::uint64_t flags = 0;
  std::uint64_t method = 0;
  std::string extra = {};

  static std::uint64_t crc_of(std::string_view text) {
    return crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
  }

  [[nodiscard]] std::string bytes() const {
    return "PK\x03\x04" + number(20, 1) + number(system, 1) + number(flags, 2) + number(method, 2) +
           number(0, 4) + number(crc, 4) + number(packed.size(), 4) + number(size, 4) +
           number(name.size(), 2) + number(extra.size(), 2) + name + extra + packed;
  }
};

Entry stored(std::string_view name, std::string_view text) {
  return {.name = std::string(name),
          .packed = std::string(text),
          .size = text.size(),
          .crc = Entry::crc_of(text)};
}

Entry deflated(std::string_view name, std::string_view text) {
  Entry entry = stored(name, text);
  entry.packed = deflate_raw(text);
  entry.method = 8;
  return entry;
}

const std::string directory = "PK\x01\x02" + std::string(42, '\0');

std::string archive_of(const std::vector<Entry>& entries) {
  std::string bytes;
  for (const Entry& entry : entries) {
    bytes += entry.bytes();
  }
  return bytes + directory;
}

void is_plain(const Entry& entry) {
  const std::string bytes = archive_of({entry, stored("last", "x")});
  EXPECT_TRUE(same(bytes).front.is_whole) << entry.name;
}

// An entry that the library decides on, behind one that needs none.
void left_to_the_library(const Entry& entry) {
  const std::string front = stored("first", "x").bytes();
  const Unpacked unpacked = same(front + archive_of({entry, stored("last", "y")}));
  EXPECT_FALSE(unpacked.front.is_whole) << entry.name;
  EXPECT_EQ(unpacked.front.taken, front.size()) << entry.name;
  EXPECT_FALSE(same(archive_of({entry})).front.is_whole) << entry.name;
}

TEST(PlainZip, GivesStoredAndDeflatedFiles) {
  const std::string text(5000, 'a');
  const Unpacked unpacked = same(archive_of({stored("a.json", "{}"), deflated("folder/b.json", text)}));
  EXPECT_EQ(unpacked.files, (Files{{"a.json", "{}"}, {"folder/b.json", text}}));
  EXPECT_TRUE(unpacked.front.is_whole);
  EXPECT_EQ(unpacked.front.unpacked, text.size() + 2);
}

TEST(PlainZip, TakesWhatArchiversAdd) {
  is_plain({.flags = 0x0800});                                                     // the name is UTF-8
  is_plain({.flags = 0x0006});                                                     // how hard deflate tried
  is_plain({.extra = "UT\x05\x00\x03\x01\x02\x03\x04"s});                          // times
  is_plain({.extra = "ux\x0b\x00\x01\x04\x00\x00\x00\x00\x04\x00\x00\x00\x00"s});  // owner
  is_plain({.system = 0});
}

TEST(PlainZip, LeavesOutFoldersAndFilesOfTheSystem) {
  const Unpacked unpacked =
      same(archive_of({{.name = "folder/", .packed = "", .size = 0, .crc = 0},
                       stored("__MACOSX/._a.json", "x"),
                       {.name = ".DS_Store", .crc = 1},  // what is left out need not be right
                       stored("folder/a.json", "{}")}));
  EXPECT_EQ(unpacked.files, (Files{{"folder/a.json", "{}"}}));
  EXPECT_TRUE(unpacked.front.is_whole);
}

TEST(PlainZip, LeavesOddEntriesToTheLibrary) {
  left_to_the_library({.flags = 0x0001});   // encrypted
  left_to_the_library({.flags = 0x0008});   // sizes behind the data
  left_to_the_library({.method = 12});      // bzip2
  left_to_the_library({.method = 0x0100});  // libarchive looks at the low byte alone
  left_to_the_library({.name = ""});
  left_to_the_library({.name = "b\u00fccher.json"});
  left_to_the_library({.name = "a\nb"});
  left_to_the_library({.name = "folder\\a.json", .system = 0});
  left_to_the_library({.name = "folder/"});  // a folder with bytes
  left_to_the_library({.packed = "", .size = 0, .crc = 0});
  left_to_the_library({.extra = "\x01\x00\x00\x00"s});    // zip64
  left_to_the_library({.extra = "xl\x02\x00\x04\x00"s});  // attributes, which may make a link of it
  left_to_the_library({.extra = "up\x01\x00x"s});         // another name
  left_to_the_library({.extra = "UT\x00\x00"s});
  left_to_the_library({.extra = "UT\x05\x00\x03"s});
  left_to_the_library({.extra = "UT"s});
}

TEST(PlainZip, LeavesDamagedEntriesToTheLibrary) {
  left_to_the_library({.crc = 1});
  left_to_the_library({.size = 3});
  left_to_the_library({.size = UINT32_MAX});
  left_to_the_library({.method = 8});  // what is stored is not deflated
  Entry entry = deflated("a.json", std::string(5000, 'a'));
  for (const std::size_t size : {4999U, 5001U}) {
    entry.size = size;
    left_to_the_library(entry);
  }
  entry.size = 5000;
  entry.packed += '\0';
  left_to_the_library(entry);
}

TEST(PlainZip, LeavesWhatIsCutShortToTheLibrary) {
  const std::string front = stored("first", "x").bytes();
  const std::string bytes = front + deflated("a.json", "{\"a\":1}").bytes() + directory;
  for (std::size_t length = front.size(); length + directory.size() < bytes.size(); ++length) {
    EXPECT_EQ(same(bytes.substr(0, length)).front.taken, front.size()) << length;
  }
}

TEST(PlainZip, LeavesWhatStandsBetweenEntriesToTheLibrary) {
  const std::string a = stored("a", "x").bytes();
  const std::string b = stored("b", "y").bytes();
  for (const std::string& between : {"junk"s, "PK"s, "PK00"s, "PK\x07\x08"s, "PK\x06\x06"s, "P"s}) {
    EXPECT_FALSE(same(a + between + b + directory).front.is_whole) << between;
    EXPECT_FALSE(same(a + between).front.is_whole) << between;
  }
  EXPECT_TRUE(same("PK\x05\x06" + std::string(18, '\0')).front.is_whole);
  EXPECT_EQ(same("PK00" + a + directory).files.size(), 1U);
}

TEST(PlainZip, LeavesGreatFilesToTheLibrary) {
  std::string great;
  std::uint32_t state = 1;
  while (great.size() < 2 * BufferedSource::buffer_bytes) {
    state = state * 1664525 + 1013904223;
    great += static_cast<char>(state >> 24);
  }
  left_to_the_library(stored("great", great));
  left_to_the_library(deflated("long", std::string((1U << 20) + 1, ' ')));
  is_plain(stored("whole", great.substr(0, BufferedSource::buffer_bytes - 100)));
  is_plain(deflated("million", std::string(1U << 20, ' ')));
}

TEST(PlainZip, ReadsManyEntriesThroughItsBuffer) {
  std::vector<Entry> entries;
  for (int i = 0; i < 3000; ++i) {
    entries.push_back(stored(std::to_string(i), std::string(static_cast<std::size_t>(i) % 700 + 1, 'a')));
  }
  const Unpacked unpacked = same(archive_of(entries));
  EXPECT_EQ(unpacked.files.size(), 3000U);
  EXPECT_TRUE(unpacked.front.is_whole);
}

TEST(PlainZip, LeavesAnArchiveOverTheLimitToTheLibrary) {
  const Entry blank = deflated("blank", std::string(1U << 20, ' '));  // a thousandth of it
  const Unpacked unpacked = unpack(archive_of(std::vector(100, blank)), true);
  EXPECT_FALSE(unpacked.front.is_whole);
  EXPECT_LE(unpacked.front.unpacked, unpacked_limit_bytes + archive_ratio_limit * unpacked.front.taken);
  ASSERT_EQ(unpacked.problems.size(), 1U);
  EXPECT_TRUE(unpacked.problems[0].starts_with("E_TOO_BIG: the zip archive unpacks to more than any"))
      << unpacked.problems[0];
}

}  // namespace
}  // namespace mta_sts::tlsrpt
