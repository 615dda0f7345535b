#include "check/provider_notes.hpp"

#include <algorithm>

#include "policy/mx_match.hpp"
#include "policy/parse_policy.hpp"
#include "publish/mx_notes.hpp"

namespace mta_sts::check {
namespace {

using publish::MxNote;
using publish::MxNoteKind;
using Names = std::vector<std::string>;

bool is_below(std::string_view domain, std::string_view pattern) {
  const std::string_view name = pattern.starts_with("*.") ? pattern.substr(2) : pattern;
  return name == domain || (name.ends_with(domain) && name.size() > domain.size() &&
                            name[name.size() - domain.size() - 1] == '.');
}

// The MX hosts that no mx line covers but for those that are no names, which C54 tells.
Names uncovered(const Case& c) {
  Names open;
  for (const std::string& name : c.mx_names()) {
    if (is_mx_pattern(name, Reading::strict) && !matches_mx(c.policy()->mx, name)) {
      open.push_back(name);
    }
  }
  return open;
}

// Those of them that the provider of the note has.
Names lacked(const MxNote& note, const Names& open) {
  Names names;
  std::ranges::copy_if(open, std::back_inserter(names), [&](const std::string& name) {
    return std::ranges::any_of(note.lacks, [&](const publish::ProviderHost* host) {
      return publish::is_provider_host(*host, name);
    });
  });
  return names;
}

std::string lines_of(const Names& patterns) {
  std::string lines;
  for (const std::string& pattern : patterns) {
    lines += (lines.empty() ? "mx: " : "\nmx: ") + pattern;
  }
  return lines;
}

CheckFinding finding_of(const MxNote& note, const std::string& pattern, const Names& wanted, bool is_used,
                        bool is_alone) {
  CheckFinding finding = found_at("mx: " + pattern, Severity::note, describe(note), explain(note, pattern));
  finding.line = lines_of(wanted);
  if (wanted.empty() && !is_alone) {
    finding.fix = "Delete this line: the other lines name every MX host.";
  } else if (is_used) {
    finding.fix = "Add to the policy what follows, and change the id.";
  } else if (!wanted.empty()) {
    finding.fix = "Put in the place of this line what follows, and change the id.";
  }
  return finding;
}

// A host that receives nothing as MX: no line mends that.
CheckFinding wrong_mx(const MxNote& note, const std::string& pattern) {
  CheckFinding finding =
      found_at("mx: " + pattern, Severity::note, describe(note) + ", and is an MX host of the domain",
               explain(note, pattern));
  finding.fix = "Give the domain the MX records of " + std::string(note.provider->name) +
                ", and name their hosts in the policy.";
  return finding;
}

}  // namespace

std::vector<ProviderNote> provider_notes(const Case& c) {
  if (c.policy() == nullptr || c.policy()->mode == Mode::none || c.is_null_mx() ||
      lookup_failed(c.facts.dns.mx_status)) {
    return {};
  }
  const Names& patterns = c.policy()->mx;
  const Names names = c.mx_names();
  Names open = uncovered(c);
  std::vector<ProviderNote> notes;
  for (const MxNote& note : publish::find_mx_notes(patterns)) {
    const std::string& pattern = patterns[note.index];
    const bool is_used = std::ranges::any_of(
        names, [&](const std::string& name) { return matches_mx_pattern(pattern, name); });
    Names wanted = open;
    switch (note.kind) {
      case MxNoteKind::placeholder:
        if (is_used || is_below(c.facts.domain, pattern)) {
          continue;
        }
        break;
      case MxNoteKind::sends_only:
        if (is_used) {
          notes.push_back({pattern, wrong_mx(note, pattern)});
          continue;
        }
        break;
      case MxNoteKind::too_short:
      case MxNoteKind::hosts_missing:
        wanted = lacked(note, open);
        if (wanted.empty()) {
          continue;
        }
        break;
    }
    notes.push_back({pattern, finding_of(note, pattern, wanted, is_used, patterns.size() == 1)});
    std::erase_if(open,
                  [&](const std::string& name) { return std::ranges::find(wanted, name) != wanted.end(); });
  }
  return notes;
}

}  // namespace mta_sts::check
