#include "base/prometheus.hpp"

#include "base/utf8.hpp"

namespace mta_sts::prometheus {

std::string render_label(std::string_view value) {
  std::string label;
  for (const char c : text::escape_for_display(value, 200)) {
    if (c == '\\' || c == '"') {
      label += '\\';
    }
    label += c;
  }
  return label;
}

std::string gauge_head(std::string_view name, std::string_view help) {
  return "# HELP " + std::string(name) + " " + std::string(help) + "\n# TYPE " + std::string(name) +
         " gauge\n";
}

}  // namespace mta_sts::prometheus
