#include "tlsrpt/read/read_report.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/read/bound_texts.hpp"
#include "tlsrpt/read/json_text.hpp"
#include "tlsrpt/read/json_tree.hpp"
#include "tlsrpt/read/policy_reader.hpp"
#include "tlsrpt/read/report_names.hpp"
#include "tlsrpt/read/shadowing.hpp"

namespace mta_sts::tlsrpt {
namespace {

using Node = JsonTree::Node;
using Kind = JsonTree::Kind;

constexpr std::array report_keys = {Key::organization_name, Key::date_range, Key::contact_info,
                                    Key::report_id, Key::policies};

class ReportReader {
 public:
  ReportReader(const JsonTree& tree, const Surroundings& around, Findings& findings)
      : tree_(tree), around_(around), findings_(findings) {}

  // False where the node is no report; findings say why.
  bool read(Node node, Report& report) {
    if (!is_report(node)) {
      findings_.fail(ReadError::not_report, "the JSON text has none of a TLS report's keys");
      return false;
    }
    const Node policies = tree_.find(node, Key::policies);
    if (policies == JsonTree::no_node || tree_.kind(policies) != Kind::array) {
      findings_.fail(ReadError::schema, "the report has no array 'policies'");
      return false;
    }
    report.organization = meta(node, Key::organization_name, report.quirks);
    report.contact = meta(node, Key::contact_info, report.quirks);
    report.id = meta(node, Key::report_id, report.quirks);
    read_range(tree_.find(node, Key::date_range), report);
    if (report.start && *report.start > around_.latest) {
      findings_.fail(ReadError::date, "the report is of " + render_date_time(*report.start) +
                                          ", which is later than tomorrow: it is left out");
      return false;
    }
    read_policies(policies, report);
    bound_texts(report);
    settle_domains(report, around_.domain);
    shadow_repeated_sessions(report);
    compare_submitter(report);
    return true;
  }

 private:
  bool is_report(Node node) const {
    if (tree_.kind(node) != Kind::object) {
      return false;
    }
    for (const Key key : report_keys) {
      if (tree_.find(node, key) != JsonTree::no_node) {
        return true;
      }
    }
    return false;
  }

  std::optional<std::string> meta(Node node, Key key, QuirkSet& quirks) const {
    const Node value = tree_.find(node, key);
    const bool is_number = value != JsonTree::no_node && tree_.kind(value) == Kind::number;
    if (value == JsonTree::no_node || (tree_.kind(value) != Kind::string && !is_number)) {
      quirks.add(Quirk::meta);
      return std::nullopt;
    }
    if (is_number) {
      quirks.add(Quirk::meta);
    }
    return std::string(ascii::trim_blanks(tree_.text(value)));
  }

  std::optional<std::chrono::sys_seconds> date(Node range, Key key, DateEdge edge, QuirkSet& quirks) const {
    const Node value = range == JsonTree::no_node ? JsonTree::no_node : tree_.find(range, key);
    const auto time = value == JsonTree::no_node ? std::nullopt : parse_date_time(tree_.text(value), edge);
    if (!time || !time->is_regular || tree_.kind(value) != Kind::string) {
      quirks.add(Quirk::date);
    }
    return time ? std::optional(time->time) : std::nullopt;
  }

  void read_range(Node range, Report& report) const {
    report.start = date(range, Key::start_datetime, DateEdge::start, report.quirks);
    report.end = date(range, Key::end_datetime, DateEdge::end, report.quirks);
    if (!report.start && report.end) {
      report.start = std::chrono::floor<std::chrono::days>(*report.end - std::chrono::seconds(1));
    } else if (!report.start) {
      report.start = around_.start;
    }
    if (!report.start || !report.end) {
      return;
    }
    // RFC 8460 section 4.1 (R146): a UTC day. Its end is written as its last second or the next midnight.
    const auto day = std::chrono::floor<std::chrono::days>(*report.start);
    const auto length = *report.end - *report.start;
    const bool is_day = *report.start == day && (length == std::chrono::days(1) ||
                                                 length == std::chrono::days(1) - std::chrono::seconds(1));
    if (!is_day) {
      report.quirks.add(Quirk::range);
    }
  }

