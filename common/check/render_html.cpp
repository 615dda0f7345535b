#include "check/render_html.hpp"

#include "base/enum_names.hpp"
#include "check/markup.hpp"
#include "check/render_html_details.hpp"
#include "check/wording.hpp"
#include "html/page.hpp"

namespace mta_sts::check {
namespace {

using markup::code;
using markup::described;
using markup::element;
using markup::escaped;

std::string_view class_of(Severity severity) {
  using enum Severity;
  static constexpr auto words = enum_names<Severity>({
      {error, "bad"},
      {warning, "warn"},
      {note, "soft"},
  });
  return words[severity];
}

std::string_view class_of(const Diagnosis& d) {
  return d.forecast.is_protected && d.forecast.is_whole ? "good" : d.errors > 0 ? "bad" : "warn";
}

std::string name_of(const Diagnosis& d) {
  return escaped(d.shown_domain) + (d.shown_domain == d.domain ? "" : " (" + escaped(d.domain) + ")");
}

std::string_view class_of(AreaState state) {
  using enum AreaState;
  static constexpr auto words = enum_names<AreaState>({
      {error, "bad"},
      {warning, "warn"},
      {not_testable, "soft"},
      {note, "soft"},
      {ok, "good"},
      {not_applicable, "soft"},
      {skipped, "soft"},
  });
  return words[state];
}

std::string areas(const Diagnosis& d) {
  std::string out = "<ul class=\"areas\">\n";
  for (const AreaStatus& area : d.areas) {
    out += "<li>" + escaped(area.name) + " " +
           element("strong", class_of(area.state), escaped(to_string(area.state))) + "</li>\n";
  }
  return out + "</ul>\n";
}

std::string fault(const Check& check, const CheckFinding& finding) {
  std::string out = "<div class=\"type\"><h3>" +
                    element("span", "badge " + std::string(class_of(finding.severity)),
                            escaped(to_string(finding.severity))) +
                    id_of(check.number) + " " + escaped(title_of(check, finding)) + "</h3>\n<dl>\n";
  out += described("at", escaped(finding.subject)) + described("seen", code(escaped(finding.evidence))) +
         described("cause", escaped(cause_of(check, finding))) +
         described("fix", escaped(fix_of(check, finding)));
  for (const std::string_view line : lines_of(finding)) {
    out += described("line", code(escaped(line)));
  }
  if (check.source != "-") {
    out += described("rule", escaped(check.source));
  }
  return out + "</dl></div>\n";
}

std::string faults(const Diagnosis& d) {
  std::string out;
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
    for (const Judgement& judgement : d.judgements) {
      for (const CheckFinding& finding : judgement.findings) {
        if (finding.outcome == Outcome::found && finding.severity == severity) {
          out += fault(*judgement.check, finding);
        }
      }
    }
  }
  return out;
}

std::string untestable(const Diagnosis& d) {
  std::string out;
  for (const auto& [reason, checks] : untestable_reasons(d)) {
    out += described("", escaped(reason) + " (" + checks + ")");
  }
  return out.empty() ? ""
                     : "<div class=\"type\"><h3>Not testable from here</h3>\n<dl>\n" + out + "</dl></div>\n";
}

std::string every_check(const Diagnosis& d) {
  std::string out =
      "<details><summary>Every check</summary>\n<div class=\"scroll\"><table><thead><tr><th>Check</th><th>"
      "Result</th></tr></thead><tbody>\n";
  for (const Judgement& judgement : d.judgements) {
    for (const CheckFinding& finding : judgement.findings) {
      const std::string result = finding.outcome == Outcome::skipped
                                     ? "skipped because of " + id_of(finding.because_of)
                                     : std::string(word_of(finding));
      out += "<tr><th>" + id_of(judgement.check->number) + " " +
             escaped(title_of(*judgement.check, finding)) + "</th><td>" + result +
             (finding.subject.empty() ? "" : ": " + escaped(finding.subject)) +
             (finding.evidence.empty() ? "" : "<br>" + element("span", "soft", escaped(finding.evidence))) +
             "</td></tr>\n";
    }
  }
  return out + "</tbody></table></div></details>\n";
}

std::string section(const Diagnosis& d, std::size_t number) {
  std::string out = "<section class=\"card\" id=\"d" + std::to_string(number) + "\">\n<h2>" + name_of(d) +
                    "</h2>\n" +
                    element("p", "verdict " + std::string(class_of(d)), escaped(d.forecast.sentence)) + "\n";
  const std::string policy = policy_line(d);
  out += element("p", "soft", (policy.empty() ? "" : escaped(policy) + "<br>") + counts_line(d)) + "\n";
  const std::string troubles = faults(d) + untestable(d);
  return out + areas(d) + render_senders(d.details) + render_next(d.next) + "</section>\n" +
         (troubles.empty() ? "" : "<section class=\"card\">\n" + troubles + "</section>\n") +
         "<section class=\"card\">\n" + render_html(d.details) + every_check(d) + "</section>\n";
}

}  // namespace

