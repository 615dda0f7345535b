#include "tlsrpt/read/json_parser.hpp"

#include <gtest/gtest.h>

#include "tlsrpt/model/words.hpp"

namespace mta_sts::tlsrpt {
namespace {

// Writes down what it is told.
class Transcript final : public JsonEvents {
 public:
  bool literal(std::string_view written) override { return add(written); }
  bool string(std::string_view text, bool is_plain) override {
    return add((is_plain ? "'" : "\"") + std::string(text) + (is_plain ? "'" : "\""));
  }
  bool key(std::string_view name) override { return add(std::string(name) + ":"); }
  bool open(char bracket) override { return add(std::string_view(&bracket, 1)); }
  bool close(char bracket) override { return add(std::string_view(&bracket, 1)); }

  std::string told;

 private:
  bool add(std::string_view word) {
    told += (told.empty() ? "" : " ") + std::string(word);
    return word != "stop:";
  }
};

void good(std::string_view text, std::string_view told, std::size_t left = 0) {
  Transcript transcript;
  JsonParser parser(text, transcript);
  EXPECT_EQ(parser.parse(), JsonEnd::whole) << text;
  EXPECT_EQ(transcript.told, told);
  EXPECT_EQ(text.size() - parser.offset(), left) << text;
}

void bad(std::string_view text, JsonEnd end = JsonEnd::syntax) {
  Transcript transcript;
  EXPECT_EQ(JsonParser(text, transcript).parse(), end) << text;
}

TEST(JsonParser, TellsWhatATextIsMadeOf) {
  good(R"({"a":1,"b":[true,false,null],"c":{}})", "{ a: 1 b: [ true false null ] c: { } }");
  good(" \t\r\n[ ] ", "[ ]", 1);
  good("[1]garbage", "[ 1 ]", 7);  // what follows is not its business
  good("42", "42");
  good(R"("")", "''");
}

TEST(JsonParser, TakesEveryNumber) {
  for (const char* number :
       {"0", "-0", "1", "-12", "1.5", "0.0", "1e5", "1E+5", "1.25e-7", "18446744073709551616", "1e999"}) {
    good("[" + std::string(number) + "]", "[ " + std::string(number) + " ]");
  }
  for (const char* number :
       {"+1", "01", "-", ".5", "1.", "1e", "1e+", "- 1", "0x1", "1.e1", "NaN", "Infinity"}) {
    bad("[" + std::string(number) + "]");
  }
}

TEST(JsonParser, DecodesStrings) {
  good(R"(["a\"\\\/\b\f\n\r\t"])", "[ \"a\"\\/\b\f\n\r\t\" ]");
  good(R"(["\u0041\u00e9\u20AC\ud83d\ude00"])", "[ \"A\u00E9\u20AC\U0001F600\" ]");
  good("[\"\u00E9\"]", "[ \"\u00E9\" ]");
  good("[\"\x7F\"]", "[ \"\x7F\" ]");  // a control all the same: not plain
  for (const char* text : {R"(["\x"])", R"(["\u12"])", R"(["\u12g4"])", "[\"a\nb\"]", "[\"\\a\"]"}) {
    bad(text);
  }
}

TEST(JsonParser, MendsHalvesOfPairs) {
  for (const char* text : {R"(["\ud800"])", R"(["\udc00"])", R"(["\ud800x"])"}) {
    Transcript transcript;
    JsonParser parser(text, transcript);
    EXPECT_EQ(parser.parse(), JsonEnd::whole);
    EXPECT_TRUE(parser.has_lone_surrogate()) << text;
  }
  good(R"(["\ud800\ud83d\ude00"])", "[ \"\uFFFD\U0001F600\" ]");
}

TEST(JsonParser, RefusesWhatIsNoJson) {
  for (const char* text : {"[,]", "[1,]", "[1 2]", "{,}", R"({"a"})", R"({"a":})", R"({"a":1,})", "{a:1}",
                           "{1:1}", "[}", "{]", "tru]", "[nul]", "]", "}", ":", "'a'", "// x"}) {
    bad(text);
  }
}

TEST(JsonParser, KnowsATextThatIsCutShort) {
  for (const char* text : {"", " ", "[", "[1", "[1,", "{", R"({"a)", R"({"a")", R"({"a":)", R"(["\)",
                           R"(["\u12)", "[tr", "-", "[1."}) {
    bad(text, JsonEnd::cut_short);
  }
}

TEST(JsonParser, BoundsTheDepth) {
  good(std::string(json_depth_limit, '[') + std::string(json_depth_limit, ']'), [] {
    std::string told;
    for (std::size_t i = 0; i < 2 * json_depth_limit; ++i) {
      told += std::string(i == 0 ? "" : " ") + (i < json_depth_limit ? "[" : "]");
    }
    return told;
  }());
  bad(std::string(json_depth_limit + 1, '['), JsonEnd::too_deep);
}

TEST(JsonParser, StopsWhereItIsTold) {
  bad(R"({"stop":1})", JsonEnd::stopped);
}

}  // namespace
}  // namespace mta_sts::tlsrpt
