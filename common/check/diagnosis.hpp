#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/paint.hpp"
#include "check/areas.hpp"
#include "check/case.hpp"
#include "check/checks.hpp"
#include "check/details.hpp"
#include "check/forecast.hpp"
#include "check/timeline.hpp"

namespace mta_sts::check {

/// A judged domain, ready to be shown.
struct Diagnosis {
  std::string domain;        ///< A-labels
  std::string shown_domain;  ///< U-labels where the name has them, else as `domain`
  std::string mode;          ///< "enforce", "testing", "none"; empty without a policy
  std::string id;
  std::uint64_t max_age_seconds = 0;
  Forecast forecast;
  std::vector<Judgement> judgements;
  std::vector<AreaStatus> areas;
  Details details;
  std::vector<Step> next;

  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::size_t notes = 0;
  std::size_t passed = 0;        ///< checks with nothing found
  std::size_t not_testable = 0;  ///< checks with something that could not be tested
  std::size_t skipped = 0;
};

/// Judges the facts and counts. `shown_domain` is what people read.
[[nodiscard]] Diagnosis diagnose(const Facts& facts, std::string shown_domain);

/// Gives the diagnosis for a terminal: the verdict, then what is not fine, each with what was seen, why, the
/// fix and its C-number; with `all` every check. Foreign text is made safe to show.
[[nodiscard]] std::string render_text(const Diagnosis& diagnosis, bool all, const Paint& paint);

/// Gives the diagnosis as one JSON object, the schema of docs/checks.md.
[[nodiscard]] std::string render_json(const Diagnosis& diagnosis);

/// Gives one check's long text for `--explain`.
[[nodiscard]] std::string render_explanation(const Check& check, const Paint& paint);

/// Gives docs/checks.md's table of the catalogue in Markdown.
[[nodiscard]] std::string render_catalogue();

/// Gives "C07".
[[nodiscard]] std::string id_of(int number);

}  // namespace mta_sts::check