bool HtmlPage::has_room() {
  return ++domains_ <= page_domains_limit;
}

void HtmlPage::add_row(const std::string& shown_domain, const std::string& verdict,
                       const std::string& numbers) {
  if (domains_ == 1) {
    first_domain_ = shown_domain;
  }
  // The sentence stands below the name: a column of its own leaves no room for either on a phone.
  rows_ += "<tr><th><a href=\"#d" + std::to_string(domains_) + "\">" + escaped(shown_domain) + "</a>" +
           verdict + "</th>" + numbers + "</tr>\n";
}

void HtmlPage::add(const Diagnosis& d) {
  with_errors_ += d.errors > 0 ? 1 : 0;
  if (!has_room()) {
    return;
  }
  add_row(d.shown_domain, element("p", class_of(d), escaped(d.forecast.sentence)),
          element("td", "number", std::to_string(d.errors)) +
              element("td", "number", std::to_string(d.warnings)));
  sections_ += section(d, domains_);
}

void HtmlPage::add_failure(const std::string& shown_domain, const std::string& reason) {
  if (!has_room()) {
    return;
  }
  add_row(shown_domain, element("p", "warn", escaped(reason)), "<td></td><td></td>");
  sections_ += "<section class=\"card\" id=\"d" + std::to_string(domains_) + "\">\n<h2>" +
               escaped(shown_domain) + "</h2>\n" + element("p", "verdict warn", escaped(reason)) +
               "\n</section>\n";
}

std::string HtmlPage::title() const {
  return "MTA-STS check of " + (domains_ == 1 ? first_domain_ : plural(domains_, "domain"));
}

std::string HtmlPage::render(std::chrono::sys_seconds made) const {
  const auto day = std::chrono::floor<std::chrono::days>(made);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(made - day);
  const auto two = [](unsigned long value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  std::string page = html::begin_page(
      {.title = title(),
       .subtitle = std::to_string(static_cast<int>(date.year())) + "-" +
                   two(static_cast<unsigned>(date.month())) + "-" + two(static_cast<unsigned>(date.day())) +
                   " " + two(static_cast<unsigned long>(time.hours().count())) + ":" +
                   two(static_cast<unsigned long>(time.minutes().count())) + " UTC"});
  if (domains_ > 1) {
    page += "<section class=\"card\">\n<h2>" + plural(with_errors_, "domain") + " with errors</h2>\n" +
            "<div class=\"scroll\"><table><thead><tr><th>Domain</th><th "
            "class=\"number\">Errors</th><th class=\"number\">Warnings</th></tr></thead><tbody>\n" +
            rows_ + "</tbody></table></div>\n";
    if (domains_ > page_domains_limit) {
      page += "<p class=\"warn\">" + plural(domains_ - page_domains_limit, "more domain") +
              " not on this page: check them in smaller runs, or with --json</p>\n";
    }
    page += "</section>\n";
  }
  const std::vector<std::string> lines{
      "Looked at from outside by mta-sts check. What servers answered is shown as they sent it. Each check "
      "is "
      "explained by mta-sts check --explain C26."};
  return page + sections_ + html::end_page(lines);
}

}  // namespace mta_sts::check
