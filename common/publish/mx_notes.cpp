#include "publish/mx_notes.hpp"

#include <algorithm>
#include <map>

#include "base/ascii.hpp"
#include "base/enum_names.hpp"
#include "policy/mx_match.hpp"
#include "publish/placeholder.hpp"

namespace mta_sts::publish {
namespace {

bool has_star(const ProviderHost& host) {
  return host.name.starts_with("*.");
}

// Whether the host's name may stand behind "mx:".
bool is_pattern(const ProviderHost& host) {
  return host.name.rfind('*') == 0 || host.name.find('*') == std::string_view::npos;
}

// A pattern for one customer's host covers what is known by a "*".
bool covers(std::string_view pattern, const ProviderHost& host) {
  return has_star(host) ? is_provider_host(host, pattern) : matches_mx_pattern(pattern, host.name);
}

std::string_view without_wildcard(std::string_view pattern) {
  return pattern.starts_with("*.") ? pattern.substr(2) : pattern;
}

// Whether the host has more labels than the pattern, and ends as it does.
bool is_deeper(const ProviderHost& host, std::string_view pattern) {
  const std::string_view end = without_wildcard(pattern);
  return end.find('.') != std::string_view::npos && host.name.size() > end.size() + 1 &&
         ascii::equals_ignoring_case(host.name.substr(host.name.size() - end.size()), end) &&
         host.name[host.name.size() - end.size() - 1] == '.' &&
         std::ranges::count(host.name, '.') > std::ranges::count(pattern, '.');
}

// How many patterns cover each host: one pass, so that a policy of thousands of lines costs no more than
// that.
using Coverage = std::map<std::string_view, std::size_t>;

class NoteSearch {
 public:
  explicit NoteSearch(std::span<const std::string> patterns) : patterns_(patterns) {}

  std::vector<MxNote> run() {
    for (std::size_t index = 0; index < patterns_.size(); ++index) {
      if (is_placeholder(patterns_[index])) {
        passed_over_.push_back(index);
        add({.kind = MxNoteKind::placeholder, .index = index});
      } else if (const MailProvider* provider = provider_that_sends(patterns_[index]); provider != nullptr) {
        passed_over_.push_back(index);
        senders_.emplace_back(index, provider);
      } else {
        count(patterns_[index]);
      }
    }
    look_for_short_patterns();
    for (const auto& [index, provider] : senders_) {
      note_sender(index, *provider);
    }
    for (const MailProvider& provider : mail_providers()) {
      look_for_missing_hosts(provider);
    }
    std::vector<MxNote> in_order;
    for (auto& [index, note] : notes_) {
      in_order.push_back(std::move(note));
    }
    return in_order;
  }

 private:
  void add(MxNote note) {
    if (notes_.size() < mx_notes_limit) {
      notes_.try_emplace(note.index, std::move(note));
    }
  }

  template <typename Use>
  static void for_each_host(const MailProvider& provider, Use use) {
    for (const ProviderSet& set : provider.receives) {
      for (const ProviderHost& host : set.hosts) {
        use(set, host);
      }
    }
  }

  // One count a name, though an old set may share it with the present one.
  void count(std::string_view pattern) {
    for (const MailProvider& provider : mail_providers()) {
      std::vector<std::string_view> counted;
      for_each_host(provider, [&](const ProviderSet&, const ProviderHost& host) {
        if (std::ranges::find(counted, host.name) == counted.end() && covers(pattern, host)) {
          counted.push_back(host.name);
          ++coverage_[host.name];
        }
      });
    }
  }

  [[nodiscard]] std::size_t times_covered(const ProviderHost& host) const {
    const auto known = coverage_.find(host.name);
    return known == coverage_.end() ? 0 : known->second;
  }

  [[nodiscard]] bool is_whole(const ProviderSet& set) const {
    return std::ranges::all_of(set.hosts, [&](const ProviderHost& host) { return times_covered(host) > 0; });
  }

  static bool receives_anything(std::string_view pattern) {
    return std::ranges::any_of(mail_providers(), [&](const MailProvider& provider) {
      bool any = false;
      for_each_host(provider, [&](const ProviderSet&, const ProviderHost& host) {
        any = any || covers(pattern, host);
      });
      return any;
    });
  }

  static const MailProvider* provider_that_sends(std::string_view pattern) {
    for (const MailProvider& provider : mail_providers()) {
      for (const std::string_view sender : provider.sends) {
        if (matches_mx_pattern(pattern, sender) &&
            (ascii::equals_ignoring_case(pattern, sender) || !receives_anything(pattern))) {
          return &provider;
        }
      }
    }
    return nullptr;
  }

  // The provider's hosts of the place where it sends (Zoho's data centres), or all.
  void note_sender(std::size_t index, const MailProvider& provider) {
    std::vector<std::string> proposed;
    if (std::ranges::none_of(provider.receives, [&](const ProviderSet& set) { return is_whole(set); })) {
      const std::string& pattern = patterns_[index];
      const std::string end = pattern.substr(std::min(pattern.find('.'), pattern.size()));
      const auto is_near = [&](const ProviderSet& set) { return set.hosts.front().name.ends_with(end); };
      const bool any_near = std::ranges::any_of(provider.receives, is_near);
      for_each_host(provider, [&](const ProviderSet& set, const ProviderHost& host) {
        if (!set.is_old && (!any_near || is_near(set)) && is_pattern(host) && times_covered(host) == 0) {
          proposed.emplace_back(host.name);
        }
      });
      std::ranges::for_each(proposed, [&](const std::string& name) { count(name); });
    }
    add({.kind = MxNoteKind::sends_only,
         .index = index,
         .provider = &provider,
         .patterns = std::move(proposed)});
  }

