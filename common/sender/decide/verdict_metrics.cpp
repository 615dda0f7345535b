#include "sender/decide/verdict_metrics.hpp"

#include <string_view>
#include <utility>

namespace mta_sts::sender {
namespace {

constexpr std::array modes_in_order{VerdictMode::enforce, VerdictMode::testing, VerdictMode::none,
                                    VerdictMode::temp};
constexpr std::array sources_in_order{VerdictSource::none, VerdictSource::cache, VerdictSource::fetch};

void add_one(std::map<std::string, std::uint64_t, std::less<>>& counts, std::string_view word) {
  const auto found = counts.find(word);
  ++(found != counts.end() ? found : counts.emplace(word, 0).first)->second;
}

std::string verdict_name(VerdictMode mode, VerdictSource source, std::string_view reason) {
  std::string name = "verdicts_total{mode=\"";
  name.append(to_string(mode)).append("\",source=\"").append(to_string(source));
  name.append("\",reason=\"").append(reason).append("\"}");
  return name;
}

}  // namespace

void VerdictMetrics::tally(const Verdict& verdict) {
  const auto mode = static_cast<std::size_t>(verdict.mode);
  const auto source = static_cast<std::size_t>(verdict.source);
  if (mode >= modes || source >= sources) {
    return;
  }
  if (verdict.reason.empty()) {
    ++plain_[mode * sources + source];
  } else {
    add_one(with_reason_[mode], verdict.reason);
  }
}

void VerdictMetrics::note_fetch(const FetchResult& result) {
  const auto elapsed = result ? result->elapsed : result.error().elapsed;
  ++fetches_;
  fetch_time_ += elapsed;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    within_[i] += elapsed <= bounds[i].first ? 1U : 0U;
  }
  add_one(fetch_results_, result ? "ok" : to_string(result.error().kind));
}

void VerdictMetrics::append_to(std::vector<Counter>& counters) const {
  const auto metric = [&](std::string name, std::uint64_t value, std::uint32_t parts = 1) {
    counters.push_back(
        {.name = std::move(name), .value = value, .kind = Counter::Kind::metric, .parts = parts});
  };
  for (const VerdictMode mode : modes_in_order) {
    const auto row = static_cast<std::size_t>(mode);
    for (const VerdictSource source : sources_in_order) {
      const std::uint64_t value = plain_[row * sources + static_cast<std::size_t>(source)];
      if (value > 0) {
        metric(verdict_name(mode, source, {}), value);
      }
    }
    for (const auto& [reason, value] : with_reason_[row]) {
      metric(verdict_name(mode, VerdictSource::none, reason), value);
    }
  }
  for (const auto& [result, value] : fetch_results_) {
    metric("fetch_results_total{result=\"" + result + "\"}", value);
  }
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    metric("fetch_seconds_bucket{le=\"" + std::string(bounds[i].second) + "\"}", within_[i]);
  }
  metric("fetch_seconds_bucket{le=\"+Inf\"}", fetches_);
  metric("fetch_seconds_sum", static_cast<std::uint64_t>(fetch_time_.count()), 1000);
  metric("fetch_seconds_count", fetches_);
}

}  // namespace mta_sts::sender
