#include "base/prometheus.hpp"

#include "base/utf8.hpp"

namespace mta_sts::prometheus {
namespace {

std::string head_of(std::string_view name, std::string_view help, std::string_view type) {
  std::string text("# HELP ");
  text.append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(type);
  return text += '\n';
}

}  // namespace

std::string render_label(std::string_view value, std::size_t limit_bytes) {
  std::string label;
  for (const char c : text::escape_for_display(value, limit_bytes)) {
    if (c == '\\' || c == '"') {
      label += '\\';
    }
    label += c;
  }
  return label;
}

std::string gauge_head(std::string_view name, std::string_view help) {
  return head_of(name, help, "gauge");
}

std::string counter_head(std::string_view name, std::string_view help) {
  return head_of(name, help, "counter");
}

}  // namespace mta_sts::prometheus
