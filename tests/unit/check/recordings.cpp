#include "recordings.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "check/facts_json.hpp"

namespace mta_sts::check {

using Json = nlohmann::json;

std::string read_recording(const std::string& name) {
  std::ifstream file(std::string(MTA_STS_SOURCE_DIR) + "/tests/vectors/check/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

Json healthy_recording() {
  return Json::parse(read_recording("healthy.json"));
}

std::vector<Json> recorded_cases() {
  std::istringstream lines(read_recording("cases.jsonl"));
  std::vector<Json> cases;
  for (std::string line; std::getline(lines, line);) {
    cases.push_back(Json::parse(line));
  }
  return cases;
}

Facts facts_of(const Json& document) {
  const auto facts = parse_facts(document.dump());
  EXPECT_TRUE(facts) << facts.error().detail;
  return facts.value_or(Facts{});
}

}  // namespace mta_sts::check
