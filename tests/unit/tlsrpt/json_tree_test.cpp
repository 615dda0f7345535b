#include "tlsrpt/read/json_tree.hpp"

#include <gtest/gtest.h>

namespace mta_sts::tlsrpt {
namespace {

struct Parsed {
  std::expected<JsonTree, Problem> tree;
  QuirkSet quirks;
  std::size_t length = 0;
};

Parsed parse(std::string_view text) {
  QuirkSet quirks;
  std::size_t length = 0;
  auto tree = JsonTree::parse(text, quirks, length);
  return {.tree = std::move(tree), .quirks = quirks, .length = length};
}

std::string told(const JsonTree& tree, JsonTree::Node node) {
  using enum JsonTree::Kind;
  switch (tree.kind(node)) {
    case null:
      return "null";
    case boolean:
      return "boolean";
    case number:
      return std::string(tree.text(node));
    case string:
      return "'" + std::string(tree.text(node)) + "'";
    default:
      break;
  }
  const bool is_array = tree.kind(node) == array;
  std::string text = is_array ? "[" : "{";
  for (auto child = tree.first(node); child != JsonTree::no_node; child = tree.next(child)) {
    text += (text.size() > 1 ? " " : "") + told(tree, child);
  }
  return text + (is_array ? "]" : "}");
}

void good(std::string_view text, std::string_view expected, std::size_t left = 0) {
  const Parsed parsed = parse(text);
  ASSERT_TRUE(parsed.tree) << text << ": " << parsed.tree.error().detail;
  EXPECT_EQ(told(*parsed.tree, 0), expected) << text;
  EXPECT_EQ(text.size() - parsed.length, left) << text;
}

void bad(std::string_view text, std::string_view why) {
  const Parsed parsed = parse(text);
  ASSERT_FALSE(parsed.tree) << text;
  EXPECT_TRUE(parsed.tree.error().detail.contains(why)) << text << ": " << parsed.tree.error().detail;
}

TEST(JsonTree, HoldsWhatATextIsMadeOf) {
  good(R"({"policies":1,"policy":[true,false,null],"summary":{}})", "{1 [boolean boolean null] {}}");
  good(" \t\r\n[ ] ", "[]", 1);
  good("[1]garbage", "[1]", 7);  // what follows is not its business
  good("42", "42");
  good(R"("")", "''");
}

TEST(JsonTree, LeavesOutWhatIsBehindUnknownKeys) {
  good(R"({"x":1,"policy":2,"y":{"policy":3},"z":[{"policy":[4]}]})", "{2}");
}

TEST(JsonTree, TakesEveryNumber) {
  for (const char* number :
       {"0", "-0", "1", "-12", "1.5", "0.0", "1e5", "1E+5", "1.25e-7", "18446744073709551616"}) {
    good("[" + std::string(number) + "]", "[" + std::string(number) + "]");
  }
  for (const char* number : {"+1", "01", "-", ".5", "1.", "1e", "1e+", "- 1", "0x1", "1.e1", "NaN",
                             "Infinity", "-Infinity", "inf"}) {
    bad("[" + std::string(number) + "]", "syntax error");
  }
}

TEST(JsonTree, MakesMinusOneOfNumbersBeyondAnyDouble) {
  good("[1e999,2]", "[-1 2]");
  good("[-1.5E+999,1e400]", "[-1 -1]");
  good("[" + std::string(400, '9') + "]", "[-1]");
  std::string many = "[1e400";
  for (int i = 0; i < 100; ++i) {
    many += ",1e400";
  }
  bad(many + "]", "syntax error");  // each costs a pass
}

TEST(JsonTree, DecodesStrings) {
  good(R"(["a\"\\\/\b\f\n\r\t"])", "['a\"\\/\b\f\n\r\t']");
  good(R"(["\u0041\u00e9\u20AC\ud83d\ude00"])", "['A\u00E9\u20AC\U0001F600']");
  good("[\"\u00E9\"]", "['\u00E9']");
  for (const char* text : {R"(["\x"])", R"(["\u12"])", R"(["\u12g4"])", "[\"a\nb\"]", "[\"\\a\"]"}) {
    bad(text, "syntax error");
  }
}

TEST(JsonTree, NamesControlsInStrings) {
  EXPECT_TRUE(parse("[\"\x7F\"]").quirks.contains(Quirk::ctrl));
  EXPECT_TRUE(parse(R"(["\u0000"])").quirks.contains(Quirk::ctrl));
  EXPECT_FALSE(parse(R"(["plain", "b\u00fccher"])").quirks.contains(Quirk::ctrl));
}

TEST(JsonTree, MendsHalvesOfPairs) {
  for (const char* text : {R"(["\ud800"])", R"(["\udc00"])", R"(["\uD800x"])", R"(["\ud800\n"])"}) {
    const Parsed parsed = parse(text);
    EXPECT_TRUE(parsed.tree) << text;
    EXPECT_TRUE(parsed.quirks.contains(Quirk::utf8)) << text;
  }
  good(R"(["\ud800\ud83d\ude00"])", "['\uFFFD\U0001F600']");
  good(R"(["\\ud800"])", R"(['\ud800'])");  // a backslash, and no escape behind it
  EXPECT_FALSE(parse(R"(["\\ud800"])").quirks.contains(Quirk::utf8));
}

TEST(JsonTree, RefusesWhatIsNoJson) {
  for (const char* text : {"[,]", "[1,]", "[1 2]", "{,}", R"({"a"})", R"({"a":})", R"({"a":1,})", "{a:1}",
                           "{1:1}", "[}", "{]", "tru]", "[nul]", "]", "}", ":", "'a'", "// x", "[/**/]"}) {
    bad(text, "syntax error");
  }
  bad(std::string_view("[1,\0 2]", 7), "syntax error at byte 4");
}

TEST(JsonTree, KnowsATextThatIsCutShort) {
  for (const char* text : {"", " ", "[", "[1", "[1,", "{", R"({"a)", R"({"a")", R"({"a":)", R"(["\)",
                           R"(["\u12)", "[tr", "-", "[1."}) {
    bad(text, "ends too early");
  }
}

TEST(JsonTree, BoundsTheDepth) {
  good(std::string(json_depth_limit, '[') + std::string(json_depth_limit, ']'),
       std::string(json_depth_limit, '[') + std::string(json_depth_limit, ']'));
  bad(std::string(json_depth_limit + 1, '['), "nested");
}

}  // namespace
}  // namespace mta_sts::tlsrpt
