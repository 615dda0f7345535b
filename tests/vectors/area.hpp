#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string_view>

namespace mta_sts::vectors {

using Json = nlohmann::json;

/// What a line of vectors came to: what the product gave, and whether that is what the line expects.
struct Outcome {
  bool is_as_expected = false;
  Json came;
};

/// The line is no vector of its area: an unknown key or word, or a value of another type. It counts as
/// failed.
struct BadVector : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Runs one line through the product's code. Throws BadVector.
using Run = Outcome (*)(const Json& input, const Json& expect);

struct Area {
  std::string_view name;
  Run run;
};

/// Gives every area that this program knows (areas.cpp has the table: a new area adds a row there, a
/// declaration here, and a source file of its own).
[[nodiscard]] std::span<const Area> areas();

Outcome run_cache(const Json& input, const Json& expect);
Outcome run_certname(const Json& input, const Json& expect);
Outcome run_contenttype(const Json& input, const Json& expect);
Outcome run_fetch(const Json& input, const Json& expect);
Outcome run_idgen(const Json& input, const Json& expect);
Outcome run_mxmatch(const Json& input, const Json& expect);
Outcome run_policy(const Json& input, const Json& expect);
Outcome run_tlsrpt_record(const Json& input, const Json& expect);
Outcome run_txt(const Json& input, const Json& expect);
Outcome run_verdict(const Json& input, const Json& expect);

}  // namespace mta_sts::vectors
