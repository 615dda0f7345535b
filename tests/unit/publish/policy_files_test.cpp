// Policy files as administrators wrote them, each with what is said of it: tests/vectors/policies.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "base/ascii.hpp"
#include "publish/policy_lint.hpp"
#include "publish/policy_mend.hpp"

namespace mta_sts::publish {
namespace {

const std::string folder = MTA_STS_SOURCE_DIR "/tests/vectors/policies/";

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) {
    text.append(text.empty() ? "" : between).append(part);
  }
  return text;
}

std::string found_in(std::string_view policy) {
  std::vector<std::string> words;
  for (const PolicyFinding& finding : lint_policy(policy)) {
    words.push_back(std::string(to_string(finding.severity)) + ":" + finding.word +
                    (finding.is_of_file ? "" : "@" + std::to_string(finding.where.line)));
  }
  return words.empty() ? "ok" : joined(words, " ");
}

std::string fixed(std::string_view policy) {
  const MendedPolicy mended = mend_policy(policy);
  if (keeps_from_mending(lint_policy(mended.text))) {
    return "refused";
  }
  std::vector<std::string> lines;
  for (const DifferenceLine& line : mended.difference) {
    const std::string shown = (line.is_new ? "+" : "-") + std::to_string(line.number) + ": " + line.text;
    lines.emplace_back(ascii::trim_blanks(shown));
  }
  return lines.empty() ? "same" : joined(lines, " | ");
}

TEST(PolicyFiles, GetTheirAnswers) {
  std::istringstream table(bytes_of(folder + "expected.tsv"));
  std::string row;
  ASSERT_TRUE(std::getline(table, row));  // the head
  std::size_t rows = 0;
  while (std::getline(table, row)) {
    const std::size_t first = row.find('\t');
    const std::size_t second = row.find('\t', first + 1);
    const std::string policy = bytes_of(folder + row.substr(0, first) + ".txt");
    EXPECT_FALSE(policy.empty()) << row;
    EXPECT_EQ(found_in(policy), row.substr(first + 1, second - first - 1)) << row;
    EXPECT_EQ(fixed(policy), row.substr(second + 1)) << row;
    ++rows;
  }
  EXPECT_EQ(rows, 30U);
}

}  // namespace
}  // namespace mta_sts::publish
