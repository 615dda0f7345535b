// Runs files of conformance vectors through the product's code:
//   conformance FILE...
// Each line is {"id", "area", "input", "expect", "why"}; the area says which code. Prints each line that
// fails and "N passed, N failed" last. Exit: 0 all passed, 1 some failed, 2 a file that could not be read or
// no file.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

#include "vectors/reader.hpp"

namespace mta_sts::vectors {
namespace {

struct Totals {
  std::size_t passed = 0;
  std::size_t failed = 0;
  bool is_unreadable = false;
};

std::string shown(const Json& value) {
  return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

void report_failure(const std::string& name, const std::string& what) {
  std::printf("FAIL %s: %s\n", name.c_str(), what.c_str());
}

bool run_line(const std::string& text, const std::string& place) {
  const Json line = Json::parse(text, nullptr, false);
  if (line.is_discarded() || !line.is_object()) {
    report_failure(place, "the line is no JSON object");
    return false;
  }
  const Json id = line.value("id", Json());
  const std::string name = id.is_string() ? id.get<std::string>() : place;
  try {
    expect_keys(line, {"id", "area", "input", "expect", "why"});
    static_cast<void>(text_of(member(line, "id"), "id"));
    const std::string area_name = text_of(member(line, "area"), "area");
    const auto area = std::ranges::find(areas(), area_name, &Area::name);
    if (area == areas().end()) {
      throw BadVector("unknown area " + area_name);
    }
    const Json& expect = member(line, "expect");
    const Outcome outcome = area->run(member(line, "input"), expect);
    if (!outcome.is_as_expected) {
      report_failure(name, "expected " + shown(expect) + ", came " + shown(outcome.came));
    }
    return outcome.is_as_expected;
  } catch (const std::exception& error) {
    report_failure(name, error.what());
    return false;
  }
}

void run_file(const std::string& path, Totals& totals) {
  std::ifstream file(path, std::ios::binary);
  std::size_t number = 0;
  for (std::string text; std::getline(file, text);) {
    ++number;
    ++(run_line(text, path + ":" + std::to_string(number)) ? totals.passed : totals.failed);
  }
  if (!file.eof() || file.bad()) {
    std::fprintf(stderr, "conformance: cannot read %s\n", path.c_str());
    totals.is_unreadable = true;
  } else if (number == 0) {
    report_failure(path, "the file has no lines");
    ++totals.failed;
  }
}

}  // namespace
}  // namespace mta_sts::vectors

int main(int count, char** words) {
  if (count < 2) {
    std::fputs("Usage: conformance FILE...\n", stderr);
    return 2;
  }
  mta_sts::vectors::Totals totals;
  for (int i = 1; i < count; ++i) {
    mta_sts::vectors::run_file(words[i], totals);
  }
  std::printf("%zu passed, %zu failed\n", totals.passed, totals.failed);
  if (totals.is_unreadable) {
    return 2;
  }
  return totals.failed == 0 ? 0 : 1;
}
