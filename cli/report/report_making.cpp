#include "cli/report/report_making.hpp"

#include <utility>

#include "base/fault.hpp"
#include "cli/report/report_records.hpp"
#include "outcome/report/gzip.hpp"
#include "outcome/report/render_report.hpp"

namespace mta_sts::cli {
namespace {

/// Domains whose records are looked up at once.
constexpr std::size_t page_domains = 64;

/// RFC 8460 section 5.2 tells of receivers that take ten megabytes.
constexpr std::size_t json_limit_bytes = 5'000'000;

template <typename Error>
std::unexpected<MakingError> stopped(const Error& error) {
  return std::unexpected(MakingError{.word = to_string(error.code), .detail = error.detail});
}

}  // namespace

outcome::NewReport ReportMaker::make(std::chrono::sys_days day, const outcome::DomainCounts& counts,
                                     std::vector<std::string> rua, const Take& take) {
  const std::string& domain = counts.front().domain;
  const outcome::ReportIdentity identity{.submitter = setup_.submitter, .domain = domain, .day = day};
  const auto report = outcome::render_report(identity, setup_.author, counts, json_limit_bytes);
  if (report.left_out_kinds > 0 || !report.has_policy_texts) {
    output_.warning(
        domain + ": " +
        to_line("report-cut", std::to_string(report.left_out_kinds) +
                                  " kinds of failures are in the report's sums alone, which would be "
                                  "too large" +
                                  (report.has_policy_texts ? "" : "; so are the policies' texts")));
  }
  ++counts_.reports;
  if (take) {
    take({.domain = domain, .rua = rua, .json = report.json});
  }
  return {.submitter = setup_.submitter,
          .gzip = outcome::compress_gzip(report.json),
          .json_bytes = report.json.size(),
          .success = report.success,
          .failure = report.failure,
          .rua = std::move(rua)};
}

std::vector<outcome::DomainDecision> ReportMaker::decide(std::chrono::sys_days day,
                                                         const std::vector<outcome::DomainCounts>& domains,
                                                         const Take& take) {
  std::vector<std::string> names;
  names.reserve(domains.size());
  for (const outcome::DomainCounts& counts : domains) {
    names.push_back(counts.front().domain);
  }
  const auto records = lookup_report_records(loop_, dns_, names);
  std::vector<outcome::DomainDecision> decisions;
  for (std::size_t i = 0; i < domains.size(); ++i) {
    auto& decision = decisions.emplace_back();
    decision.domain = names[i];
    if (records[i].outcome == TxtOutcome::temp) {
      decision.is_undecided = true;
      ++counts_.undecided;
      continue;
    }
    Recipients recipients = recipients_of(records[i]);
    for (const std::string& warning : recipients.warnings) {
      output_.warning(names[i] + ": " + warning);
    }
    if (recipients.rua.empty()) {
      ++counts_.without_record;
    } else {
      decision.report = make(day, domains[i], std::move(recipients.rua), take);
    }
  }
  return decisions;
}

std::expected<void, MakingError> ReportMaker::queue_undecided(outcome::Outbox& outbox,
                                                              std::chrono::sys_days day,
                                                              std::chrono::sys_seconds now) {
  const auto names = outbox.undecided(day);
  if (!names) {
    return stopped(names.error());
  }
  std::vector<outcome::DomainCounts> page;
  for (const std::string& name : *names) {
    auto counts = tally_.read_one(day, name);
    if (!counts) {
      return stopped(counts.error());
    }
    if (!counts->empty()) {
      page.push_back(*std::move(counts));
    }
    if (page.size() == page_domains || (&name == &names->back() && !page.empty())) {
      if (const auto done = outbox.decide(day, decide(day, page, {}), {}, now); !done) {
        return stopped(done.error());
      }
      page.clear();
    }
  }
  return {};
}

std::expected<void, MakingError> ReportMaker::queue_day(outcome::Outbox& outbox, std::chrono::sys_days day,
                                                        std::chrono::sys_seconds now) {
  if (const auto done = queue_undecided(outbox, day, now); !done) {
    return done;
  }
  const auto progress = outbox.progress(day);
  if (!progress) {
    return stopped(progress.error());
  }
  outcome::DayProgress at = *progress;
  while (!at.is_complete) {
    const auto page = tally_.read(day, at.last_domain, page_domains);
    if (!page) {
      return stopped(page.error());
    }
    at.is_complete = page->empty();
    if (!page->empty()) {
      at.last_domain = page->back().front().domain;
    }
    if (const auto done = outbox.decide(day, decide(day, *page, {}), at, now); !done) {
      return stopped(done.error());
    }
  }
  return {};
}

std::expected<void, MakingError> ReportMaker::show_day(std::chrono::sys_days day, const Take& take) {
  std::string after;
  while (true) {
    const auto page = tally_.read(day, after, page_domains);
    if (!page) {
      return stopped(page.error());
    }
    if (page->empty()) {
      return {};
    }
    after = page->back().front().domain;
    static_cast<void>(decide(day, *page, take));
  }
}

}  // namespace mta_sts::cli
