#include "tlsrpt/render/alert.hpp"

#include "base/number.hpp"
#include "base/utf8.hpp"
#include "tlsrpt/model/failure_types.hpp"
#include "tlsrpt/model/ranking.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/render/render_text.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::size_t names_limit = 5;

std::string named(std::string_view name) {
  return text::escape_for_display(name, 80);
}

// A failure among a few sessions is no rate: a domain with twelve sessions a day would miss any target.
bool misses(const Sessions& sessions, Target target) {
  constexpr std::uint64_t failures_least = 5;
  constexpr std::uint64_t failures_alone_least = 2;
  const std::uint64_t least = sessions.success == 0 ? failures_alone_least : failures_least;
  return sessions.failure >= least && !sessions.meets(target).value_or(true);
}

std::string counts_of(const Sessions& sessions) {
  return sessions.rate_percent(2).value_or("-") + "% (" + text::render_grouped(sessions.success) + " ok, " +
         text::render_grouped(sessions.failure) + " failed)";
}

// A small domain may fail as a whole beside a great one that does not.
std::string domain_sentence(const AlertInput& input) {
  std::string list;
  std::size_t missing = 0;
  for (const auto& [name, sessions] : worst(input.now.domains, input.now.domains.size())) {
    if (input.now.domains.size() > 1 && misses(*sessions, input.target) && ++missing <= names_limit) {
      list += (list.empty() ? "" : ", ") + named(*name) + " " + counts_of(*sessions);
    }
  }
  if (missing > names_limit) {
    list += " and " + text::render_grouped(missing - names_limit) + " more";
  }
  return list.empty() ? std::string() : "Below the target: " + list + ".";
}

// Sessions under both count once, under MTA-STS: what fails under DANE alone is seen here.
std::string dane_sentence(const AlertInput& input) {
  const auto dane = input.now.policy_types.find("tlsa");
  return dane != input.now.policy_types.end() && misses(dane->second, input.target)
             ? "Under DANE the success rate was " + counts_of(dane->second) + "."
             : std::string();
}

std::string conflict_sentence(const AlertInput& input) {
  return input.conflicts == 0
             ? std::string()
             : render_number(input.conflicts, "report") + " came again with other numbers and " +
                   (input.conflicts == 1 ? "was" : "were") +
                   " left out: compare them with mta-sts tlsrpt show.";
}

std::string rate_sentence(const AlertInput& input) {
  const Sessions& total = input.now.total;
  if (!misses(total, input.target)) {
    return {};
  }
  return "The success rate was " + counts_of(total) + ", below the target of " + input.target.text() + "%.";
}

// The entries that the days before did not have.
std::map<std::string, Failures, std::less<>> new_entries(
    const std::map<std::string, Failures, std::less<>>& now,
    const std::map<std::string, Failures, std::less<>>& before) {
  std::map<std::string, Failures, std::less<>> found;
  for (const auto& [name, failures] : now) {
    if (failures.count > 0 && name != not_given && !before.contains(name)) {
      found.emplace(name, failures);
    }
  }
  return found;
}

std::string name_list(const std::map<std::string, Failures, std::less<>>& entries) {
  std::string list;
  for (const auto& [name, failures] : most(entries, names_limit)) {
    list += (list.empty() ? "" : ", ") + named(*name) + " (" + render_number(failures->count, "session") +
            (failures->first ? ", first on " + render_day(*failures->first) : "") + ")";
  }
  if (entries.size() > names_limit) {
    list += " and " + text::render_grouped(entries.size() - names_limit) + " more";
  }
  return list;
}

std::string type_sentences(const AlertInput& input) {
  const auto types = new_entries(input.now.types, input.before.types);
  if (types.empty()) {
    return {};
  }
  std::string text = "New failure type: " + name_list(types) + ".";
  for (const auto& [name, failures] : most(types, 1)) {
    if (const FailureType* const type = find_failure_type(*name)) {
      text += " Usual cause: " + std::string(type->cause) + ". " + std::string(type->fix);
    }
  }
  return text;
}

std::string host_sentence(const AlertInput& input) {
  const auto hosts = new_entries(input.now.hosts, input.before.hosts);
  return hosts.empty() ? std::string() : "New failing host: " + name_list(hosts) + ".";
}

}  // namespace

std::string render_alert(const AlertInput& input) {
  std::string body;
  const auto add = [&](const std::string& sentence) { body += sentence.empty() ? "" : " " + sentence; };
  add(rate_sentence(input));
  add(domain_sentence(input));
  add(dane_sentence(input));
  add(type_sentences(input));
  add(host_sentence(input));
  add(conflict_sentence(input));
  if (input.expects_reports && input.now.reports == 0) {
    add("No report came: see whether the _smtp._tls record and its mailbox still work.");
  }
  if (body.empty()) {
    return {};
  }
  const std::string span = render_span(input.now);
  return "TLS reports" + (input.domain.empty() ? "" : " for " + input.domain) +
         (span.empty() ? "" : ", " + span) + ":" + body + "\n";
}

}  // namespace mta_sts::tlsrpt
