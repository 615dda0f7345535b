#include "prometheus.hpp"

#include <algorithm>
#include <string_view>

#include "base/prometheus.hpp"

namespace mta_sts::resolver {
namespace {

constexpr std::string_view prefix = "mta_sts_";

std::string metric_name(std::string_view word) {
  std::string name(prefix);
  name += word;
  std::ranges::replace(name, '-', '_');
  return name;
}

std::string value_text(const sender::Counter& counter) {
  std::string text = std::to_string(counter.value / counter.parts);
  if (counter.parts > 1) {
    const std::string part = std::to_string(counter.parts + counter.value % counter.parts);
    text += "." + part.substr(1);  // parts is a power of ten
  }
  return text;
}

/// The type of a metric that is told by the end of its name.
std::string_view type_of(std::string_view name) {
  return name.ends_with("_total") ? " counter\n" : " gauge\n";
}

/// A metric's family: its name without labels, and without the ends that a histogram's series have.
std::string_view family_of(std::string_view labelled) {
  std::string_view name = labelled.substr(0, labelled.find('{'));
  for (const std::string_view end : {"_bucket", "_sum", "_count"}) {
    if (name.ends_with(end)) {
      name.remove_suffix(end.size());
      break;
    }
  }
  return name;
}

void append_metrics(std::string& text, const std::vector<sender::Counter>& service) {
  std::string last;
  for (const sender::Counter& counter : service) {
    if (counter.kind != sender::Counter::Kind::metric) {
      continue;
    }
    const std::string family = metric_name(family_of(counter.name));
    if (family != last) {
      text += "# TYPE " + family;
      text += family.ends_with("_seconds") ? " histogram\n" : type_of(family);
      last = family;
    }
    text += std::string(prefix) + counter.name + " " + value_text(counter) + "\n";
  }
}

}  // namespace

std::string prometheus_text(const std::vector<sender::Counter>& service,
                            const std::vector<std::pair<std::string, std::uint64_t>>& sockets) {
  std::string text = prometheus::counter_head(
      "mta_sts_events_total", "What happened since the start, by the words of docs/errors.md.");
  for (const sender::Counter& counter : service) {
    if (counter.kind == sender::Counter::Kind::event) {
      text += "mta_sts_events_total{event=\"" + counter.name + "\"} " + std::to_string(counter.value) + "\n";
    }
  }
  for (const sender::Counter& counter : service) {
    if (counter.kind == sender::Counter::Kind::gauge) {
      const std::string name = metric_name(counter.name);
      text += "# TYPE " + name + " gauge\n" + name + " " + std::to_string(counter.value) + "\n";
    }
  }
  append_metrics(text, service);
  std::string last_name;
  for (const auto& [labelled, value] : sockets) {
    const std::string name = metric_name(std::string_view(labelled).substr(0, labelled.find('{')));
    if (name != last_name) {
      text += "# TYPE " + name;
      text += type_of(name);
      last_name = name;
    }
    text += std::string(prefix) + labelled + " " + std::to_string(value) + "\n";
  }
  return text;
}

}  // namespace mta_sts::resolver
