#!/usr/bin/env bash
# RapidJSON 1.1.0: kParseNumbersAsStringsFlag hands numbers over as they are written, but refuses those that no double holds.
#
# RFC 8259 section 6 lets a number have any size, and a reader that asks for numbers as text decides itself what it takes: a
# count, a decimal for an arbitrary-precision type. RapidJSON still computes the double and ends the whole parsing with
# kParseErrorNumberTooBig (13), at 1e309 and at an integer of 310 digits, also in members that the reader skips. Tiny numbers
# (1e-400) pass as text. One such number in a document makes all of it unreadable: the reader has to replace it and begin again.
# Seen with Debian 12's package:
#   [1e308]: text 1e308
#   [1e309]: error 13
#   [1e-400]: text 1e-400
#   308 digits: text of 308 bytes
#   310 digits: error 13
set -euo pipefail
version=1.1.0+dfsg2-7.1
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
apt-get -qq -o APT::Sandbox::User=root download "rapidjson-dev=$version"
dpkg-deb -x rapidjson-dev_*.deb root
cat >numbers.cpp <<'CPP'
#include <rapidjson/reader.h>

#include <iostream>
#include <string>

struct Texts : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Texts> {
  std::string text;
  bool RawNumber(const char* number, rapidjson::SizeType length, bool) {
    text.assign(number, length);
    return true;
  }
};

void parse(const std::string& name, const std::string& json, bool is_long) {
  Texts texts;
  rapidjson::StringStream stream(json.c_str());
  rapidjson::Reader reader;
  const auto result = reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, texts);
  std::cout << name << ": ";
  if (result.IsError()) {
    std::cout << "error " << result.Code() << "\n";
  } else if (is_long) {
    std::cout << "text of " << texts.text.size() << " bytes\n";
  } else {
    std::cout << "text " << texts.text << "\n";
  }
}

int main() {
  for (const char* json : {"[1e308]", "[1e309]", "[1e-400]"}) {
    parse(json, json, false);
  }
  for (const int digits : {308, 310}) {
    parse(std::to_string(digits) + " digits", "[" + std::string(digits, '1') + "]", true);
  }
}
CPP
g++ -std=c++17 -isystem root/usr/include numbers.cpp -o numbers
seen=$(./numbers)
printf 'RapidJSON %s\n%s\n' "$version" "$seen"
[ "$seen" = "[1e308]: text 1e308
[1e309]: error 13
[1e-400]: text 1e-400
308 digits: text of 308 bytes
310 digits: error 13" ]
