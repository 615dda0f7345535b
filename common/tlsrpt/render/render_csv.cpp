#include "tlsrpt/render/render_csv.hpp"

#include "base/utf8.hpp"
#include "tlsrpt/model/report_values.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::string_view formula_starts = "=+-@\t\r\n";

std::string day_field(const std::optional<std::chrono::sys_days>& day) {
  return day ? render_day(*day) : std::string();
}

std::string_view yes_or_no(bool is_counted) {
  return is_counted ? "yes" : "no";
}

}  // namespace

std::string render_csv_field(std::string_view text) {
  const bool is_formula =
      !text.empty() && text != not_given && formula_starts.find(text.front()) != std::string_view::npos;
  std::string field = is_formula ? "\"'" : "\"";
  for (const char c : text::escape_for_display(text)) {
    field += c;
    if (c == '"') {
      field += c;
    }
  }
  return field + "\"";
}

std::string_view session_csv_header() {
  return "day,domain,organization,policy_type,success,failure,counted,authentication\r\n";
}

std::string_view failure_csv_header() {
  return "day,domain,organization,result_type,host,failed,counted,receiving_ip,sending_ip,helo,reason_code,"
         "information,mx_in_policy,authentication\r\n";
}

std::string render_csv(const SessionRow& row) {
  return day_field(row.day) + "," + render_csv_field(row.domain) + "," + render_csv_field(row.organization) +
         "," + render_csv_field(row.policy_type) + "," + std::to_string(row.sessions.success) + "," +
         std::to_string(row.sessions.failure) + "," + std::string(yes_or_no(!row.is_shadowed)) + "," +
         std::string(to_string(row.authentication)) + "\r\n";
}

std::string render_csv(const FailureRow& row) {
  return day_field(row.day) + "," + render_csv_field(row.domain) + "," + render_csv_field(row.organization) +
         "," + render_csv_field(row.result_type) + "," + render_csv_field(row.host) + "," +
         std::to_string(row.count) + "," + std::string(yes_or_no(!row.is_shadowed)) + "," +
         render_csv_field(row.receiving_ip) + "," + render_csv_field(row.sending_ip) + "," +
         render_csv_field(row.helo) + "," + render_csv_field(row.reason_code) + "," +
         render_csv_field(row.information) + "," + std::string(yes_or_no(!row.is_outside_policy)) + "," +
         std::string(to_string(row.authentication)) + "\r\n";
}

}  // namespace mta_sts::tlsrpt
