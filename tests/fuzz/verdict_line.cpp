// A verdict line, and behind an LF an MX host: what is read is written again as it was, and the host list of
// an enforce verdict keeps a host exactly where the policy's patterns name it.
#include "verdict/verdict_line.hpp"

#include <algorithm>

#include "fuzz/fuzz.hpp"
#include "policy/mx_match.hpp"
#include "policy/parse_policy.hpp"
#include "policy/txt_record.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

namespace {

bool take(std::string_view& text, std::string_view word) {
  const bool is_there = text.starts_with(word);
  text.remove_prefix(is_there ? word.size() : 0);
  return is_there;
}

// Reads the few things of a regex that host_ignore_list writes, as Exim would.
bool matches_regex(std::string_view regex, std::string_view host) {
  if (take(regex, "[^.]+")) {
    const std::size_t end = std::min(host.find('.'), host.size());
    if (end == 0) {
      return false;
    }
    host.remove_prefix(end);
  }
  while (!regex.empty()) {
    const char wanted = take(regex, "[.]") ? '.' : regex.front();
    if (wanted != '.') {
      regex.remove_prefix(1);
    }
    if (host.empty() || ascii::to_lower(host.front()) != wanted) {
      return false;
    }
    host.remove_prefix(1);
  }
  return host.empty();
}

bool is_kept(std::string_view list, std::string_view host) {
  while (take(list, "! ^")) {
    const std::size_t end = list.find("$ ; ");
    require(end != std::string_view::npos);
    if (matches_regex(list.substr(0, end), host)) {
      return true;
    }
    list.remove_prefix(end + 4);
  }
  require(list == "*");  // whatever no pattern names is ignored
  return false;
}

// A host as an MX record brings it to Exim, without a root dot; no matcher is asked for others.
bool is_plain_host(std::string_view host) {
  for (const std::string_view label : split(host, '.')) {
    if (label.empty() ||
        !std::ranges::all_of(label, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; })) {
      return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = view_of(data, size);
  const std::size_t end = std::min(input.find('\n'), input.size());
  const auto verdict = parse_verdict_line(input.substr(0, end));
  if (!verdict) {
    return 0;
  }
  const bool has_policy = verdict->mode == VerdictMode::enforce || verdict->mode == VerdictMode::testing;
  require(has_policy == !verdict->mx.empty());
  require(!has_policy || (is_policy_id(verdict->id) && verdict->expires));
  require(verdict->mode != VerdictMode::temp || is_reason_word(verdict->reason));
  for (const std::string& pattern : verdict->mx) {
    require(is_mx_pattern(pattern, Reading::sender));
  }
  require(parse_verdict_line(render_verdict_line(*verdict)) == *verdict);
  const std::string_view host = input.substr(std::min(end + 1, input.size()));
  if (is_plain_host(host)) {
    require(is_kept(host_ignore_list(verdict->mx), host) == matches_mx(verdict->mx, host));
  }
  return 0;
}
