#include "metrics/page.hpp"

#include <array>
#include <string>

#include "base/prometheus.hpp"

namespace mta_sts::metrics {
namespace {

struct LabelledKind {
  Counted kind;
  std::string_view label;
};

constexpr LabelledKind answer_kinds[] = {
    {Counted::status_200, "200"}, {Counted::status_304, "304"}, {Counted::status_404, "404"},
    {Counted::status_405, "405"}, {Counted::status_503, "503"}, {Counted::status_other, "other"},
};

constexpr LabelledKind report_kinds[] = {
    {Counted::report_stored, "stored"},
    {Counted::report_repeated, "repeated"},
    {Counted::report_refused, "refused"},
    {Counted::report_failed, "failed"},
};

std::string sample(std::string_view name, std::string_view label, std::string_view label_value,
                   std::string_view value) {
  constexpr std::size_t path_limit_bytes = 4096;  // two that were cut alike would fail the whole scrape
  return std::string(name) + "{" + std::string(label) + "=\"" +
         prometheus::render_label(label_value, path_limit_bytes) + "\"} " + std::string(value) + "\n";
}

std::string counters(std::string_view name, std::string_view help, std::string_view label,
                     std::span<const LabelledKind> kinds, const CountedSums& sums) {
  std::string text = prometheus::counter_head(name, help);
  for (const LabelledKind& kind : kinds) {
    text += sample(name, label, kind.label, std::to_string(sums[static_cast<std::size_t>(kind.kind)]));
  }
  return text;
}

struct StoreGauge {
  std::string_view name;
  std::string_view help;
  std::uint64_t store::StoreFacts::* value;
};

constexpr StoreGauge store_gauges[] = {
    {"mta_sts_web_store_domains", "Domains in the store, aliases too.", &store::StoreFacts::domains},
    {"mta_sts_web_store_profiles", "Profiles in the store.", &store::StoreFacts::profiles},
    {"mta_sts_web_store_size_bytes", "Size of the store's file.", &store::StoreFacts::file_bytes},
};

std::string store_metrics(std::span<const StoreSample> stores) {
  constexpr std::string_view label = "store";
  constexpr std::string_view readable = "mta_sts_web_store_readable";
  constexpr std::string_view changed = "mta_sts_web_store_changed_timestamp_seconds";
  std::string text =
      prometheus::gauge_head(readable, "1 where the worker that answers can read the store, else 0.");
  for (const StoreSample& store : stores) {
    text += sample(readable, label, store.path, store.facts ? "1" : "0");
  }
  for (const StoreGauge& gauge : store_gauges) {
    text += prometheus::gauge_head(gauge.name, gauge.help);
    for (const StoreSample& store : stores) {
      if (store.facts) {
        text += sample(gauge.name, label, store.path, std::to_string((*store.facts).*gauge.value));
      }
    }
  }
  text += prometheus::gauge_head(changed, "When the store was changed last.");
  for (const StoreSample& store : stores) {
    if (store.facts) {
      text += sample(changed, label, store.path, std::to_string(store.facts->changed_seconds));
    }
  }
  return text;
}

}  // namespace

std::string counters_layout() {
  std::array<std::string_view, counted_kinds> labels{};
  labels[static_cast<std::size_t>(Counted::store_fault)] = "fault";
  for (const LabelledKind& kind : answer_kinds) {
    labels[static_cast<std::size_t>(kind.kind)] = kind.label;
  }
  for (const LabelledKind& kind : report_kinds) {
    labels[static_cast<std::size_t>(kind.kind)] = kind.label;
  }
  std::string layout = std::to_string(sizeof(Counters));
  for (const std::string_view label : labels) {
    layout += "-" + std::string(label);
  }
  return layout;
}

std::string render_page(const CountingBuild& build, const CountedSums& sums,
                        std::span<const StoreSample> stores) {
  constexpr std::string_view info = "mta_sts_web_build_info";
  constexpr std::string_view faults = "mta_sts_web_store_faults_total";
  std::string text = prometheus::gauge_head(info, "Always 1; the labels say what runs.");
  text += std::string(info) + "{version=\"" + prometheus::render_label(build.version) + "\",server=\"" +
          prometheus::render_label(build.server) + "\"} 1\n";
  text += counters("mta_sts_web_answers_total", "Answers for the policy's path since the start, by status.",
                   "status", answer_kinds, sums);
  text += counters("mta_sts_web_reports_total", "TLS reports that were posted since the start, by result.",
                   "result", report_kinds, sums);
  text += prometheus::counter_head(faults,
                                   "Lookups in a store that failed since the start; each was answered 503.") +
          std::string(faults) + " " + std::to_string(sums[static_cast<std::size_t>(Counted::store_fault)]) +
          "\n";
  if (!stores.empty()) {
    text += store_metrics(stores);
  }
  return text;
}

}  // namespace mta_sts::metrics
