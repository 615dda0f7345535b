// The owner of a descriptor: closed once, on every way out, and never by somebody who gave it away.
#include "base/descriptor.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace mta_sts {
namespace {

int open_null() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_open(int number) {
  return ::fcntl(number, F_GETFD) >= 0;
}

TEST(Descriptor, ClosesWhatItOwns) {
  const int number = open_null();
  {
    const Descriptor owner(number);
    EXPECT_TRUE(owner.is_open());
    EXPECT_EQ(owner.get(), number);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Descriptor, OwnsNothingWhereTheCallFailed) {
  const Descriptor failed(::open("/dev/null/no", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(failed.is_open());
  EXPECT_FALSE(Descriptor().is_open());
}

TEST(Descriptor, GivesItsNumberAway) {
  const int number = open_null();
  {
    Descriptor owner(number);
    EXPECT_EQ(owner.release(), number);
    EXPECT_FALSE(owner.is_open());
  }
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

TEST(Descriptor, HasOneOwnerAfterAMove) {
  const int first = open_null();
  const int second = open_null();
  Descriptor owner((Descriptor(first)));
  EXPECT_TRUE(is_open(first));
  owner = Descriptor(second);  // closes what it had
  EXPECT_FALSE(is_open(first));
  EXPECT_TRUE(is_open(second));
  owner.reset();
  EXPECT_FALSE(is_open(second));
  EXPECT_FALSE(owner.is_open());
}

}  // namespace
}  // namespace mta_sts