  void look_for_short_patterns() {
    for (std::size_t index = 0; index < patterns_.size() && notes_.size() < mx_notes_limit; ++index) {
      if (std::ranges::binary_search(passed_over_, index)) {
        continue;
      }
      for (const MailProvider& provider : mail_providers()) {
        look_for_short_pattern(index, provider);
      }
    }
  }

  void look_for_short_pattern(std::size_t index, const MailProvider& provider) {
    const std::string& pattern = patterns_[index];
    MxNote note{.kind = MxNoteKind::too_short, .index = index, .provider = &provider};
    std::vector<std::string> proposed;
    bool is_clear = true;
    bool is_host = false;
    for_each_host(provider, [&](const ProviderSet& set, const ProviderHost& host) {
      const bool covered_here = covers(pattern, host);
      is_host = is_host || (covered_here && !pattern.starts_with("*."));
      if (set.is_old) {
        return;
      }
      if (is_deeper(host, pattern) && times_covered(host) == 0) {
        note.lacks.push_back(&host);
        is_clear = is_clear && is_pattern(host);
        proposed.emplace_back(host.name);
      } else if (covered_here && times_covered(host) == 1) {
        proposed.emplace_back(host.name);
      }
    });
    if (note.lacks.empty() || is_host) {
      return;
    }
    std::ranges::for_each(proposed, [&](const std::string& name) { count(name); });
    if (is_clear) {
      note.patterns = std::move(proposed);
    }
    add(std::move(note));
  }

  void look_for_missing_hosts(const MailProvider& provider) {
    for_each_host(provider, [&](const ProviderSet&, const ProviderHost& host) {
      if (times_covered(host) == 0) {
        return;
      }
      const ProviderSet* best = nullptr;
      std::size_t most = 0;
      for (const ProviderSet& set : provider.receives) {
        const auto named = static_cast<std::size_t>(std::ranges::count_if(
            set.hosts, [&](const ProviderHost& other) { return times_covered(other) > 0; }));
        const bool has_host = std::ranges::any_of(
            set.hosts, [&](const ProviderHost& other) { return other.name == host.name; });
        if (has_host && named == set.hosts.size()) {
          return;
        }
        if (has_host && named > most) {
          best = &set;
          most = named;
        }
      }
      note_missing_hosts(provider, *best);
    });
  }

  void note_missing_hosts(const MailProvider& provider, const ProviderSet& set) {
    const auto names_one = [&](const std::string& pattern) {
      return std::ranges::any_of(set.hosts, [&](const ProviderHost& host) { return covers(pattern, host); });
    };
    const auto first = std::ranges::find_if(patterns_, names_one);
    if (first == patterns_.end()) {  // what is proposed for another line covers these
      return;
    }
    MxNote note{.kind = MxNoteKind::hosts_missing,
                .index = static_cast<std::size_t>(first - patterns_.begin()),
                .provider = &provider,
                .patterns = std::vector<std::string>{*first}};
    for (const ProviderHost& host : set.hosts) {
      if (times_covered(host) == 0) {
        note.lacks.push_back(&host);
        note.patterns->emplace_back(host.name);
        count(host.name);
      }
    }
    add(std::move(note));
  }

  std::span<const std::string> patterns_;
  Coverage coverage_;
  std::vector<std::size_t> passed_over_;  // patterns that name no receiving host
  std::vector<std::pair<std::size_t, const MailProvider*>> senders_;
  std::map<std::size_t, MxNote> notes_;  // by the pattern's index
};

std::string names_of(const std::vector<const ProviderHost*>& hosts) {
  std::string names;
  for (const ProviderHost* host : hosts) {
    names += (names.empty() ? "" : host == hosts.back() ? " and " : ", ") + std::string(host->shown());
  }
  return names;
}

}  // namespace

std::string_view to_string(MxNoteKind kind) {
  using enum MxNoteKind;
  static constexpr auto words = enum_names<MxNoteKind>({
      {placeholder, "mx-placeholder"},
      {sends_only, "mx-sends-only"},
      {too_short, "mx-too-short"},
      {hosts_missing, "mx-hosts-missing"},
  });
  return words[kind];
}

std::vector<MxNote> find_mx_notes(std::span<const std::string> patterns) {
  return NoteSearch(patterns).run();
}

std::string describe(const MxNote& note) {
  switch (note.kind) {
    case MxNoteKind::placeholder:
      return "is the placeholder of an example";
    case MxNoteKind::sends_only:
      return "sends the mail of users of " + std::string(note.provider->name) +
             ", and receives none for their domains";
    case MxNoteKind::too_short:
      return "covers no " + std::string(note.lacks.front()->shown()) + ", where " +
             std::string(note.provider->name) + " receives mail";
    case MxNoteKind::hosts_missing:
      break;
  }
  return "stands without " + names_of(note.lacks) + ", where " + std::string(note.provider->name) +
         " receives mail too";
}

std::string explain(const MxNote& note, std::string_view pattern) {
  if (note.provider == nullptr) {
    return "The mx lines name the domain's own MX hosts.";
  }
  const std::string page =
      "See " + std::string(note.provider->source) + " (" + std::string(note.provider->looked_up) + ").";
  if (note.kind != MxNoteKind::too_short) {
    return page;
  }
  return (pattern.starts_with("*.") ? "\"*.\" stands for exactly one label. "
                                    : "A name without \"*.\" is one host. ") +
         page;
}

}  // namespace mta_sts::publish