  void read_policies(Node policies, Report& report) {
    if (tree_.first(policies) == JsonTree::no_node) {
      report.quirks.add(Quirk::no_policies);
    }
    std::size_t number = 0;
    for (Node node = tree_.first(policies); node != JsonTree::no_node; node = tree_.next(node)) {
      ++number;
      if (tree_.kind(node) != Kind::object) {
        findings_.fail(ReadError::schema, "policy " + std::to_string(number) + " of the report is no object");
        continue;
      }
      PolicyReading read = read_policy(tree_, node);
      for (const std::string& problem : read.problems) {
        findings_.fail(ReadError::count, "policy " + std::to_string(number) + ": " + problem);
      }
      if (read.policy) {
        report.quirks.add(read.quirks);
        report.policies.push_back(std::move(*read.policy));
      }
    }
  }

  // RFC 8460 section 5.3 (R144): the submitter is the domain of the contact's address.
  void compare_submitter(Report& report) const {
    if (around_.submitter.empty() || !report.contact) {
      return;
    }
    const std::size_t at = report.contact->rfind('@');
    const std::string_view domain =
        at == std::string::npos ? std::string_view() : std::string_view(*report.contact).substr(at + 1);
    if (!domain.empty() && !ascii::equals_ignoring_case(domain, around_.submitter)) {
      report.quirks.add(Quirk::submitter);
    }
  }

  const JsonTree& tree_;
  const Surroundings& around_;
  Findings& findings_;
};

TakenText read_text(std::string_view rest, const Surroundings& around, QuirkSet quirks, Findings& findings,
                    const ReportSink& accept) {
  std::size_t length = 0;
  const auto tree = JsonTree::parse(rest, quirks, length);
  if (!tree) {
    return {.length = length, .problem = tree.error()};
  }
  const auto read_node = [&](Node node) {
    Report report;
    report.quirks = quirks;
    if (ReportReader(*tree, around, findings).read(node, report)) {
      findings.quirks.add(report.quirks);
      accept(std::move(report));
    }
  };
  if (tree->kind(0) != Kind::array) {
    read_node(0);
    return {.length = length, .problem = {}};
  }
  quirks.add(Quirk::array);
  if (tree->first(0) == JsonTree::no_node) {
    findings.fail(ReadError::not_report, "the JSON array is empty");
  }
  for (Node node = tree->first(0); node != JsonTree::no_node; node = tree->next(node)) {
    read_node(node);
  }
  return {.length = length, .problem = {}};
}

}  // namespace

void read_document(std::string_view bytes, const Surroundings& around, Findings& findings,
                   const ReportSink& accept) {
  // Apart: a report's quirks are its own and its text's, not those of the report before it.
  Findings of_texts;
  std::size_t reports = 0;
  const ReportSink counted = [&](Report&& report) {
    ++reports;
    accept(std::move(report));
  };
  split_json(bytes, of_texts, [&](std::string_view rest) {
    return read_text(rest, around, of_texts.quirks, findings, counted);
  });
  if (reports == 0) {
    of_texts.quirks.remove(Quirk::trailing);  // what follows broken JSON is no news
    of_texts.quirks.remove(Quirk::array);
  }
  findings.add(std::move(of_texts));
}

Surroundings told_by_name(std::string_view name) {
  Surroundings told;
  name = name.substr(name.find_last_of('/') + 1);
  std::array<std::string_view, 3> parts;  // sender, domain, start
  for (std::string_view& part : parts) {
    const std::size_t mark = name.find('!');
    if (mark == std::string_view::npos) {
      break;
    }
    part = name.substr(0, mark);
    name.remove_prefix(mark + 1);
  }
  told.domain = normal_name(parts[1]);
  const bool is_epoch = !parts[2].empty() && std::ranges::all_of(parts[2], ascii::is_digit);
  const auto start = is_epoch ? parse_date_time(parts[2], DateEdge::start) : std::nullopt;
  if (start) {
    told.start = start->time;
  }
  return told;
}

}  // namespace mta_sts::tlsrpt
