#include "steps/records.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace mta_sts::steps {
namespace {

bool is_v6_text(const std::string& address) {
  return address.find(':') != std::string::npos;
}

std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::ranges::sort(texts);
  return texts;
}

}  // namespace

bool is_host_as_desired(const Live& live, const Desired& desired) {
  if (!desired.host.empty()) {
    return ascii::equals_ignoring_case(live.alias, desired.host);
  }
  return desired.addresses.empty() ||
         (live.alias.empty() && sorted(live.addresses) == sorted(desired.addresses));
}

std::vector<RecordChange> host_records(const Situation& situation) {
  const Desired& desired = situation.desired;
  const Live& live = situation.live;
  const bool is_known = live.host.known != Known::not_known;
  const bool is_done = live.host.known == Known::yes && is_host_as_desired(live, desired);
  const Due due = is_done ? Due::done : is_known ? Due::now : Due::not_known;
  const std::string name = "mta-sts." + situation.domain;
  if (!desired.host.empty()) {
    return {{.name = name, .type = "CNAME", .values = {desired.host + "."}, .due = due}};
  }
  std::vector<RecordChange> records;
  for (const bool is_v6 : {false, true}) {
    RecordChange change{.name = name, .type = is_v6 ? "AAAA" : "A", .values = {}, .due = due};
    std::ranges::copy_if(desired.addresses, std::back_inserter(change.values),
                         [is_v6](const std::string& address) { return is_v6_text(address) == is_v6; });
    // What is there and not desired goes, so that no sender is led to another host.
    const bool is_left_over =
        !desired.addresses.empty() && live.alias.empty() &&
        std::ranges::any_of(live.addresses, [is_v6](const std::string& a) { return is_v6_text(a) == is_v6; });
    if (!change.values.empty() || is_left_over) {
      records.push_back(std::move(change));
    }
  }
  return records;
}

std::vector<RecordChange> records_to_remove(const Situation& situation, Due due) {
  const Live& live = situation.live;
  std::vector<RecordChange> records;
  const bool is_gone =
      live.is_asked && live.record.outcome == TxtOutcome::none && live.record.candidates == 0;
  records.push_back({.name = "_mta-sts." + situation.domain,
                     .type = "TXT",
                     .values = {},
                     .due = is_gone ? Due::done : due});
  const bool has_v6 = std::ranges::any_of(live.addresses, is_v6_text);
  const bool has_v4 = !std::ranges::all_of(live.addresses, is_v6_text);
  const auto remove = [&](const char* type) {
    records.push_back({.name = "mta-sts." + situation.domain, .type = type, .values = {}, .due = due});
  };
  if (!live.alias.empty()) {
    remove("CNAME");
    return records;
  }
  if (has_v4) {
    remove("A");
  }
  if (has_v6) {
    remove("AAAA");
  }
  return records;
}

bool is_reports_as_desired(const Live& live, const Desired& desired) {
  return live.reports.outcome == TxtOutcome::ok && sorted(live.reports.rua) == sorted(desired.rua);
}

}  // namespace mta_sts::steps
