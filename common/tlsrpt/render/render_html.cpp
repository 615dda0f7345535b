#include "tlsrpt/render/render_html.hpp"

#include <algorithm>

#include "base/number.hpp"
#include "html/page.hpp"
#include "tlsrpt/model/failure_types.hpp"
#include "tlsrpt/model/ranking.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/render/html_breakdown.hpp"
#include "tlsrpt/render/html_chart.hpp"
#include "tlsrpt/render/html_table.hpp"
#include "tlsrpt/render/render_text.hpp"

namespace mta_sts::tlsrpt {
namespace {

class Page {
 public:
  explicit Page(const HtmlInput& input) : input_(input), metrics_(input.metrics) {}

  std::string render() {
    out_.reserve(std::size_t{64} << 10);
    head();
    tiles();
    trend();
    types();
    hosts();
    places();
    outside_policy();
    sessions("Senders", "senders", "Organization", metrics_.organizations, html_organization);
    if (metrics_.domains.size() > 1) {
      sessions("Domains", "domains", "Domain", metrics_.domains, html_domain);
    }
    if (metrics_.policy_types.size() > 1) {
      sessions("Policy types", "types", "Type", metrics_.policy_types, plain_name);
    }
    out_ += render_html_breakdown(metrics_, input_.breakdown, input_.target);
    foot();
    return std::move(out_);
  }

 private:
  void head() {
    const std::string span = render_span(metrics_);
    out_ += html::begin_page({.title = "TLS reports" + (input_.domain.empty() ? "" : " for " + input_.domain),
                              .subtitle = span.empty() ? "No dated report" : span + " (UTC)"});
  }

  void tile(std::string_view label, const std::string& figure, std::string_view kind,
            const std::string& note) {
    out_ += "<div class=\"tile\"><p class=\"soft\">" + std::string(label) + "</p><p class=\"figure " +
            std::string(kind) + "\">" + figure + "</p><p class=\"soft\">" + note + "</p></div>\n";
  }

  void tiles() {
    const Sessions& total = metrics_.total;
    const auto meets = total.meets(input_.target);
    const std::string target = "target " + input_.target.text() + " %";
    out_ += "<section class=\"tiles\">\n";
    tile("Success rate", html_rate(total, input_.target),
         !meets   ? ""
         : *meets ? "good"
                  : "bad",
         !meets ? "no session was reported" : target + (*meets ? ": met" : ": missed"));
    tile("Sessions", text::render_grouped(saturating_add(total.success, total.failure)), "",
         text::render_grouped(total.success) + " ok");
    tile("Failed", text::render_grouped(total.failure), total.failure > 0 ? "bad" : "", failed_note());
    tile("Reports", text::render_grouped(metrics_.reports), "", reports_note());
    out_ += "</section>\n";
  }

  [[nodiscard]] std::string failed_note() const {
    if (metrics_.without_details > 0) {
      return text::render_grouped(metrics_.without_details) + " without details";
    }
    return render_number(metrics_.hosts.size(), "MX host");
  }

  [[nodiscard]] std::string reports_note() const {
    if (input_.left_out.conflicts > 0) {
      return "<span class=\"warn\">" + render_number(input_.left_out.conflicts, "conflict") +
             " left out</span>";
    }
    return "of " + render_number(metrics_.organizations.size(), "sender");
  }

  // Sections with an id are those that others link back to.
  void open(std::string_view title, std::string_view id = {}) {
    out_ += "<section class=\"card\"" + (id.empty() ? std::string() : " id=\"" + std::string(id) + "\"") +
            ">\n<h2>" + std::string(title) + "</h2>\n";
  }
  void close() { out_ += "</section>\n"; }

  void trend() {
    if (metrics_.days.empty()) {
      return;
    }
    open("Failed sessions by day");
    out_ += render_html_chart(metrics_, ChartOf::failures, input_.target);
    legend();
    if (const auto jumps = metrics_.jumps(); !jumps.empty()) {
      out_ += "<p>Failures jumped on ";
      const std::size_t first = jumps.size() - std::min<std::size_t>(jumps.size(), 10);
      for (std::size_t i = first; i < jumps.size(); ++i) {
        out_ += (i == first ? "" : ", ") + html_day(jumps[i]);
      }
      out_ += ": look for a certificate or configuration that changed then.</p>\n";
    }
    out_ += "<h2>Sessions by day</h2>\n" + render_html_chart(metrics_, ChartOf::sessions, input_.target);
    day_table();
    close();
  }

