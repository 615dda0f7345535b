#include "base/fault.hpp"

#include <gtest/gtest.h>

namespace mta_sts {
namespace {

TEST(Fault, ReadsWithItsWordFirst) {
  EXPECT_EQ(to_line({"socket-in-use", "/run/x: another process listens there"}),
            "socket-in-use: /run/x: another process listens there");
}

TEST(Fault, KeepsTheWordApart) {
  const Fault fault{"tls13-only", "a: b"};
  EXPECT_EQ(fault.word.text(), "tls13-only");
  EXPECT_EQ(fault.detail, "a: b");
}

}  // namespace
}  // namespace mta_sts
