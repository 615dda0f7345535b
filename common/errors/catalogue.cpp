#include "errors/catalogue.hpp"

#include <algorithm>
#include <array>

#include "errors/sections.hpp"

namespace mta_sts {
namespace {

constexpr std::array sections{&errors::asking,
                              &errors::postfix,
                              &errors::exim_check,
                              &errors::exim_setup,
                              &errors::exim_delivery,
                              &errors::verdict,
                              &errors::fetch,
                              &errors::cache,
                              &errors::policy,
                              &errors::policy_file,
                              &errors::txt_record,
                              &errors::directive,
                              &errors::domain_name,
                              &errors::command,
                              &errors::web_servers,
                              &errors::policy_store,
                              &errors::store_sync,
                              &errors::report_sending,
                              &errors::report_spool,
                              &errors::report_import,
                              &errors::tls_reports,
                              &errors::resolver_process,
                              &errors::requests,
                              &errors::configuration_file};

constexpr std::string_view head =
    "# Error words\n\n"
    "Every error has one word, the same in logs, metrics, JSON and here; `mta-sts errors WORD` explains one. "
    "Each line has the "
    "word,\n"
    "what happened, who can fix it, and how. The checks of `mta-sts check` have numbers, listed in "
    "docs/checks.md; the resolver's "
    "counters are in docs/resolver.md.\n";

void add(std::string& page, const ErrorEntry& entry) {
  page += "- `";
  page += entry.word;
  page += "` - ";
  page += entry.meaning;
  page += " - ";
  if (entry.actor != Actor::nobody) {
    page += to_string(entry.actor);
    page += ": ";
  }
  page += entry.fix;
  page += '\n';
}

}  // namespace

std::span<const ErrorSection* const> error_sections() {
  return sections;
}

const ErrorEntry* find_error(std::string_view word) {
  for (const ErrorSection* section : sections) {
    const auto found = std::ranges::find(section->entries, word, &ErrorEntry::word);
    if (found != section->entries.end()) {
      return &*found;
    }
  }
  return nullptr;
}

std::string_view to_string(Actor actor) {
  switch (actor) {
    case Actor::nobody:
      return "nobody";
    case Actor::administrator:
      return "the administrator";
    case Actor::postmaster:
      return "the domain's postmaster";
    case Actor::user:
      return "you";
  }
  return "nobody";
}

std::string fix_of(const ErrorEntry& entry) {
  const std::string who =
      entry.actor == Actor::nobody ? "" : " (" + std::string(to_string(entry.actor)) + ")";
  return "fix" + who + ": " + std::string(entry.fix);
}

std::string render_error_page() {
  std::string page(head);
  for (const ErrorSection* section : sections) {
    page += "\n## ";
    page += section->title;
    page += "\n\n";
    if (!section->introduction.empty()) {
      page += section->introduction;
      page += "\n\n";
    }
    for (const ErrorEntry& entry : section->entries) {
      add(page, entry);
    }
  }
  return page;
}

}  // namespace mta_sts
