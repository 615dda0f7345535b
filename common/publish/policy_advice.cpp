#include "publish/policy_advice.hpp"

#include <algorithm>
#include <array>

#include "policy/meant_field.hpp"
#include "publish/placeholder.hpp"

namespace mta_sts::publish {
namespace {

// The value that people write and that is one typing error away: 604800 for 60480.
std::optional<std::uint64_t> usual_max_age_near(std::uint64_t seconds) {
  constexpr std::array<std::uint64_t, 7> usual{day_seconds, week_seconds, 1209600, 2419200,
                                               2592000,     31536000,     31557600};
  const auto found = std::ranges::find_if(usual, [digits = std::to_string(seconds)](std::uint64_t value) {
    return typing_errors_between(digits, std::to_string(value)) == 1;
  });
  return found == usual.end() ? std::nullopt : std::optional(*found);
}

PolicyAdvice advise_more_than_a_day(std::optional<Mode> mode, std::uint64_t seconds) {
  const auto usual = usual_max_age_near(seconds);
  return {.severity = PolicySeverity::warning,
          .word = "max-age-short",
          .detail = "max_age is under a day, so senders ask for the policy all the time and often have none" +
                    (usual ? "; was " + std::to_string(*usual) + " meant?"
                           : std::string(": give a day (86400) or more, and with enforce a week.")),
          .max_age_seconds = usual.value_or(mode == Mode::enforce ? week_seconds : day_seconds)};
}

}  // namespace

std::optional<PolicyAdvice> advise_max_age(std::optional<Mode> mode, std::uint64_t seconds) {
  if (seconds < day_seconds) {
    return advise_more_than_a_day(mode, seconds);
  }
  if (mode && is_max_age_short(*mode, seconds)) {
    return PolicyAdvice{
        .severity = PolicySeverity::warning,
        .word = "max-age-short",
        .detail =
            "max_age is under a week: mode enforce protects only senders that still keep the policy; "
            "604800 (1w) or more is advised.",
        .max_age_seconds = week_seconds};
  }
  if (mode && is_max_age_long(*mode, seconds)) {  // what is shorter is no mend: it means less
    return PolicyAdvice{
        .severity = PolicySeverity::warning,
        .word = "max-age-long",
        .detail =
            "While testing, a short max_age lets a correction reach senders sooner: give a day (86400)."};
  }
  if (mode == Mode::none && seconds > week_seconds) {
    return PolicyAdvice{
        .severity = PolicySeverity::note,
        .word = "max-age-long",
        .detail = "With mode none nothing is gained by " + std::to_string(seconds / day_seconds) +
                  " days, and the policy may be removed only after them: a day (86400) is enough."};
  }
  return std::nullopt;
}

std::optional<PolicyAdvice> advise_pattern(std::string_view pattern) {
  if (pattern.find('.') == std::string_view::npos && !is_placeholder(pattern)) {
    return PolicyAdvice{.severity = PolicySeverity::warning,
                        .word = "mx-one-label",
                        .detail =
                            "A name of one label is no mail host of the Internet, and with enforce no mail "
                            "arrives: write the host's full name, as the MX record has it."};
  }
  if (!pattern.starts_with("*.") || pattern.find('.', 2) != std::string_view::npos) {
    return std::nullopt;
  }
  return PolicyAdvice{
      .severity = PolicySeverity::warning,
      .word = "wildcard-wide",
      .detail = "This pattern accepts every host under a top-level domain: name the mail hosts instead."};
}

PolicyAdvice advice_of(const MxNote& note, std::string_view pattern) {
  return {.severity = note.kind == MxNoteKind::hosts_missing ? PolicySeverity::note : PolicySeverity::warning,
          .word = to_string(note.kind),
          .detail = std::string(pattern) + " " + describe(note) + ". " + explain(note, pattern)};
}

std::vector<std::string> policy_warnings(const Policy& policy) {
  std::vector<std::string> warnings;
  const auto add = [&](const std::optional<PolicyAdvice>& advice) {
    if (advice && advice->severity == PolicySeverity::warning) {
      warnings.push_back(std::string(advice->word) + ": " + advice->detail);
    }
  };
  // While testing, how long senders keep it is a choice; under a day it is hardly a policy in any mode.
  if (policy.mode == Mode::enforce || policy.max_age_seconds < day_seconds) {
    add(advise_max_age(policy.mode, policy.max_age_seconds));
  }
  if (policy.mode == Mode::none) {
    return warnings;
  }
  for (const std::string& pattern : policy.mx) {
    if (auto advice = advise_pattern(pattern); advice && pattern.find('.') != std::string::npos) {
      advice->detail = pattern + ": " + advice->detail;
      add(advice);
    }
  }
  for (const MxNote& note : find_mx_notes(policy.mx)) {
    const std::string& pattern = policy.mx[note.index];
    if (note.kind != MxNoteKind::placeholder || !is_documentation_name(pattern)) {
      add(advice_of(note, pattern));
    }
  }
  return warnings;
}

}  // namespace mta_sts::publish
