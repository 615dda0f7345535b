#include "policy/render_policy.hpp"

namespace mta_sts {
namespace {

void add_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");  // R28: CRLF is what the RFC's examples send
}

}  // namespace

std::string render_policy(const Policy& policy) {
  std::string out;
  add_line(out, "version", "STSv1");
  add_line(out, "mode", to_string(policy.mode));
  for (const std::string& mx : policy.mx) {
    add_line(out, "mx", mx);  // R26: one line each
  }
  add_line(out, "max_age", std::to_string(policy.max_age_seconds));
  for (const PolicyExtension& extension : policy.extensions) {
    add_line(out, extension.name, extension.value);
  }
  return out;
}

}  // namespace mta_sts
