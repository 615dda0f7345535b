#include "tlsrpt/render/render_html.hpp"

#include <algorithm>

#include "base/number.hpp"
#include "html/page.hpp"
#include "tlsrpt/model/failure_types.hpp"
#include "tlsrpt/model/ranking.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/render/html_chart.hpp"
#include "tlsrpt/render/render_text.hpp"

namespace mta_sts::tlsrpt {
namespace {

std::string number_cell(const std::string& text) {
  return "<td class=\"number\">" + text + "</td>";
}

std::string name_of(std::string_view name) {
  return name == not_given ? "<span class=\"soft\">not given</span>" : html::escape(name);
}

std::string rate_of(const Sessions& sessions) {
  const auto percent = sessions.rate_percent(2);
  return percent ? *percent + " %" : "&ndash;";
}

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
    sessions("Senders", "Organization", metrics_.organizations);
    if (metrics_.domains.size() > 1) {
      sessions("Domains", "Domain", metrics_.domains);
    }
    if (metrics_.policy_types.size() > 1) {
      sessions("Policy types", "Type", metrics_.policy_types);
    }
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
    tile("Success rate", rate_of(total),
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

  void open(std::string_view title) {
    out_ += "<section class=\"card\">\n<h2>" + std::string(title) + "</h2>\n";
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
        out_ += (i == first ? "" : ", ") + date(jumps[i]);
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
    out_ +=
        "<details><summary>The numbers by day</summary>\n<div class=\"scroll\"><table><thead><tr><th>Day "
        "(UTC)</th>"
        "<th class=\"number\">Rate</th><th class=\"number\">Ok</th><th "
        "class=\"number\">Failed</th></tr></thead><tbody>\n";
    std::size_t rows = 0;
    for (auto day = metrics_.days.rbegin(); day != metrics_.days.rend() && rows < chart_days_limit;
         ++day, ++rows) {
      out_ += "<tr><th>" + render_day(day->first) + "</th>" + number_cell(rate_of(day->second)) +
              number_cell(text::render_grouped(day->second.success)) +
              number_cell(text::render_grouped(day->second.failure)) + "</tr>\n";
    }
    out_ += "</tbody></table></div></details>\n";
  }

  void types() {
    open("Failure types");
    if (metrics_.types.empty()) {
      out_ += "<p>No failure was reported.</p>\n";
    }
    const auto entries = most(metrics_.types, input_.rows);
    const std::uint64_t greatest =
        entries.empty() ? 1 : std::max<std::uint64_t>(entries.front().second->count, 1);
    for (const auto& [name, failures] : entries) {
      out_ += "<div class=\"type\"><div class=\"row\"><h3>" + name_of(*name) +
              "</h3><span class=\"number\">" + render_number(failures->count, "session") + "</span></div>" +
              share(failures->count, greatest);
      if (const FailureType* const type = find_failure_type(*name)) {
        out_ += "<p>Cause: " + html::escape(type->cause) + ".</p><p>Fix: " + html::escape(type->fix) +
                "</p><p class=\"soft\">Checks <code>" + std::string(type->checks) +
                "</code> of <code>mta-sts check " + domain_of_checks() + "</code>" + days(*failures) + "</p>";
      } else {
        out_ += "<p class=\"soft\">Not a type of RFC 8460: ask the sender what it means" + days(*failures) +
                "</p>";
      }
      out_ += "</div>\n";
    }
    close();
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

  static std::string date(std::chrono::sys_days day) {
    return "<span class=\"date\">" + render_day(day) + "</span>";
  }

  static std::string days(const Failures& failures) {
    if (!failures.first) {
      return {};
    }
    return " &middot; " + date(*failures.first) +
           (failures.first == failures.last ? "" : " to " + date(*failures.last));
  }

  void hosts() {
    if (metrics_.failures.empty()) {
      return;
    }
    open("Affected MX hosts");
    out_ +=
        "<div class=\"scroll\"><table><thead><tr><th>Host</th><th>Failure</th><th "
        "class=\"number\">Failed</th>"
        "<th class=\"number\">Last</th></tr></thead><tbody>\n";
    for (const auto& [pair, failures] : most(metrics_.failures, input_.rows)) {
      out_ += "<tr><th>" + name_of(pair->second) + "</th><td>" + name_of(pair->first) + "</td>" +
              number_cell(text::render_grouped(failures->count)) + "<td class=\"number\">" +
              (failures->last ? render_day(*failures->last) : "") + "</td></tr>\n";
    }
    out_ += "</tbody></table></div>\n";
    rest(metrics_.failures.size());
    close();
  }

  void places() {
    const auto entries = most(metrics_.places, input_.rows);
    if (std::ranges::none_of(entries, [](const auto& each) { return each.first->is_precise(); })) {
      return;
    }
    open("Where it failed");
    out_ +=
        "<div class=\"scroll\"><table><thead><tr><th>Host</th><th>Failure</th><th>From</th><th>What the "
        "sender "
        "says</th><th class=\"number\">Failed</th></tr></thead><tbody>\n";
    for (const auto& [place, failures] : entries) {
      std::string words;
      for (const std::string* text : {&place->helo, &place->reason_code, &place->information}) {
        words += (words.empty() || text->empty() ? "" : "<br>") + html::escape(*text);
      }
      out_ += "<tr><th>" + name_of(place->host) +
              (place->receiving_ip.empty() ? "" : "<br>" + html::escape(place->receiving_ip)) + "</th><td>" +
              name_of(place->result_type) + "</td><td>" + html::escape(place->sending_ip) + "</td><td>" +
              words + "</td>" + number_cell(text::render_grouped(failures->count)) + "</tr>\n";
    }
    out_ += "</tbody></table></div>\n";
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
    for (const auto& [host, failures] : most(metrics_.outside_policy, input_.rows)) {
      out_ += "<li>" + name_of(*host) + ", " + render_number(failures->count, "session") + days(*failures) +
              "</li>\n";
    }
    out_ += "</ul>\n";
    rest(metrics_.outside_policy.size());
    close();
  }

  void sessions(std::string_view title, std::string_view column,
                const std::map<std::string, Sessions, std::less<>>& table) {
    if (table.empty()) {
      return;
    }
    open(title);
    out_ += "<div class=\"scroll\"><table><thead><tr><th>" + std::string(column) +
            "</th><th class=\"number\">Rate</th><th class=\"number\">Ok</th><th "
            "class=\"number\">Failed</th></tr></thead>"
            "<tbody>\n";
    for (const auto& [name, entry] : worst(table, input_.rows)) {
      const bool meets = entry->meets(input_.target).value_or(true);
      out_ += "<tr><th>" + name_of(*name) + "</th><td class=\"number" + (meets ? "" : " bad") + "\">" +
              rate_of(*entry) + "</td>" + number_cell(text::render_grouped(entry->success)) +
              number_cell(text::render_grouped(entry->failure)) + "</tr>\n";
    }
    out_ += "</tbody></table></div>\n";
    rest(table.size());
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
