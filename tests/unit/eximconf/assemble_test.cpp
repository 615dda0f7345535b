#include "eximconf/assemble.hpp"

#include <gtest/gtest.h>

namespace mta_sts::eximconf {
namespace {

Derivation marked() {
  Derivation blocks;
  blocks.main_text = "MAIN";
  blocks.routers_text = "ROUTERS";
  blocks.transports_text = "TRANSPORTS";
  return blocks;
}

constexpr std::string_view conditional = R"(a = b
.ifdef X
.ifndef Y
begin acl
c:
  deny message = to write here, \
# in between
begin with a login
.endif
.endif
begin Routers
r:
begin TRANSPORTS
t:
)";

TEST(WithBlocksInFile, PutsTheMainBlockBeforeTheConditionThatHoldsTheFirstSection) {
  EXPECT_EQ(with_blocks_in_file(conditional, marked()), R"(a = b
MAIN
.ifdef X
.ifndef Y
begin acl
c:
  deny message = to write here, \
# in between
begin with a login
.endif
.endif
begin Routers
ROUTERS
r:
begin TRANSPORTS
TRANSPORTS
t:
)");
  EXPECT_EQ(line_of_section(conditional, "", 0), 2U);
  EXPECT_EQ(line_of_section(conditional, "routers", 0), 11U);
  EXPECT_EQ(line_of_section(conditional, "acl", 0), 4U);
  EXPECT_EQ(line_of_section(conditional, "with", 0), 0U);
  EXPECT_EQ(line_of_section(conditional, "", 11), 13U);
}

TEST(WithBlocksInFile, IsNothingWhereASectionIsThereTwiceOrNever) {
  EXPECT_FALSE(with_blocks_in_file("begin routers\nbegin routers\nbegin transports\n", marked()));
  EXPECT_FALSE(with_blocks_in_file("begin routers\n", marked()));
  EXPECT_FALSE(with_blocks_in_file("", marked()));
}

TEST(WithRoutersInFront, PutsThemBehindTheLineThatBeginsTheSection) {
  EXPECT_EQ(with_routers_in_front("begin acl\nbegin  Routers\n  r:\n", "p:\n"),
            "begin acl\nbegin  Routers\np:\n  r:\n");
}

}  // namespace
}  // namespace mta_sts::eximconf
