#include "imap/response.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mta_sts::imap {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

Fetched fetched(std::string text, std::vector<std::string> literals = {}) {
  Response response{.text = std::move(text), .literals = std::move(literals)};
  return take_fetched(response).value_or(Fetched{});
}

bool is_broken(std::string text, std::vector<std::string> literals = {}) {
  Response response{.text = std::move(text), .literals = std::move(literals)};
  return !take_fetched(response);
}

TEST(ImapResponse, FindsTheLengthOfALiteral) {
  EXPECT_THAT(announced_literal("* 1 FETCH (BODY[] {5}"), Optional(5U));
  EXPECT_FALSE(announced_literal("* 1 FETCH (BODY[] {5} "));  // not at the end
  EXPECT_FALSE(announced_literal("{}"));                      // no number
  EXPECT_FALSE(announced_literal("5}"));                      // no beginning
  EXPECT_FALSE(announced_literal("{99999999999999999999}"));  // over any number
  EXPECT_FALSE(announced_literal("{-1}"));                    // a sign
  EXPECT_THAT(announced_literal("{4294967296}"),
              Optional(4294967296U));  // larger than is ever read, but told
}

TEST(ImapResponse, ReadsAStatusWithItsCode) {
  const auto status = parse_status("NO [TRYCREATE] no such mailbox");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->kind, Status::Kind::no);
  EXPECT_EQ(status->code, "trycreate");
  EXPECT_EQ(status->text, "no such mailbox");
  EXPECT_EQ(parse_status("OK [UIDVALIDITY 7] x")->arguments, "7");
  EXPECT_EQ(parse_status("ok done")->kind, Status::Kind::ok);
  EXPECT_EQ(parse_status("BYE")->kind, Status::Kind::bye);
}

TEST(ImapResponse, RefusesWhatIsNoStatus) {
  EXPECT_FALSE(parse_status(""));
  EXPECT_FALSE(parse_status("FINE done"));
  EXPECT_FALSE(parse_status("OKAY"));
  EXPECT_FALSE(parse_status("OK [CODE without end"));
}

TEST(ImapResponse, ReadsWhatIsFetchedInAnyOrder) {
  EXPECT_EQ(fetched("* 12 FETCH (UID 5 RFC822.SIZE 1234)").uid, 5U);
  EXPECT_THAT(fetched("* 12 FETCH (UID 5 RFC822.SIZE 1234)").size, Optional(1234U));
  EXPECT_THAT(fetched("* 1 FETCH (UID 5 BODY[] {3}\n)", {"abc"}).body, Optional(std::string("abc")));
  EXPECT_EQ(fetched("* 1 FETCH (BODY[] {3}\n UID 6 FLAGS (\\Seen $X))", {"abc"}).uid, 6U);
  EXPECT_THAT(fetched("* 1 fetch (uid 5 body[] \"a\\\"b\")").body, Optional(std::string("a\"b")));
  EXPECT_THAT(fetched("* 1 FETCH (UID 5 X {1}\n BODY[] {2}\n)", {"1", "22"}).body,
              Optional(std::string("22")));
  EXPECT_EQ(fetched("* 1 FETCH (UID 5 BODY[] NIL)").uid, 5U);
  EXPECT_TRUE(fetched("* 1 FETCH (UID 5 BODY[] NIL)").is_without_body);
  EXPECT_FALSE(fetched("* 1 FETCH (UID 5 BODY[] NIL)").body);
  EXPECT_THAT(fetched("* 1 FETCH (UID 5 BODY[] \"\")").body, Optional(std::string()));
}

TEST(ImapResponse, RefusesABrokenFetch) {
  EXPECT_TRUE(is_broken("* 1 FETCH"));
  EXPECT_TRUE(is_broken("* 1 FETCH ()"));
  EXPECT_TRUE(is_broken("* 1 FETCH (UID x)"));
  EXPECT_TRUE(is_broken("* 1 FETCH (UID 4294967296)"));             // over 32 bits
  EXPECT_TRUE(is_broken("* 1 FETCH (UID 5"));                       // no end
  EXPECT_TRUE(is_broken("* 1 FETCH (UID 5) more"));                 // something behind it
  EXPECT_TRUE(is_broken("* 1 FETCH (BODY[] {3}\n)"));               // a literal that did not come
  EXPECT_TRUE(is_broken("* 1 FETCH (BODY[] \"abc)"));               // a quotation without an end
  EXPECT_TRUE(is_broken("* 1 FETCH (X " + std::string(100, '(')));  // lists in lists
}

TEST(ImapResponse, ReadsASearch) {
  EXPECT_THAT(parse_search("* SEARCH 2 3 5"), Optional(ElementsAre(2, 3, 5)));
  EXPECT_THAT(parse_search("* search"), Optional(IsEmpty()));
  EXPECT_THAT(parse_search("* SEARCH "), Optional(IsEmpty()));
  EXPECT_FALSE(parse_search("* SEARCH 2 x"));
  EXPECT_FALSE(parse_search("* SEARCH 0"));
  EXPECT_FALSE(parse_search("* SEARCH 4294967296"));
  EXPECT_FALSE(parse_search("* SEARCHING"));
}

TEST(ImapResponse, ReadsCounts) {
  EXPECT_THAT(parse_numbered("* 12 EXISTS", "EXISTS"), Optional(12U));
  EXPECT_FALSE(parse_numbered("* 12 EXISTS more", "EXISTS"));
  EXPECT_FALSE(parse_numbered("* EXISTS", "EXISTS"));
}

TEST(ImapResponse, WritesSetsAndQuotations) {
  EXPECT_EQ(render_set({1, 2, 3, 5, 7, 8}), "1:3,5,7:8");
  EXPECT_EQ(render_set({4}), "4");
  EXPECT_EQ(quote("a\"b\\c"), "\"a\\\"b\\\\c\"");
}

}  // namespace
}  // namespace mta_sts::imap
