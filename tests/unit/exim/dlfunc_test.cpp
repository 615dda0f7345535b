#include "dlfunc.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string>
#include <vector>

#include "exim.hpp"

namespace mta_sts::exim {
namespace {

using Function = int (*)(unsigned char**, int, unsigned char**) noexcept;

// Calls as Exim does: a null behind the last argument, unless `argc` says otherwise.
std::string call(Function function, std::vector<std::string> words, int argc = -1) {
  std::vector<unsigned char*> argv;
  for (std::string& word : words) {
    argv.push_back(reinterpret_cast<unsigned char*>(word.data()));
  }
  argv.push_back(nullptr);
  unsigned char* yield = nullptr;
  EXPECT_EQ(function(&yield, argc < 0 ? static_cast<int>(words.size()) : argc, argv.data()), status_ok);
  EXPECT_NE(yield, nullptr);
  return reinterpret_cast<const char*>(yield);
}

std::string temp(std::string_view reason) {
  return "mode=temp reason=" + std::string(reason) + " source=none";
}

TEST(DlfuncVerdict, IsTempWithAReasonForEveryBadInput) {
  const std::string nowhere = "socket=/nonexistent/s";
  EXPECT_EQ(call(mta_sts_verdict, {"example.com", nowhere}), temp("resolver-unreachable"));
  EXPECT_EQ(call(mta_sts_verdict, {"", nowhere}), temp("domain-empty"));
  EXPECT_EQ(call(mta_sts_verdict, {"a\nverdict b", nowhere}), temp("domain-bad-character"));
  EXPECT_EQ(call(mta_sts_verdict, {std::string(100000, 'a'), nowhere}), temp("domain-too-long"));
  EXPECT_EQ(call(mta_sts_verdict, {"a", "socket=/" + std::string(200, 's')}), temp("socket-path-too-long"));
  EXPECT_EQ(call(mta_sts_verdict, {"a", "wait=soon"}), temp("bad-argument"));
  EXPECT_EQ(call(mta_sts_verdict, {}), temp("bad-argument"));
}

// Exim's own count is not to be relied on.
TEST(DlfuncVerdict, BelievesNoMoreThanEightArguments) {
  std::vector<std::string> words(8, "socket=/nonexistent/s");
  EXPECT_EQ(call(mta_sts_verdict, words, 1000000), temp("bad-argument"));
  EXPECT_EQ(call(mta_sts_verdict, {"a", "socket=/nonexistent/s"}, 8), temp("resolver-unreachable"));
  EXPECT_EQ(call(mta_sts_verdict, {"a"}, 0), temp("bad-argument"));
}

TEST(DlfuncVerdict, AnswersInMemoryOfItsOwn) {
  std::string domain;
  std::array<unsigned char*, 2> argv{reinterpret_cast<unsigned char*>(domain.data()), nullptr};
  unsigned char* first = nullptr;
  unsigned char* second = nullptr;
  mta_sts_verdict(&first, 1, argv.data());
  mta_sts_verdict(&second, 1, argv.data());
  EXPECT_EQ(first, second);  // and not growing with the calls
  EXPECT_NE(first, argv[0]);
}

TEST(DlfuncCert, RefusesWithTextAndAcceptsWithout) {
  EXPECT_EQ(call(mta_sts_cert, {"mx.example", "mx.example"}), "");
  EXPECT_EQ(call(mta_sts_cert, {"mx.a.example", "mx.a.example", "alias=no"}), "");
  EXPECT_NE(call(mta_sts_cert, {"target.example", "mx.a.example", "alias=no"}), "");
  EXPECT_EQ(call(mta_sts_cert, {"target.example", "mx.a.example", "alias=checked"}), "");
  EXPECT_NE(call(mta_sts_cert, {"target.example", "*x.a.example", "alias=checked"}), "");
  EXPECT_NE(call(mta_sts_cert, {"mx.a.example", "mx.b.example"}), "");
  EXPECT_NE(call(mta_sts_cert, {"mx.a.example", ""}), "");
}

TEST(DlfuncCert, RefusesACallThatItDoesNotUnderstand) {
  const std::vector<std::vector<std::string>> calls{{},
                                                    {"mx.a.example"},
                                                    {"mx.a.example", "mx.a.example", "x"},
                                                    {"a", "a", "alias=no", "alias=no"},
                                                    {"a", "a", "mx=a"}};
  for (const auto& words : calls) {
    EXPECT_TRUE(call(mta_sts_cert, words).starts_with("MTA-STS bad-argument")) << words.size();
  }
}

}  // namespace
}  // namespace mta_sts::exim
