#include "tlsrpt/render/html_table.hpp"

#include <utility>

#include "base/number.hpp"
#include "html/page.hpp"
#include "tlsrpt/model/report_values.hpp"

namespace mta_sts::tlsrpt {

std::string html_name(std::string_view name) {
  return name == not_given ? "<span class=\"soft\">not given</span>" : html::escape(name);
}

std::string html_rate(const Sessions& sessions, Target target) {
  const auto percent = sessions.rate_beside(target);
  return percent ? *percent + " %" : "&ndash;";
}

std::string html_day(std::chrono::sys_days day) {
  return "<span class=\"date\">" + render_day(day) + "</span>";
}

std::string html_days(const Failures& failures) {
  if (!failures.first) {
    return {};
  }
  return " &middot; " + html_day(*failures.first) +
         (failures.first == failures.last ? "" : " to " + html_day(*failures.last));
}

HtmlTable::HtmlTable(std::string_view caption, const std::vector<std::string_view>& columns) {
  out_ = "<div class=\"scroll\"><table>";
  if (!caption.empty()) {
    out_ += "<caption>" + std::string(caption) + "</caption>";
  }
  out_ += "<thead><tr>";
  for (const std::string_view column : columns) {
    const bool is_number = column.starts_with('#');
    out_ += is_number ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">";
    out_ += column.substr(is_number ? 1 : 0);
    out_ += "</th>";
  }
  out_ += "</tr></thead><tbody>\n";
}

HtmlTable& HtmlTable::row(const std::string& head) {
  end_row();
  is_in_row_ = true;
  out_ += "<tr><th scope=\"row\">" + head + "</th>";
  return *this;
}

HtmlTable& HtmlTable::cell(const std::string& content) {
  out_ += "<td>" + content + "</td>";
  return *this;
}

HtmlTable& HtmlTable::number(const std::string& content, bool is_bad) {
  out_ += (is_bad ? "<td class=\"number bad\">" : "<td class=\"number\">") + content + "</td>";
  return *this;
}

HtmlTable& HtmlTable::number(std::uint64_t value) {
  return number(text::render_grouped(value));
}

std::string HtmlTable::take() {
  end_row();
  out_ += "</tbody></table></div>\n";
  return std::move(out_);
}

void HtmlTable::end_row() {
  out_ += is_in_row_ ? "</tr>\n" : "";
  is_in_row_ = false;
}

}  // namespace mta_sts::tlsrpt
