#include "tlsrpt/render/html_chart.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "base/number.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/render/render_text.hpp"

namespace mta_sts::tlsrpt {
namespace {

using std::chrono::sys_days;

// The drawing is stretched to the page: its units are days and thousandths of the height.
constexpr std::uint64_t height = 1000;

// The next of 1, 2, 5, 10, 20, 50 and so on that is not less: a scale people can read.
std::uint64_t round_up(std::uint64_t value) {
  std::uint64_t step = 1;
  while (step < value && step <= UINT64_MAX / 10) {
    for (const std::uint64_t factor : {1U, 2U, 5U}) {
      if (step * factor >= value) {
        return step * factor;
      }
    }
    step *= 10;
  }
  return std::max(step, value);
}

class Chart {
 public:
  Chart(const Metrics& metrics, ChartOf what, Target target)
      : metrics_(metrics), what_(what), target_(target) {
    last_ = metrics.days.rbegin()->first;
    first_ = std::max(metrics.days.begin()->first, last_ - std::chrono::days(chart_days_limit - 1));
    for (auto day = metrics.days.lower_bound(first_); day != metrics.days.end(); ++day) {
      top_ = std::max(top_, value(day->second));
    }
    top_ = round_up(std::max<std::uint64_t>(top_, 1));
  }

  std::string render() {
    const auto count = static_cast<std::uint64_t>((last_ - first_).count() + 1);
    const std::string name = what_ == ChartOf::failures ? "Failed sessions by day" : "Sessions by day";
    std::string out = "<div class=\"chart" + std::string(what_ == ChartOf::failures ? "" : " low") +
                      "\"><div class=\"scale\"><span>" + text::render_grouped(top_) +
                      "</span><span>0</span></div>" + "<svg role=\"img\" aria-label=\"" + name +
                      "\" preserveAspectRatio=\"none\" viewBox=\"0 0 " + std::to_string(count * 10) + " " +
                      std::to_string(height) + "\">";
    const auto jumps = what_ == ChartOf::failures ? metrics_.jumps() : std::vector<sys_days>();
    const std::set<sys_days> jumped(jumps.begin(), jumps.end());
    std::uint64_t x = 0;
    for (sys_days day = first_; day <= last_; day += std::chrono::days(1), x += 10) {
      const auto found = metrics_.days.find(day);
      if (found == metrics_.days.end()) {
        out += rect("gap", x, 10, height, render_day(day) + ": no report");
        continue;
      }
      if (jumped.contains(day)) {
        out += rect("jump", x, 10, height, render_day(day) + ": jump");
      }
      out += bar(day, found->second, x);
    }
    return out + "</svg><div class=\"dates\">" + dates() + "</div></div>";
  }

 private:
  [[nodiscard]] std::uint64_t value(const Sessions& sessions) const {
    return what_ == ChartOf::failures ? sessions.failure : saturating_add(sessions.success, sessions.failure);
  }

  [[nodiscard]] std::string bar(sys_days day, const Sessions& sessions, std::uint64_t x) const {
    const std::uint64_t count = value(sessions);
    if (count == 0) {
      return {};
    }
    const double part = static_cast<double>(count) / static_cast<double>(top_);
    const auto length =
        std::clamp<std::uint64_t>(static_cast<std::uint64_t>(part * static_cast<double>(height)), 12, height);
    const bool meets = sessions.meets(target_).value_or(true);
    const std::string_view kind = what_ == ChartOf::sessions ? "all" : meets ? "some" : "miss";
    return rect(kind, x + 1, 8, length,
                render_day(day) + ": " + text::render_grouped(sessions.failure) + " failed, " +
                    text::render_grouped(sessions.success) + " ok, " +
                    sessions.rate_beside(target_).value_or("-") + "%");
  }

  static std::string rect(std::string_view kind, std::uint64_t x, std::uint64_t width, std::uint64_t length,
                          const std::string& title) {
    return "<rect class=\"" + std::string(kind) + "\" x=\"" + std::to_string(x) + "\" y=\"" +
           std::to_string(height - length) + "\" width=\"" + std::to_string(width) + "\" height=\"" +
           std::to_string(length) + "\"><title>" + title + "</title></rect>";
  }

  [[nodiscard]] std::string dates() const {
    const auto span = (last_ - first_).count();
    const auto middle = first_ + std::chrono::days(span / 2);
    std::string out = "<span>" + render_day(first_) + "</span>";
    if (span >= 4) {
      out += "<span>" + render_day(middle) + "</span>";
    }
    return span == 0 ? out : out + "<span>" + render_day(last_) + "</span>";
  }

  const Metrics& metrics_;
  ChartOf what_;
  Target target_;
  sys_days first_;
  sys_days last_;
  std::uint64_t top_ = 0;
};

}  // namespace

std::string render_html_chart(const Metrics& metrics, ChartOf what, Target target) {
  return Chart(metrics, what, target).render();
}

}  // namespace mta_sts::tlsrpt
