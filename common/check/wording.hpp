#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check/diagnosis.hpp"

/// What the text and the page say in the same words.
namespace mta_sts::check {

/// Gives "1 error", "2 errors".
[[nodiscard]] std::string plural(std::size_t count, std::string_view noun);

/// Gives whole days where they are, else seconds.
[[nodiscard]] std::string duration(std::uint64_t seconds);

/// Gives "60 days left", "less than a day left", "expired" or "not valid yet".
[[nodiscard]] std::string remaining_words(const CertificateDetails& certificate);

/// Gives "by 2026-04-30, 60 days left: renew the certificate of mx.example.com"; foreign text may be in it.
[[nodiscard]] std::string step_words(const Step& step);

/// Gives "mode enforce, max_age 14 days, id 20260101T", or what of it there is.
[[nodiscard]] std::string policy_line(const Diagnosis& diagnosis);

/// Gives "0 errors, 1 warning, 0 notes; 60 checks passed" and what could not be tested.
[[nodiscard]] std::string counts_line(const Diagnosis& diagnosis);

/// Gives what could not be tested, by its reason: foreign text, and behind it the ids of all checks that wait
/// for it.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> untestable_reasons(const Diagnosis& diagnosis);

/// Gives what is to be said of a finding: the check's fault where something was found, else its title.
[[nodiscard]] std::string_view title_of(const Check& check, const CheckFinding& finding);

/// Gives "error", "warning", "note", "ok", "not testable", "skipped" or "not applicable".
[[nodiscard]] std::string_view word_of(const CheckFinding& finding);

/// Gives this case's cause and fix, or the catalogue's; foreign text may be in them.
[[nodiscard]] std::string cause_of(const Check& check, const CheckFinding& finding);
[[nodiscard]] std::string fix_of(const Check& check, const CheckFinding& finding);

/// Gives the lines to copy one by one, views into the finding; empty where there is none. Foreign text may be
/// in them.
[[nodiscard]] std::vector<std::string_view> lines_of(const CheckFinding& finding);

}  // namespace mta_sts::check
