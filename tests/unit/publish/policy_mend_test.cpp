// What is mended lints clean and means what was meant.
#include "publish/policy_mend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "policy/parse_policy.hpp"
#include "publish/policy_lint.hpp"

namespace mta_sts::publish {
namespace {

std::string mended(std::string_view policy) {
  return mend_policy(policy).text;
}

bool is_refused(std::string_view policy) {
  return keeps_from_mending(lint_policy(mend_policy(policy).text));
}

TEST(PolicyMend, LeavesAGoodPolicyAsItIs) {
  const std::string policy = "version: STSv1\r\nmode: none\r\nmax_age: 86400";
  EXPECT_EQ(mended(policy), policy);
  EXPECT_TRUE(mend_policy(policy).difference.empty());
}

TEST(PolicyMend, MendsAllAndKeepsTheLineEnds) {
  EXPECT_EQ(mended("Version: stsv1\r\n\r\nmode: Enforced # x\r\nmx: a.b., c.d\r\nmax-age: 1 week"),
            "version: STSv1\r\nmode: enforce\r\nmx: a.b\r\nmx: c.d\r\nmax_age: 604800\r\n");
  EXPECT_EQ(mended("mode: enforce\nmx: a.b\n"), "version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 1209600\n");
}

TEST(PolicyMend, ShowsTheDifference) {
  const auto made =
      mend_policy("version: STSv1\nmode: Enforce\nmx: a.b., c.d\n\nmax_age: 604800\nfoo: bar\n");
  std::string shown;
  for (const DifferenceLine& line : made.difference) {
    shown += (line.is_new ? "+" : "-") + std::to_string(line.number) + line.text + "\n";
  }
  EXPECT_EQ(shown, "-2mode: Enforce\n-3mx: a.b., c.d\n-4\n+2mode: enforce\n+3mx: a.b\n+4mx: c.d\n");
}

TEST(PolicyMend, TakesNoAdvice) {
  const std::string policy = "version: STSv1\nmode: enforce\nmx: *.google.com\nmax_age: 60\n";
  EXPECT_EQ(mended(policy), policy);
  EXPECT_FALSE(is_refused(policy));
}

TEST(PolicyMend, IsRefusedWhereOnlyTheAuthorKnows) {
  EXPECT_TRUE(is_refused("version: STSv1\nmode: live\nmx: a.b\nmax_age: 7d\n"));
  EXPECT_TRUE(is_refused("version: STSv1\nmode: enforce\nmax_age: 604800\n\n"));  // no mx
  EXPECT_TRUE(is_refused(
      "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n\n"));  // an example's
  EXPECT_TRUE(is_refused("version: STSv1\nmode: enforce\nmode: testing\nmx: a.b\nmax_age: 604800\n\n"));
  EXPECT_TRUE(is_refused("version: STSv1\nMode: testing\nMODE: enforce\nmx: a.b\nmax_age: 604800\n"));
  EXPECT_TRUE(is_refused("version: STSv1\nmode: enforce\nMode: testing\nmx: a.b\nmax_age: 604800\n"));
  EXPECT_TRUE(is_refused(std::string(70000, 'a')));
}

// A policy as it was meant, and the ways in which each of its lines is written wrong without meaning less.
struct Meant {
  Policy policy;
  std::vector<std::vector<std::string>> lines;
};

std::vector<Meant> meant_policies() {
  const std::vector<std::string> version{"version: STSv1",   "Version: STSv1",  "version : stsv1",
                                         "version=STSv1",    "verison: STSv1",  "version: \"STSv1\"",
                                         "- version: STSv1", "  version: STSv1"};
  const std::vector<std::string> enforce{
      "mode: enforce",     "mode: enforced",    "mode: enforcing", "mode: [enforce]",
      "mode: \"enforce\"", "mode: enforce;",    "Mode: Enforce",   "MODE: ENFORCE",
      "mode = enforce",    "mode:enforc",       "mdoe: enfroce",   "mode enforce",
      "- mode: enforce",   "mode: enforce # x", "\tmode: enforce", "\"mode\": \"enforce\","};
  const std::vector<std::string> testing{"mode: testing", "mode: test",   "mode: [testing] ",
                                         "Mode: Testing", "mode: testng", "mode: testing // 1. which"};
  const std::vector<std::string> none{"mode: none", "mode: None", "mode: \"none\"", "Mode : none",
                                      "mode: none (opt out)"};
  const std::vector<std::string> mx{"mx: a.acme.net\nmx: *.acme.org",
                                    "mx: a.acme.net, *.acme.org",
                                    "mx: A.acme.net.\nMX: *.acme.org",
                                    "mx:\n  - a.acme.net\n  - *.acme.org",
                                    "mx: 10 a.acme.net\nmx : *.acme.org # x",
                                    "nmx: a.acme.net\nmx1: *.acme.org",
                                    "mx: [a.acme.net, *.acme.org]",
                                    "mx: \"a.acme.net\"\nmx: <*.acme.org>",
                                    "mx: a.acme.net\n\nmx: *.acme.org\nmx: a.acme.net"};
  const std::vector<std::string> week{"max_age: 604800",
                                      "max_age: 1 week",
                                      "max_age: 7 days",
                                      "max-age: 604800",
                                      "max_age: 604.800",
                                      "max_age: 604,800",
                                      "max_age: 604 800",
                                      "maxage=1W",
                                      "Max_Age: 168h",
                                      "max_age: 604800s",
                                      "max_age: 604800; ",
                                      "max_age: \"604800\"",
                                      "max_age: 604800 # in seconds",
                                      "max_age 604800",
                                      "max_age: 604800\n\n"};
  const std::vector<std::string> hosts{"a.acme.net", "*.acme.org"};
  return {{{Mode::enforce, hosts, 604800, {}}, {version, enforce, mx, week}},
          {{Mode::testing, hosts, 604800, {}}, {version, testing, mx, week}},
          {{Mode::none, {}, 604800, {}}, {version, none, week}}};
}

Policy sorted(Policy policy) {
  std::ranges::sort(policy.mx);
  policy.mx.erase(std::ranges::unique(policy.mx).begin(), policy.mx.end());
  return policy;
}

void mends_to(const std::string& file, const Policy& meant) {
  const MendedPolicy made = mend_policy(file);
  EXPECT_FALSE(keeps_from_mending(lint_policy(made.text))) << file << "\nbecame\n" << made.text;
  const auto policy = parse_policy(made.text, Reading::strict);
  ASSERT_TRUE(policy) << file << "\nbecame\n" << made.text << policy.error().detail;
  EXPECT_EQ(sorted(*policy), sorted(meant)) << file << "\nbecame\n" << made.text;
  EXPECT_EQ(mend_policy(made.text).text, made.text);
}

// Every pair of damages of two lines, with every line end.
TEST(PolicyMend, KeepsWhatWasMeant) {
  for (const auto& [policy, lines] : meant_policies()) {
    std::size_t count = 0;
    for (std::size_t a = 0; a < lines.size(); ++a) {
      for (std::size_t b = a + 1; b < lines.size(); ++b) {
        for (const std::string& damaged_a : lines[a]) {
          for (const std::string& damaged_b : lines[b]) {
            std::string file = ++count % 7 == 0 ? "\xEF\xBB\xBF" : "";
            for (std::size_t i = 0; i < lines.size(); ++i) {
              file += (i == a ? damaged_a : i == b ? damaged_b : lines[i].front()) + "\n";
            }
            mends_to(file, policy);
            if (::testing::Test::HasFailure()) {
              return;
            }
          }
        }
      }
    }
  }
}

// Every way to write a line, in a file that is wrong as a whole.
TEST(PolicyMend, KeepsWhatWasMeantByAWholeFile) {
  for (const auto& [policy, lines] : meant_policies()) {
    for (std::size_t a = 0; a < lines.size(); ++a) {
      for (const std::string& damaged : lines[a]) {
        std::string indented;
        std::string carriage;
        std::string remarks = "# our policy\n\n";
        for (std::size_t i = 0; i < lines.size(); ++i) {
          std::istringstream parts(i == a ? damaged : lines[i].front());
          for (std::string line; std::getline(parts, line);) {
            indented += "    " + line + "\n";
            carriage += line + "\r";
            remarks += line + "  # remark\n// and one more\n";
          }
        }
        mends_to(indented, policy);
        mends_to(carriage, policy);
        mends_to(remarks, policy);
      }
    }
  }
  mends_to("version: STSv1 mode: enforced mx: a.acme.net mx: *.acme.org max_age: 1 week",
           {Mode::enforce, {"a.acme.net", "*.acme.org"}, 604800, {}});
}

}  // namespace
}  // namespace mta_sts::publish
