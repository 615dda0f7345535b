#include "publish/policy_warnings.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/ascii.hpp"
#include "base/number.hpp"
#include "base/sort_stably.hpp"
#include "base/utf8.hpp"
#include "policy/meant_field.hpp"
#include "policy/meant_value.hpp"
#include "policy/parse_policy.hpp"
#include "publish/mx_notes.hpp"
#include "publish/policy_advice.hpp"

namespace mta_sts::publish {
namespace {

bool is_known(std::string_view name) {
  return name == "version" || name == "mode" || name == "max_age" || name == "mx";
}

// A field as senders read it; views into the line.
struct Field {
  const PolicyTextLine* line = nullptr;
  std::string_view name;
  std::string_view value;
};

class WarningSearch {
 public:
  explicit WarningSearch(std::span<const PolicyTextLine> lines) {
    for (const PolicyTextLine& line : lines) {
      const std::size_t colon = line.text.find(':');
      if (colon != std::string::npos) {
        const std::string_view text = line.text;
        fields_.push_back(
            {&line, ascii::trim_blanks(text.substr(0, colon)), ascii::trim_blanks(text.substr(colon + 1))});
        first_of_.try_emplace(fields_.back().name, &fields_.back() - fields_.data());
      }
    }
    if (const Field* mode = first("mode")) {
      mode_ = parse_mode(mode->value);
    }
  }

  std::vector<PolicyFinding> run() {
    for (const Field& field : fields_) {
      if (field.name == "mx") {
        look_at_mx(field);
      } else if (first(field.name) != &field) {
        look_at_repeated(field);
      } else if (field.name == "max_age") {
        look_at_max_age(field);
      } else if (!is_known(field.name)) {
        look_at_extension(field);
      }
    }
    if (mode_ != Mode::none) {
      look_at_patterns();
    }
    sort_stably(findings_, [](const PolicyFinding& finding) { return finding.where.line; });
    return std::move(findings_);
  }

 private:
  [[nodiscard]] const Field* first(std::string_view name) const {
    const auto found = first_of_.find(name);
    return found == first_of_.end() ? nullptr : &fields_[static_cast<std::size_t>(found->second)];
  }

  PolicyFinding* add(const Field& field, PolicySeverity severity, std::string_view word, std::string detail) {
    if (findings_.size() >= policy_warnings_limit) {
      return nullptr;
    }
    findings_.push_back({.severity = severity,
                         .word = std::string(word),
                         .where = {field.line->number, column_of(field)},
                         .is_of_file = false,
                         .source = "RFC 8461 section 3.2",
                         .detail = std::move(detail),
                         .line = field.line->original,
                         .mend = {},
                         .needs_author = false});
    return &findings_.back();
  }

  // The value's column; its line may have been mended.
  static std::size_t column_of(const Field& field) {
    const PolicyTextLine& line = *field.line;
    const std::string_view value = line.is_part ? std::string_view() : read_loosely(line.original).value;
    const std::ptrdiff_t column = value.empty() ? field.value.data() - line.text.data() + 1 + line.shift
                                                : value.data() - line.original.data() + 1;
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(column, 1));
  }

  static void mend(PolicyFinding* finding, const Field& field, std::string text, bool is_advice) {
    if (finding != nullptr && !field.line->is_part) {
      finding->mend = PolicyMend{.action = text.empty() ? MendAction::remove : MendAction::replace,
                                 .line = field.line->number,
                                 .count = 1,
                                 .text = std::move(text),
                                 .is_advice = is_advice};
    }
  }

  static void leave_to_author(PolicyFinding* finding) {
    if (finding != nullptr) {
      finding->needs_author = true;
    }
  }

