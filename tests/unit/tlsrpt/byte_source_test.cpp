#include "tlsrpt/read/byte_source.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mta_sts::tlsrpt {
namespace {

std::vector<std::string> lines_of(std::string_view bytes) {
  MemorySource memory(bytes);
  BufferedSource source(memory);
  std::vector<std::string> lines;
  for (auto line = source.take_line(); !line.empty(); line = source.take_line()) {
    lines.emplace_back(line);
  }
  return lines;
}

TEST(BufferedSource, TakesLinesAndWhatIsBehindTheLastOne) {
  EXPECT_EQ(lines_of(""), std::vector<std::string>());
  EXPECT_EQ(lines_of("ab\n\ncdefgh"), (std::vector<std::string>{"ab\n", "\n", "cdefgh"}));
  EXPECT_EQ(lines_of("ab\n"), std::vector<std::string>{"ab\n"});
  const std::string chunk(BufferedSource::chunk_bytes, 'x');
  EXPECT_EQ(lines_of("a\n" + chunk + "bcd\nefg"), (std::vector<std::string>{"a\n", chunk, "bcd\n", "efg"}));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
