#include "prometheus.hpp"

#include <algorithm>
#include <string_view>

namespace mta_sts::resolver {
namespace {

constexpr std::string_view prefix = "mta_sts_";

std::string metric_name(std::string_view word) {
  std::string name(prefix);
  name += word;
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace

std::string prometheus_text(const std::vector<Counter>& service,
                            const std::vector<std::pair<std::string, std::uint64_t>>& sockets) {
  std::string text =
      "# HELP mta_sts_events_total What happened since the start, by the words of docs/errors.md.\n"
      "# TYPE mta_sts_events_total counter\n";
  for (const Counter& counter : service) {
    if (!counter.gauge) {
      text += "mta_sts_events_total{event=\"" + counter.name + "\"} " + std::to_string(counter.value) + "\n";
    }
  }
  for (const Counter& counter : service) {
    if (counter.gauge) {
      const std::string name = metric_name(counter.name);
      text += "# TYPE " + name + " gauge\n" + name + " " + std::to_string(counter.value) + "\n";
    }
  }
  std::string last_name;
  for (const auto& [labelled, value] : sockets) {
    const std::string name = metric_name(std::string_view(labelled).substr(0, labelled.find('{')));
    if (name != last_name) {
      text += "# TYPE " + name + (name.ends_with("_total") ? " counter\n" : " gauge\n");
      last_name = name;
    }
    text += std::string(prefix) + labelled + " " + std::to_string(value) + "\n";
  }
  return text;
}

}  // namespace mta_sts::resolver
