#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/fuzz.hpp"
#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/read/read_input.hpp"
#include "tlsrpt/render/alert.hpp"
#include "tlsrpt/render/render_html.hpp"
#include "tlsrpt/render/render_json.hpp"
#include "tlsrpt/render/render_prometheus.hpp"
#include "tlsrpt/render/render_text.hpp"

namespace mta_sts::fuzz {

/// Takes reports as the command does, and requires what must hold of every one.
class ReportTaker {
 public:
  void take(tlsrpt::Report&& report) {
    ++taken_;
    for (const tlsrpt::PolicyReport& policy : report.policies) {
      require(!policy.is_shadowed || is_counted_by_another(policy, report));
      require(!policy.domain || !text::find_invalid_utf8(*policy.domain));
      for (const tlsrpt::FailureDetail& detail : policy.details) {
        require(!detail.host.empty() && !detail.result_type.empty());
      }
    }
    require_ascii(render_report_json(report));
    const bool is_fresh = duplicates_.judge(report) == tlsrpt::Novelty::fresh;
    require(duplicates_.judge(report) != tlsrpt::Novelty::fresh);  // the second time it is none
    if (is_fresh) {
      metrics_.add(report, {});
      visit_rows(report, {}, watched_);
      fresh_.push_back(std::move(report));
    }
  }

  /// Requires that findings agree with what was taken, and that every way to show them is safe.
  void finish(const tlsrpt::InputResult& result) const {
    require(result.reports == taken_);
    require(result.reports > 0 || !result.findings.errors.empty());
    require(result.findings.problems.empty() == result.findings.errors.empty());
    require_ascii(render_input_json(result));
    const auto plain = [](TextRole, std::string_view text) { return std::string(text); };
    require_safe(render_text(metrics_, duplicates_.left_out(), {}, plain));
    require_safe(render_conflicts(duplicates_.conflicts()));
    require_safe(tlsrpt::render_prometheus(metrics_, {}, 0, {}));
    require_safe(alert());
    require_ascii(render_summary_json(metrics_, duplicates_.left_out(), {}));
    tlsrpt::Breakdown breakdown(metrics_, tlsrpt::html_sections);
    for (const tlsrpt::Report& report : fresh_) {
      visit_rows(report, {}, breakdown);
    }
    const std::string page = tlsrpt::render_html({.metrics = metrics_,
                                                  .breakdown = breakdown,
                                                  .left_out = duplicates_.left_out(),
                                                  .target = {},
                                                  .domain = "",
                                                  .made = {}});
    require_safe(page);
    require(page.find("<script") == std::string::npos);
  }

  static constexpr std::chrono::sys_days today = std::chrono::year(2026) / 12 / 1;

 private:
  // MTA-STS and DANE may each repeat the other's sessions of a domain, never both.
  static bool is_counted_by_another(const tlsrpt::PolicyReport& policy, const tlsrpt::Report& report) {
    const std::string_view other = policy.type == "tlsa" ? "sts" : "tlsa";
    return (policy.type == "sts" || policy.type == "tlsa") &&
           std::ranges::any_of(report.policies, [&](const tlsrpt::PolicyReport& candidate) {
             return !candidate.is_shadowed && candidate.type == other &&
                    candidate.counted_domain == policy.counted_domain;
           });
  }

  static void require_ascii(std::string_view text) {
    for (const char c : text) {
      require(static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F);
    }
  }

  // What was told once, and what is told of it again.
  [[nodiscard]] std::string alert() const {
    const tlsrpt::Judgment judgment = judge(watched_, {.target = {}, .expects_reports = true});
    const tlsrpt::Told first = compare(judgment, watched_, {}, today);
    const tlsrpt::Told second = compare(judgment, watched_, first.standing, today);
    require(second.fresh.empty() && second.cleared.empty());
    const auto render = [&](const tlsrpt::Told& told) {
      return tlsrpt::render_alert(
          {.told = told, .judgment = judgment, .watched = watched_, .domain = "", .today = today});
    };
    return render(first) + render(second);
  }

  tlsrpt::Duplicates duplicates_;
  tlsrpt::Watched watched_{{.since = {}, .imported_since = std::chrono::sys_seconds{}}, today};
  tlsrpt::Metrics metrics_;
  std::vector<tlsrpt::Report> fresh_;
  std::size_t taken_ = 0;
};

/// Reads bytes as one input and requires all that must hold.
inline void read_as_input(std::string_view bytes) {
  static tlsrpt::InputReader reader{ReportTaker::today,
                                    "mx.example.com"};  // one a process, as in the command
  ReportTaker taker;
  tlsrpt::MemorySource source(bytes);
  taker.finish(reader.read(source, "fuzz", [&](tlsrpt::Report&& report) { taker.take(std::move(report)); }));
}

}  // namespace mta_sts::fuzz
