#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "check/facts.hpp"

namespace mta_sts::check {

/// Gives a file of tests/vectors/check.
[[nodiscard]] std::string read_recording(const std::string& name);

/// Gives the recording of a domain without fault.
[[nodiscard]] nlohmann::json healthy_recording();

/// Gives the lines of cases.jsonl.
[[nodiscard]] std::vector<nlohmann::json> recorded_cases();

/// Reads a recording; fails the test where it is none.
[[nodiscard]] Facts facts_of(const nlohmann::json& document);

}  // namespace mta_sts::check
