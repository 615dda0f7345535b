#include "check/render_prometheus.hpp"

#include "base/prometheus.hpp"

namespace mta_sts::check {
namespace {

using prometheus::render_label;

std::string gauge(const std::string& name, std::string_view help,
                  const std::map<std::string, std::string>& series) {
  if (series.empty()) {
    return "";
  }
  std::string out = prometheus::gauge_head(name, help);
  for (const auto& [labels, value] : series) {
    out += name + "{" + labels + "} " + value + "\n";
  }
  return out;
}

std::string domain_label(const std::string& domain) {
  return "domain=\"" + render_label(domain) + "\"";
}

}  // namespace

void CheckMetrics::add(const Diagnosis& d) {
  const std::string labels = domain_label(d.domain);
  completed_[labels] = "1";
  errors_[labels] = std::to_string(d.errors);
  warnings_[labels] = std::to_string(d.warnings);
  if (d.forecast.is_testable) {
    delivers_[labels] = d.forecast.delivers ? "1" : "0";
  }
  for (const AddressDetails& at : d.details.addresses) {
    add_certificate(d.domain, at);
  }
}

void CheckMetrics::add_certificate(const std::string& domain, const AddressDetails& at) {
  if (!at.certificate) {
    return;
  }
  const std::string labels = domain_label(domain) + ",service=\"" + (at.is_policy_host ? "https" : "smtp") +
                             "\",host=\"" + render_label(at.host) + "\",address=\"" +
                             render_label(at.address) + "\"";
  days_left_[labels] = std::to_string(at.certificate->days_left);
  not_after_[labels] = std::to_string(at.certificate->not_after.time_since_epoch().count());
}

void CheckMetrics::add_failure(const std::string& domain) {
  completed_.emplace(domain_label(domain), "0");
}

std::string CheckMetrics::render(std::chrono::sys_seconds made) const {
  const std::string last_run = "mta_sts_check_last_run_timestamp_seconds";
  return prometheus::gauge_head(last_run, "When the last run of mta-sts check ended.") + last_run + " " +
         std::to_string(made.time_since_epoch().count()) + "\n" +
         gauge("mta_sts_check_completed",
               "1: the domain was checked; 0: DNS does not answer or knows no such domain.", completed_) +
         gauge("mta_sts_check_errors", "Errors found.", errors_) +
         gauge("mta_sts_check_warnings", "Warnings found.", warnings_) +
         gauge("mta_sts_check_delivers",
               "1: an enforcing sender could deliver to some MX host; absent where none could be tested.",
               delivers_) +
         gauge("mta_sts_check_certificate_days_left",
               "Whole days that the certificate was still valid for at the check; below 0: expired.",
               days_left_) +
         gauge("mta_sts_check_certificate_expiry_timestamp_seconds", "When the certificate expires.",
               not_after_);
}

}  // namespace mta_sts::check