  void look_at_repeated(const Field& field) {
    const std::string_view counted = first(field.name)->value;
    const auto meant = meant_line(field.name, field.value);
    if (field.value == counted || (meant && meant == meant_line(field.name, counted))) {
      mend(add(field, PolicySeverity::warning, "field-repeated",
               "This field stands here for the second time: remove this line."),
           field, "", false);
      return;
    }
    PolicyFinding* finding = add(field, PolicySeverity::warning, "field-repeated",
                                 "Senders read the first line of this name alone, and this one says "
                                 "something else: remove one of the two.");
    if (is_known(field.name)) {
      leave_to_author(finding);
    }
  }

  // An error stands at a misspelt field that is missing. This one is there too, or is an mx among others.
  void look_at_extension(const Field& field) {
    const std::string_view meant = near_field(field.name);
    if (meant.empty()) {
      add(field, PolicySeverity::note, "field-unknown",
          "Senders ignore the field " + text::quote_for_display(field.name) +
              ", which RFC 8461 does not define.");
      return;
    }
    PolicyFinding* finding =
        add(field, PolicySeverity::warning, "field-misspelt",
            "Senders ignore a field of this name: was \"" + std::string(meant) + "\" meant?");
    const auto line = meant_line(meant, field.value);
    const Field* known = first(meant);
    if (line && (meant == "mx" || known == nullptr)) {
      mend(finding, field, *line, false);
    } else if (line && known != nullptr && *line == known->line->text) {
      mend(finding, field, "", false);
    } else {
      leave_to_author(finding);
    }
  }

  void look_at_mx(const Field& field) {
    if (mode_ == Mode::none && !has_mx_) {
      add(field, PolicySeverity::note, "mx-with-none",
          "With mode none no sender looks at the mx lines: they may go.");
    }
    has_mx_ = true;
    if (!is_mx_pattern(field.value, Reading::strict)) {
      return;
    }
    const std::string pattern = ascii::to_lower(field.value);
    if (!seen_.insert(pattern).second) {
      mend(add(field, PolicySeverity::warning, "mx-repeated",
               "This pattern stands here for the second time: remove this line."),
           field, "", false);
    }
    if (const auto advice = advise_pattern(pattern)) {
      add(field, advice->severity, advice->word, advice->detail);
    }
    patterns_.push_back(pattern);
    pattern_fields_.push_back(&field);
  }

  void look_at_max_age(const Field& field) {
    const auto seconds = text::parse_decimal(field.value, max_age_limit_seconds);
    if (!seconds) {
      return;
    }
    const auto advice = advise_max_age(mode_, *seconds);
    if (!advice) {
      return;
    }
    PolicyFinding* finding = add(field, advice->severity, advice->word, advice->detail);
    if (advice->max_age_seconds) {
      mend(finding, field, "max_age: " + std::to_string(*advice->max_age_seconds), true);
    }
  }

  void look_at_patterns() {
    for (const MxNote& note : find_mx_notes(patterns_)) {
      const Field& field = *pattern_fields_[note.index];
      const PolicyAdvice advice = advice_of(note, patterns_[note.index]);
      PolicyFinding* finding = add(field, advice.severity, advice.word, advice.detail);
      if (finding == nullptr) {
        return;
      }
      finding->source = "RFC 8461 section 4.1";
      finding->needs_author = note.kind == MxNoteKind::placeholder;
      if (note.patterns) {
        mend(finding, field, lines_of_patterns(*note.patterns), true);
      }
    }
  }

  static std::string lines_of_patterns(std::span<const std::string> patterns) {
    std::string lines;
    for (const std::string& pattern : patterns) {
      lines += (lines.empty() ? "mx: " : "\nmx: ") + pattern;
    }
    return lines;
  }

  std::vector<Field> fields_;
  std::map<std::string_view, std::ptrdiff_t> first_of_;
  std::optional<Mode> mode_;
  bool has_mx_ = false;
  std::set<std::string> seen_;
  std::vector<std::string> patterns_;
  std::vector<const Field*> pattern_fields_;
  std::vector<PolicyFinding> findings_;
};

}  // namespace

std::vector<PolicyFinding> find_policy_warnings(std::span<const PolicyTextLine> lines) {
  return WarningSearch(lines).run();
}

}  // namespace mta_sts::publish