  void legend() {
    out_ += "<p class=\"soft\">" + key("miss") + "target missed" + key("some") + "target met" + key("gap") +
            "no report" + key("jump") + "jump</p>\n";
  }

  static std::string key(std::string_view kind) {
    return "<svg class=\"key\" viewBox=\"0 0 1 1\"><rect class=\"" + std::string(kind) +
           "\" width=\"1\" height=\"1\"/></svg>";
  }

  void day_table() {
    HtmlTable table("", {"Day (UTC)", "#Rate", "#Ok", "#Failed"});
    std::size_t rows = 0;
    for (auto day = metrics_.days.rbegin(); day != metrics_.days.rend() && rows < chart_days_limit;
         ++day, ++rows) {
      table.row(render_day(day->first))
          .number(html_rate(day->second, input_.target))
          .number(day->second.success)
          .number(day->second.failure);
    }
    out_ += "<details><summary>The numbers by day</summary>\n" + table.take() + "</details>\n";
  }

  void types() {
    open("Failure types");
    if (metrics_.types.empty()) {
      out_ += "<p>No failure was reported.</p>\n";
    }
    const auto entries = most(metrics_.types, input_.rows);
    const std::uint64_t greatest =
        entries.empty() ? 1 : std::max<std::uint64_t>(entries.front().second->count, 1);
    type_outside_policy(greatest);
    for (const auto& [name, failures] : entries) {
      type_head(html_name(*name), *failures, greatest);
      const std::uint64_t outside = metrics_.outside_policy_of_type(*name);
      if (outside > 0) {
        out_ +=
            "<p>" +
            (outside == failures->count ? std::string("All") : text::render_grouped(outside) + " of them") +
            " on MX hosts outside the policy.</p>";
      }
      if (outside == failures->count) {
        out_ +=
            "<p class=\"soft\">What these have in common is no fault of TLS" + html_days(*failures) + "</p>";
      } else if (const FailureType* const type = find_failure_type(*name)) {
        explain(*type, *failures);
      } else {
        out_ += "<p class=\"soft\">Not a type of RFC 8460: ask the sender what it means" +
                html_days(*failures) + "</p>";
      }
      out_ += "</div>\n";
    }
    close();
  }

  void type_outside_policy(std::uint64_t greatest) {
    if (metrics_.outside_policy.empty()) {
      return;
    }
    Failures sum;
    for (const auto& [host, failures] : metrics_.outside_policy) {
      sum.add(failures);
    }
    type_head(html::escape(outside_policy_type().name), sum, std::max(greatest, sum.count));
    explain(outside_policy_type(), sum);
    out_ += "</div>\n";
  }

  void type_head(const std::string& name, const Failures& failures, std::uint64_t greatest) {
    out_ += "<div class=\"type\"><div class=\"row\"><h3>" + name + "</h3><span class=\"number\">" +
            render_number(failures.count, "session") + "</span></div>" + share(failures.count, greatest);
  }

  void explain(const FailureType& type, const Failures& failures) {
    out_ += "<p>Cause: " + html::escape(type.cause) + ".</p><p>Fix: " + html::escape(type.fix) +
            "</p><p class=\"soft\">Checks <code>" + std::string(type.checks) +
            "</code> of <code>mta-sts check " + domain_of_checks() + "</code>" + html_days(failures) + "</p>";
  }

  [[nodiscard]] std::string domain_of_checks() const {
    const bool is_one = metrics_.domains.size() == 1 && metrics_.domains.begin()->first != not_given;
    return html::escape(!input_.domain.empty() ? input_.domain
                        : is_one               ? metrics_.domains.begin()->first
                                               : "DOMAIN");
  }

  static std::string share(std::uint64_t count, std::uint64_t greatest) {
    const double part = static_cast<double>(count) / static_cast<double>(greatest);
    return "<svg class=\"share\" viewBox=\"0 0 1000 1\" preserveAspectRatio=\"none\" "
           "aria-hidden=\"true\"><rect class=\"miss\" width=\"" +
           std::to_string(static_cast<int>(part * 1000)) + "\" height=\"1\"/></svg>";
  }

