#include "cli/sending/report_making.hpp"

#include <algorithm>
#include <utility>

#include "base/domain_name.hpp"
#include "base/fault.hpp"
#include "base/utf8.hpp"
#include "outcome/report/gzip.hpp"
#include "outcome/report/render_report.hpp"

namespace mta_sts::cli {
namespace {

/// Domains whose records are looked up together.
constexpr std::size_t page_domains = 1024;

/// Reports that are written to the queue together.
constexpr std::size_t batch_reports = 256;
constexpr std::size_t batch_bytes = std::size_t{4} * 1024 * 1024;

/// RFC 8460 section 5.2 tells of receivers that take ten megabytes.
constexpr std::size_t json_limit_bytes = 5'000'000;

constexpr std::size_t shown_id_bytes = 80;

/// Pages in a row of which no lookup was answered, and which took time: some twenty seconds each where DNS is
/// silent. A page of failures that are told at once holds nobody up.
constexpr unsigned unanswered_limit = 3;
constexpr std::chrono::seconds long_page{5};

template <typename Error>
std::unexpected<MakingError> stopped(const Error& error) {
  return std::unexpected(MakingError{.word = to_string(error.code), .detail = error.detail});
}

}  // namespace

outcome::NewReport ReportMaker::make(std::chrono::sys_days day, const std::string& unique_id,
                                     const outcome::DomainCounts& counts, std::vector<outcome::Recipient> to,
                                     const Take& take) {
  const std::string& domain = counts.front().domain;
  const outcome::ReportIdentity identity{
      .submitter = setup_.submitter, .domain = domain, .day = day, .unique_id = unique_id};
  const auto report = outcome::render_report(identity, setup_.author, counts, json_limit_bytes);
  if (report.left_out_kinds > 0 || !report.has_policy_texts) {
    warnings_.say(
        domain + ": " +
        to_line("report-cut", std::to_string(report.left_out_kinds) +
                                  " kinds of failures are in the report's sums alone, which would be "
                                  "too large" +
                                  (report.has_policy_texts ? "" : "; so are the policies' texts")));
  }
  ++counts_.reports;
  if (take) {
    take({.domain = domain, .to = to, .json = report.json});
    return {};
  }
  return {.submitter = setup_.submitter,
          .unique_id = unique_id,
          .gzip = outcome::compress_gzip(report.json),
          .json_bytes = report.json.size(),
          .success = report.success,
          .failure = report.failure,
          .to = std::move(to)};
}

ReportMaker::Result<outcome::DomainDecision> ReportMaker::decide_one(std::chrono::sys_days day,
                                                                     const std::string& name,
                                                                     Recipients recipients,
                                                                     const Take& take) {
  outcome::DomainDecision decision{
      .domain = name, .report = {}, .is_undecided = recipients.unknown.has_value()};
  counts_.undecided += decision.is_undecided ? 1U : 0U;
  for (const std::string& warning : recipients.warnings) {
    warnings_.say(name + ": " + warning);
  }
  if (decision.is_undecided) {
    return decision;
  }
  if (recipients.to.empty()) {
    ++counts_.without_record;
    return decision;
  }
  const auto counts = tally_.read(day, name);
  if (!counts) {
    return stopped(counts.error());
  }
  if (!counts->empty()) {
    const auto unique_id = tally_.unique_id(day);
    if (!unique_id) {
      return stopped(unique_id.error());
    }
    if (!outcome::is_unique_id(*unique_id)) {
      return std::unexpected(MakingError{.word = to_string(outcome::TallyErrorCode::damaged),
                                         .detail = "the id of a day that was counted is none: " +
                                                   text::quote_for_display(*unique_id, shown_id_bytes) +
                                                   "; restart the resolver, which draws it"});
    }
    decision.report = make(day, *unique_id, *counts, std::move(recipients.to), take);
  }
  return decision;
}

void ReportMaker::begin_asking() {
  unanswered_pages_ = 0;
  unanswered_domains_ = 0;
}

bool ReportMaker::is_dns_away() const {
  return unanswered_pages_ >= unanswered_limit;
}

std::vector<Recipients> ReportMaker::ask(const std::vector<std::string>& domains) {
  const auto begun = std::chrono::steady_clock::now();
  auto page = lookup_recipients(loop_, dns_, domains);
  if (page.empty()) {
    return page;
  }
  const bool is_unanswered =
      std::ranges::all_of(page, [](const Recipients& one) { return one.unknown.has_value(); }) &&
      std::chrono::steady_clock::now() - begun >= long_page;
  unanswered_pages_ = is_unanswered ? unanswered_pages_ + 1 : 0;
  unanswered_domains_ = is_unanswered ? unanswered_domains_ + page.size() : 0;
  if (is_dns_away()) {
    warnings_.say(to_line("record-unknown", "DNS has told no TLSRPT record of the last " +
                                                std::to_string(unanswered_domains_) +
                                                " domains; later runs ask for those of the others"));
  }
  return page;
}

ReportMaker::Result<void> ReportMaker::decide(std::chrono::sys_days day,
                                              const std::vector<std::string>& names, const Take& take,
                                              const Put& put) {
  std::vector<std::string> domains;
  for (const std::string& name : names) {
    // It becomes a name of DNS, a header field and a file's name.
    const auto domain = DomainName::parse(name);
    if (domain && domain->text() == name) {
      domains.push_back(name);
    } else {
      warnings_.say(to_line("tally-damaged", "a domain that is none gets no report: " +
                                                 text::quote_for_display(name, domain_name_limit_bytes)));
    }
  }
  auto recipients = ask(domains);
  for (std::size_t i = 0; i < domains.size(); ++i) {
    auto decision = decide_one(day, domains[i], std::move(recipients[i]), take);
    if (!decision) {
      return std::unexpected(std::move(decision).error());
    }
    if (auto done = put(*std::move(decision)); !done) {
      return done;
    }
  }
  return {};
}

// Writes a batch at a time, and with the last one how far the day is then.
ReportMaker::Result<void> ReportMaker::queue(outcome::Outbox& outbox, std::chrono::sys_days day,
                                             const std::vector<std::string>& names,
                                             const std::optional<outcome::DayProgress>& progress,
                                             const Clock& clock) {
  std::vector<outcome::DomainDecision> batch;
  std::size_t reports = 0;
  std::size_t bytes = 0;
  const auto write = [&](const std::optional<outcome::DayProgress>& at) -> Result<void> {
    const auto over_limit = outbox.decide(day, batch, at, clock.now());
    if (!over_limit) {
      return stopped(over_limit.error());
    }
    counts_.over_limit += *over_limit;
    batch.clear();
    reports = bytes = 0;
    return {};
  };
  const auto put = [&](outcome::DomainDecision decision) -> Result<void> {
    reports += decision.report ? 1U : 0U;
    bytes += decision.report ? decision.report->gzip.size() : 0U;
    std::optional<outcome::DayProgress> at;
    if (progress) {
      at = outcome::DayProgress{.last_domain = decision.domain};
    }
    batch.push_back(std::move(decision));
    return reports >= batch_reports || bytes >= batch_bytes ? write(at) : Result<void>();
  };
  if (auto done = decide(day, names, {}, put); !done) {
    return done;
  }
  return write(progress);
}

ReportMaker::Result<void> ReportMaker::queue_undecided(outcome::Outbox& outbox, std::chrono::sys_days day,
                                                       const Clock& clock) {
  begin_asking();
  // From another one in each run: who has many domains that DNS is silent about could else keep those behind
  // them in the alphabet from their reports.
  const auto start = outbox.any_undecided(day);
  if (!start) {
    return stopped(start.error());
  }
  std::string after = *start;
  bool has_wrapped = false;
  while (!is_dns_away()) {
    auto names = outbox.undecided(day, after, page_domains);
    if (!names) {
      return stopped(names.error());
    }
    if (has_wrapped) {
      std::erase_if(*names, [&](const std::string& name) { return name > *start; });
    }
    if (!names->empty()) {
      after = names->back();
      if (auto done = queue(outbox, day, *names, {}, clock); !done) {
        return done;
      }
    } else if (has_wrapped) {
      return {};
    } else {
      has_wrapped = true;
      after.clear();
    }
  }
  return {};
}

ReportMaker::Result<void> ReportMaker::queue_day(outcome::Outbox& outbox, std::chrono::sys_days day,
                                                 const Clock& clock) {
  if (auto done = queue_undecided(outbox, day, clock); !done) {
    return done;
  }
  const auto progress = outbox.progress(day);
  if (!progress) {
    return stopped(progress.error());
  }
  begin_asking();
  outcome::DayProgress at = *progress;
  while (!at.is_complete && !is_dns_away()) {
    const auto names = tally_.names(day, at.last_domain, page_domains);
    if (!names) {
      return stopped(names.error());
    }
    at.is_complete = names->empty();
    at.last_domain = names->empty() ? at.last_domain : names->back();
    if (auto done = queue(outbox, day, *names, at, clock); !done) {
      return done;
    }
  }
  return {};
}

ReportMaker::Result<void> ReportMaker::show_day(std::chrono::sys_days day, const Take& take) {
  begin_asking();
  std::string after;
  while (!is_dns_away()) {
    const auto names = tally_.names(day, after, page_domains);
    if (!names) {
      return stopped(names.error());
    }
    if (names->empty()) {
      return {};
    }
    after = names->back();
    if (auto done = decide(day, *names, take, [](const auto&) { return Result<void>(); }); !done) {
      return done;
    }
  }
  return {};
}

}  // namespace mta_sts::cli
