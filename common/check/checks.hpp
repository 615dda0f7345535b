#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "check/facts.hpp"

namespace mta_sts::check {

/// error: mail is refused or the policy is without effect; warning: works today, will fail or weakens; note.
enum class Severity : std::uint8_t { error, warning, note };

[[nodiscard]] std::string_view to_string(Severity severity);

/// What came of a check. not_testable is never ok: the reason names the missing condition.
enum class Outcome : std::uint8_t { ok, found, not_testable, skipped, not_applicable };

[[nodiscard]] std::string_view to_string(Outcome outcome);

/// One judgement of one check, on one thing (a domain, an address, an MX host).
struct CheckFinding {
  Outcome outcome = Outcome::ok;
  Severity severity = Severity::error;  ///< with found
  std::string subject{};                ///< "mx2.example.com [192.0.2.7]"; empty: the domain
  std::string evidence{};               ///< what was seen, in the bytes seen
  std::string cause{};                  ///< with found: this case's cause in one line; empty: the catalogue's
  std::string fix{};   ///< with found: the line to publish or do here; empty: the catalogue's
  std::string line{};  ///< with found: the line to publish, alone, as it is to be copied, or several with LF
                       ///< between; empty: there is none
  int because_of = 0;  ///< with skipped: the check that this one waits for
};

/// The facts with what the product's own parsers read from them once, shared by all checks.
struct Case;

/// One entry of the catalogue.
struct Check {
  int number = 0;                       ///< 12 is C12
  std::string_view title;               ///< what holds where it is ok
  std::string_view fault = {};          ///< what is said where it found something; empty: the title fits both
  Severity severity = Severity::error;  ///< the worst it can find
  std::string_view how;
  std::string_view cause;
  std::string_view fix;
  std::string_view source;       ///< "RFC 8461 section 3.1"
  std::string_view rows;         ///< rows of the troubleshooting guide, "4, 5"
  std::string_view explanation;  ///< the long text of --explain
  std::vector<CheckFinding> (*judge)(const Case&) = nullptr;
};

/// The whole catalogue, C01 to C74, in order; the entries live as long as the program.
[[nodiscard]] std::vector<const Check*> catalogue();

struct Judgement {
  const Check* check = nullptr;
  std::vector<CheckFinding> findings;
};

/// Judges the facts by every check, in order. Pure: the same facts give the same judgements.
[[nodiscard]] std::vector<Judgement> judge(const Facts& facts);

}  // namespace mta_sts::check
