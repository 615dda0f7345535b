#include "resolver/netstring.hpp"

#include <gtest/gtest.h>

namespace mta_sts::resolver {
namespace {

constexpr std::size_t limit = 1024;

void whole(std::string_view input, std::string_view payload, std::size_t taken) {
  const NetstringFront front = read_netstring(input, limit);
  EXPECT_EQ(front.state, NetstringState::whole) << input;
  EXPECT_EQ(front.payload, payload) << input;
  EXPECT_EQ(front.taken, taken) << input;
}

void ends_as(std::string_view input, NetstringState state) {
  EXPECT_EQ(read_netstring(input, limit).state, state) << input;
}

TEST(Netstring, ReadsTheFirstOfWhatIsThere) {
  whole("5:hello,", "hello", 8);
  whole("0:,", "", 3);
  whole("5:hello,3:abc,", "hello", 8);
  whole("3:,,,,", ",,,", 6);  // the length decides, not the comma
  whole("10:0123456789,", "0123456789", 14);
  whole("1024:" + std::string(1024, 'a') + ",", std::string(1024, 'a'), 1030);
  whole(std::string_view("3:\0\n\xff,", 6), std::string_view("\0\n\xff", 3), 6);
}

TEST(Netstring, WaitsForTheRest) {
  for (const std::string_view input : {"", "5", "5:", "5:hel", "5:hello", "1024", "1024:"}) {
    ends_as(input, NetstringState::incomplete);
  }
}

TEST(Netstring, RefusesAWrongLength) {
  ends_as("5:hello!", NetstringState::malformed);  // longer than it says
  ends_as("4:hello,", NetstringState::malformed);
  ends_as(":a,", NetstringState::malformed);        // no length
  ends_as("05:hello,", NetstringState::malformed);  // a leading zero
  ends_as("00:,", NetstringState::malformed);
  ends_as("-5:hello,", NetstringState::malformed);
  ends_as("+5:hello,", NetstringState::malformed);
  ends_as(" 5:hello,", NetstringState::malformed);
  ends_as("5 :hello,", NetstringState::malformed);
  ends_as("5a:hello,", NetstringState::malformed);
  ends_as("0x5:hello,", NetstringState::malformed);
  ends_as("GET / HTTP/1.1\r\n", NetstringState::malformed);
  ends_as("verdict example.com\n", NetstringState::malformed);
}

TEST(Netstring, RefusesWhatIsTooLongBeforeItComes) {
  ends_as("1025:", NetstringState::too_long);
  ends_as("1025", NetstringState::too_long);
  ends_as("99999999999999999999999999999999", NetstringState::too_long);
  ends_as("18446744073709551621:hello,", NetstringState::too_long);  // 2^64 + 5
}

TEST(Netstring, WritesWhatItReads) {
  const std::string payload(300, 'x');
  for (const std::string_view text : {std::string_view(), std::string_view("a"), std::string_view(payload)}) {
    const std::string written = to_netstring(text);
    whole(written, text, written.size());
  }
}

}  // namespace
}  // namespace mta_sts::resolver
