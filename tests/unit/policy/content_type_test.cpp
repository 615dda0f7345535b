#include "policy/content_type.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mta_sts {
namespace {

using namespace std::string_view_literals;

void good(std::string_view field) {
  EXPECT_TRUE(is_policy_content_type(std::vector{field})) << field;
}

void bad(std::string_view field) {
  EXPECT_FALSE(is_policy_content_type(std::vector{field})) << field;
  EXPECT_FALSE(is_policy_content_type(std::vector{field}, MissingContentType::accept)) << field;
}

TEST(ContentType, AcceptsTextPlainWithAnyParameters) {  // R69
  good("text/plain");
  good("TEXT/Plain");
  good(" \ttext/plain ");
  good("text/plain;charset=utf-8");
  good("text/plain ;\tcharset=\"utf-8\"");
  good("text/plain;");
  good("text/plain; charset");  // P21: malformed parameters are ignored
  good("text/plain; =;;; \"");
  good("text/plain; a=b,c");                  // a comma, but no second type
  good("text/plain; x=\"a, text/html\"");     // in quotes
  good("text/plain; x=\"\\\", text/html\"");  // in quotes, behind an escaped one
  good("text/plain; x=\"open, text/html");    // quotes that never end
  good("text/plain; x=\"\\");
}

TEST(ContentType, RefusesOtherTypes) {
  bad("");
  bad(" ");
  bad("text/html");
  bad("text/plainer");
  bad("text/plain+json");
  bad("text");
  bad("text/");
  bad("text / plain");
  bad("text/plain charset=utf-8");
  bad("text/plain, text/plain");
  bad("application/octet-stream");
  bad("\"text/plain\"");
  bad("text/plain\0"sv);
  bad("text/plain; x=\0"sv);
  bad("text/plain; x=\r\n");
  bad("text/plain\xC2\xA0");
}

TEST(ContentType, RefusesMoreThanOneField) {  // P21
  EXPECT_FALSE(is_policy_content_type(std::vector{"text/plain"sv, "text/plain"sv}));
  EXPECT_FALSE(is_policy_content_type(std::vector{"text/plain"sv, ""sv}, MissingContentType::accept));
  bad("text/plain; charset=utf-8, text/html");  // two fields that a proxy joined
  bad("text/plain;,text/html;q=1");
}

TEST(ContentType, LeavesAMissingFieldToTheKnob) {  // P4
  EXPECT_FALSE(is_policy_content_type({}));
  EXPECT_TRUE(is_policy_content_type({}, MissingContentType::accept));
}

}  // namespace
}  // namespace mta_sts