  [[nodiscard]] std::string host(std::string_view name) const { return html_host(input_.breakdown, name); }

  void hosts() {
    if (metrics_.failures.empty()) {
      return;
    }
    open("Affected MX hosts", "hosts");
    HtmlTable table("", {"Host", "Failure", "#Failed", "#Last"});
    for (const auto& [pair, failures] : most(metrics_.failures, input_.rows)) {
      const bool is_outside = metrics_.outside_policy_of_host(pair->second) > 0;
      table.row(host(pair->second) + (is_outside ? "<br>outside the policy (C52)" : ""))
          .cell(html_name(pair->first))
          .number(failures->count)
          .number(failures->last ? render_day(*failures->last) : "");
    }
    out_ += table.take();
    rest(metrics_.failures.size());
    close();
  }

  void places() {
    const auto entries = most(metrics_.places, input_.rows);
    if (std::ranges::none_of(entries, [](const auto& each) { return each.first->place().is_precise(); })) {
      return;
    }
    open("Where it failed");
    HtmlTable table("", {"Host", "Failure", "From", "What the sender says", "#Failed"});
    for (const auto& [packed, failures] : entries) {
      const FailurePlace place = packed->place();
      std::string words;
      for (const std::string_view text : {place.helo, place.reason_code, place.information}) {
        words += (words.empty() || text.empty() ? "" : "<br>") + html::escape(text);
      }
      table
          .row(host(place.host) +
               (place.receiving_ip.empty() ? "" : "<br>" + html::escape(place.receiving_ip)))
          .cell(html_name(place.result_type))
          .cell(html::escape(place.sending_ip))
          .cell(words)
          .number(failures->count);
    }
    out_ += table.take();
    rest(metrics_.places.size());
    close();
  }

  void outside_policy() {
    if (metrics_.outside_policy.empty()) {
      return;
    }
    open("Hosts that the policy does not cover");
    out_ +=
        "<p>No <code>mx</code> of the reported policy matches them, so senders with MTA-STS skip them: "
        "<code>C52</code> of <code>mta-sts check " +
        domain_of_checks() + "</code>.</p><ul>\n";
    for (const auto& [name, failures] : most(metrics_.outside_policy, input_.rows)) {
      out_ += "<li>" + host(*name) + ", " + render_number(failures->count, "session") + html_days(*failures) +
              "</li>\n";
    }
    out_ += "</ul>\n";
    rest(metrics_.outside_policy.size());
    close();
  }

  // How a table's names are shown.
  using Name = std::string (*)(const Breakdown& breakdown, std::string_view name);

  static std::string plain_name(const Breakdown&, std::string_view name) { return html_name(name); }

  void sessions(std::string_view title, std::string_view id, std::string_view column,
                const std::map<std::string, Sessions, std::less<>>& entries, Name name_of) {
    if (entries.empty()) {
      return;
    }
    open(title, id);
    HtmlTable table("", {column, "#Rate", "#Ok", "#Failed"});
    for (const auto& [name, entry] : worst(entries, input_.rows)) {
      table.row(name_of(input_.breakdown, *name))
          .number(html_rate(*entry, input_.target), !entry->meets(input_.target).value_or(true))
          .number(entry->success)
          .number(entry->failure);
    }
    out_ += table.take();
    rest(entries.size());
    close();
  }

  void rest(std::size_t size) {
    if (size > input_.rows) {
      out_ += "<p class=\"soft\">" + text::render_grouped(size - input_.rows) + " more</p>\n";
    }
  }

  void foot() {
    std::vector<std::string> lines;
    if (metrics_.has_only_report_mails()) {
      lines.emplace_back(
          "Every day has exactly one session: likely the mail that brings the report is all that comes.");
    }
    if (std::string authentication = render_authentication(metrics_); !authentication.empty()) {
      lines.push_back(std::move(authentication) + ".");
    }
    lines.push_back("What senders report is shown as they claim it: nobody has checked it. Made " +
                    render_date_time(input_.made) + " by mta-sts.");
    out_ += html::end_page(lines);
  }

  const HtmlInput& input_;
  const Metrics& metrics_;
  std::string out_;
};

}  // namespace

std::string render_html(const HtmlInput& input) {
  return Page(input).render();
}

}  // namespace mta_sts::tlsrpt
