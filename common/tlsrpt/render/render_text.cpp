#include "tlsrpt/render/render_text.hpp"

#include <algorithm>
#include <set>

#include "base/number.hpp"
#include "base/utf8.hpp"
#include "tlsrpt/model/failure_types.hpp"
#include "tlsrpt/model/ranking.hpp"
#include "tlsrpt/model/report_values.hpp"

namespace mta_sts::tlsrpt {
namespace {

using std::chrono::sys_days;

constexpr std::size_t bar_width = 30;
constexpr std::size_t name_limit_bytes = 80;

std::string shown(std::string_view name) {
  return text::escape_for_display(name, name_limit_bytes);
}

std::string left(std::string text, std::size_t width) {
  text.append(width > text.size() ? width - text.size() : 0, ' ');
  return text;
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

class TextRenderer {
 public:
  TextRenderer(const Metrics& metrics, const LeftOut& left_out, const TextOptions& options,
               const Paint& paint)
      : metrics_(metrics), left_out_(left_out), options_(options), paint_(paint) {}

  std::string render() {
    head();
    trend();
    types();
    failures("Affected MX hosts", metrics_.hosts, true);
    places();
    failures("Hosts that the policy does not cover (C52 of mta-sts check): senders with MTA-STS skip them",
             metrics_.outside_policy, false);
    sessions("Senders", metrics_.organizations);
    if (metrics_.domains.size() > 1) {
      sessions("Domains", metrics_.domains);
    }
    if (metrics_.policy_types.size() > 1) {
      sessions("Policy types", metrics_.policy_types);
    }
    hints();
    return std::move(out_);
  }

 private:
  void head() {
    const Sessions& total = metrics_.total;
    const auto meets = total.meets(options_.target);
    if (!meets) {
      out_ += paint_(TextRole::heading, "Success rate: none, no session was reported") + "\n";
    } else {
      const std::string counts = " (" + text::render_grouped(total.success) + " ok, " +
                                 text::render_grouped(total.failure) + " failed)";
      out_ += paint_(TextRole::heading, "Success rate: " + rate(total)) + counts + "; target " +
              options_.target.text() +
              "%: " + (*meets ? paint_(TextRole::good, "met") : paint_(TextRole::error, "missed")) + "\n";
    }
    for (const auto& [pair, entry] : most(metrics_.failures, options_.rows)) {
      const std::string host = pair->second == not_given ? "unknown" : shown(pair->second);
      const bool is_outside = is_wholly_outside(pair->second);
      out_ += "  FAILURE: " +
              (is_outside ? std::string(outside_policy_type().name) + ": " + host
                          : shown(pair->first) + " on " + host) +
              " (" + render_number(entry->count, "session") + (is_outside ? ", " + shown(pair->first) : "") +
              ")\n";
    }
    if (metrics_.without_details > 0) {
      out_ += "  FAILURE: " + render_number(metrics_.without_details, "session") + " without details\n";
    }
    const std::string span = render_span(metrics_);
    out_ += "Reports: " + text::render_grouped(metrics_.reports) + (span.empty() ? "" : ", " + span);
    if (left_out_.duplicates.value_or(0) > 0) {
      out_ += "; " + render_number(*left_out_.duplicates, "duplicate") + " left out";
    }
    if (left_out_.conflicts > 0) {
      out_ += "; " + paint_(TextRole::warning, render_number(left_out_.conflicts, "conflict") + " left out");
    }
    out_ += "\n";
    const std::string authentication = render_authentication(metrics_);
    out_ += authentication + (authentication.empty() ? "" : "\n");
  }

  [[nodiscard]] std::string rate(const Sessions& sessions) const {
    const auto percent = sessions.rate_beside(options_.target);
    return percent ? *percent + "%" : "-";
  }

  void title(std::string_view text) { out_ += "\n" + paint_(TextRole::heading, text) + "\n"; }

  void trend() {
    if (metrics_.days.size() < 2) {
      return;
    }
    title("Failed sessions by UTC day");
    const auto jumps = metrics_.jumps();
    const std::set<sys_days> jumped(jumps.begin(), jumps.end());
    std::uint64_t most_failures = 0;
    for (const auto& [day, sessions] : metrics_.days) {
      most_failures = std::max(most_failures, sessions.failure);
    }
    const std::size_t left_days = metrics_.days.size() - std::min(metrics_.days.size(), options_.days);
    if (left_days > 0) {
      out_ += "  (" + render_number(left_days, "earlier day") + " not shown)\n";
    }
    auto entry = std::next(metrics_.days.begin(), static_cast<std::ptrdiff_t>(left_days));
    std::optional<sys_days> expected;
    for (; entry != metrics_.days.end(); ++entry) {
      gap(expected, entry->first);
      day_line(*entry, most_failures, jumped.contains(entry->first));
      expected = entry->first + std::chrono::days(1);
    }
  }

  void gap(const std::optional<sys_days>& expected, sys_days day) {
    if (!expected || *expected == day) {
      return;
    }
    const auto count = static_cast<std::uint64_t>((day - *expected).count());
    out_ += "  " + render_day(*expected) + "  " +
            (count > 1 ? render_number(count, "day") + " without reports" : "no report") + "\n";
  }

  void day_line(const std::pair<const sys_days, Sessions>& day, std::uint64_t most_failures, bool is_jump) {
    const Sessions& sessions = day.second;
    const double part =
        most_failures == 0 ? 0 : static_cast<double>(sessions.failure) / static_cast<double>(most_failures);
    std::size_t length = static_cast<std::size_t>(part * static_cast<double>(bar_width));
    length = sessions.failure > 0 ? std::max<std::size_t>(length, 1)
                                  : 0;  // one failure is to be seen beside a million
    const bool meets = sessions.meets(options_.target).value_or(true);
    out_ += "  " + render_day(day.first) + right(text::render_grouped(sessions.failure), 12) +
            right(rate(sessions), 9);
    if (length > 0) {
      out_ += "  " + paint_(meets ? TextRole::warning : TextRole::error, std::string(length, '#'));
    }
    out_ += is_jump ? "  " + paint_(TextRole::error, "jump") + "\n" : "\n";
  }

  void types() {
    if (metrics_.types.empty()) {
      return;
    }
    title("Failure types");
    outside_policy();
    for (const auto& [name, entry] : most(metrics_.types, options_.rows)) {
      out_ += "  " + paint_(TextRole::error, shown(*name)) + ": " + render_number(entry->count, "session") +
              days_of(*entry) + outside_part(metrics_.outside_policy_of_type(*name), *entry) + "\n";
      if (metrics_.outside_policy_of_type(*name) == entry->count) {
        continue;  // what they have in common is no fault of TLS
      }
      const FailureType* const type = find_failure_type(*name);
      if (type == nullptr) {
        out_ += "    not a type of RFC 8460: ask the sender what it means\n";
        continue;
      }
      explain(*type);
    }
  }

  void explain(const FailureType& type) {
    out_ += "    cause:  " + std::string(type.cause) + "\n    fix:    " + std::string(type.fix) +
            "\n    checks: " + std::string(type.checks) + " of mta-sts check " +
            (options_.domain.empty() ? "DOMAIN" : options_.domain) + "\n";
  }

  void outside_policy() {
    if (metrics_.outside_policy.empty()) {
      return;
    }
    Failures sum;
    for (const auto& [host, failures] : metrics_.outside_policy) {
      sum.add(failures);
    }
    const FailureType& type = outside_policy_type();
    out_ += "  " + paint_(TextRole::error, type.name) + ": " + render_number(sum.count, "session") +
            days_of(sum) + "\n";
    explain(type);
  }

  [[nodiscard]] bool is_wholly_outside(std::string_view host) const {
    const auto all = metrics_.hosts.find(host);
    return all != metrics_.hosts.end() && all->second.count > 0 &&
           metrics_.outside_policy_of_host(host) == all->second.count;
  }

  static std::string outside_part(std::uint64_t outside, const Failures& all) {
    if (outside == 0) {
      return {};
    }
    const std::string part = outside == all.count ? "all" : text::render_grouped(outside) + " of them";
    return ": " + part + " outside the policy (C52)";
  }

  void places() {
    const auto entries = most(metrics_.places, options_.rows);
    if (std::ranges::none_of(entries, [](const auto& each) { return each.first->place().is_precise(); })) {
      return;
    }
    title("Where it failed");
    for (const auto& [packed, entry] : entries) {
      const FailurePlace place = packed->place();
      const std::string host = place.host == not_given ? "unknown" : shown(place.host);
      out_ += "  " + host + (place.receiving_ip.empty() ? "" : " [" + shown(place.receiving_ip) + "]") +
              (place.sending_ip.empty() ? "" : " from [" + shown(place.sending_ip) + "]") + ": " +
              shown(place.result_type) + ", " + render_number(entry->count, "session") + days_of(*entry) +
              "\n";
      line("EHLO:  ", place.helo);
      line("reason:", place.reason_code);
      line("more:  ", place.information);
    }
    rest(metrics_.places.size());
  }

  void line(std::string_view name, std::string_view text) {
    if (!text.empty()) {
      out_ += "    " + std::string(name) + " " + shown(text) + "\n";
    }
  }

  static std::string days_of(const Failures& failures) {
    if (!failures.first) {
      return {};
    }
    const bool is_one_day = failures.first == failures.last;
    return ", " + render_day(*failures.first) + (is_one_day ? "" : " to " + render_day(*failures.last));
  }

  void failures(std::string_view name, const std::map<std::string, Failures, std::less<>>& table,
                bool names_outside) {
    if (table.empty()) {
      return;
    }
    title(name);
    for (const auto& [key, entry] : most(table, options_.rows)) {
      out_ += "  " + left(*key == not_given ? "(not given)" : shown(*key), 40) +
              right(text::render_grouped(entry->count), 15) + " failed" + days_of(*entry) +
              (names_outside ? outside_part(metrics_.outside_policy_of_host(*key), *entry) : "") + "\n";
    }
    rest(table.size());
  }

  void sessions(std::string_view name, const std::map<std::string, Sessions, std::less<>>& table) {
    if (table.empty()) {
      return;
    }
    title(name);
    for (const auto& [key, entry] : worst(table, options_.rows)) {
      out_ += "  " + left(*key == not_given ? "(not given)" : shown(*key), 40) + right(rate(*entry), 9) +
              right(text::render_grouped(entry->success), 15) + " ok" +
              right(text::render_grouped(entry->failure), 12) + " failed\n";
    }
    rest(table.size());
  }

  void rest(std::size_t size) {
    if (size > options_.rows) {
      out_ += "  (" + text::render_grouped(size - options_.rows) + " more)\n";
    }
  }

  void hints() {
    if (metrics_.has_only_report_mails()) {
      out_ +=
          "\nEvery day has exactly one session: likely the mail that brings the report is all that comes "
          "from there.\n";
    }
  }

  const Metrics& metrics_;
  const LeftOut& left_out_;
  const TextOptions& options_;
  const Paint& paint_;
  std::string out_;
};

}  // namespace

std::string render_number(std::uint64_t count, std::string_view noun) {
  return text::render_grouped(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string render_authentication(const Metrics& metrics) {
  using enum Authentication;
  if (!metrics.authentication.has_judged()) {
    return {};
  }
  std::string others;
  for (const Authentication word : {not_authenticated, not_by_mail, not_checked}) {
    if (const std::size_t count = metrics.authentication.of(word); count > 0) {
      others +=
          (others.empty() ? "" : ", ") + text::render_grouped(count) + " " + std::string(to_string(word));
    }
  }
  return "Authenticated by DKIM: " + text::render_grouped(metrics.authentication.of(authenticated)) + " of " +
         render_number(metrics.reports, "report") + (others.empty() ? "" : " (" + others + ")");
}

std::string render_span(const Metrics& metrics) {
  if (metrics.days.empty()) {
    return {};
  }
  const std::string first = render_day(metrics.days.begin()->first);
  return metrics.days.size() == 1 ? first : first + " to " + render_day(metrics.days.rbegin()->first);
}

std::string render_text(const Metrics& metrics, const LeftOut& left_out, const TextOptions& options,
                        const Paint& paint) {
  return TextRenderer(metrics, left_out, options, paint).render();
}

std::string render_conflicts(const std::vector<Conflict>& conflicts) {
  std::string out;
  for (const Conflict& conflict : conflicts) {
    out += "Conflict: report " + shown(conflict.key.id) + " of " + shown(conflict.key.organization) +
           " for " + shown(conflict.key.domain) +
           (conflict.key.start.empty() ? "" : " on " + conflict.key.start.substr(0, 10)) +
           " came again with other numbers (" + text::render_grouped(conflict.success) + " ok, " +
           text::render_grouped(conflict.failure) + " failed): the first one counts.";
    if (is_judged(conflict.authentication) || is_judged(conflict.counted)) {
      out += " It is " + std::string(to_string(conflict.counted)) + ", this one " +
             std::string(to_string(conflict.authentication)) + ".";
    }
    out += "\n";
  }
  return out;
}

}  // namespace mta_sts::tlsrpt
