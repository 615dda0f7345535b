#include "tlsrpt/render/alert.hpp"

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

std::string rate_sentence(const AlertInput& input) {
  const Sessions& total = input.now.total;
  if (total.meets(input.target).value_or(true)) {
    return {};
  }
  return "The success rate was " + total.rate_percent(2).value_or("-") + "% (" +
         std::to_string(total.success) + " ok, " + std::to_string(total.failure) +
         " failed), below the target of " + input.target.text() + "%.";
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
    list += " and " + std::to_string(entries.size() - names_limit) + " more";
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
  add(type_sentences(input));
  add(host_sentence(input));
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
