#include "cli/check/reported_failures.hpp"

#include <cstdint>
#include <fstream>
#include <string_view>
#include <utility>

#include "cli/report/report_inputs.hpp"
#include "cli/tlsrpt/tlsrpt_history.hpp"
#include "tlsrpt/history/history.hpp"
#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/model/metrics.hpp"

namespace mta_sts::cli {
namespace {

using ByDomain = std::map<std::string, std::vector<check::ReportedFailure>>;

constexpr std::string_view sqlite_magic{"SQLite format 3\0", 16};

// Sums failures by domain, type and host; what shadows an sts policy is left out as in every total.
class FailureSums final : public tlsrpt::RowSink {
 public:
  void session(const tlsrpt::SessionRow&) override {}

  void failure(const tlsrpt::FailureRow& row) override {
    if (row.is_shadowed) {
      return;
    }
    const std::string host(row.host == tlsrpt::not_given ? "" : row.host);
    std::uint64_t& sum = sums_[std::string(row.domain)][{std::string(row.result_type), host}];
    sum = tlsrpt::saturating_add(sum, row.count);
  }

  [[nodiscard]] ByDomain result() const {
    ByDomain all;
    for (const auto& [domain, failures] : sums_) {
      for (const auto& [kind, count] : failures) {
        all[domain].push_back({.type = kind.first, .mx = kind.second, .sessions = count});
      }
    }
    return all;
  }

 private:
  std::map<std::string, std::map<std::pair<std::string, std::string>, std::uint64_t>> sums_;
};

bool names_history(const std::string& path) {
  if (tlsrpt::is_server_address(path)) {
    return true;
  }
  std::ifstream file(path, std::ios::binary);
  std::string head(sqlite_magic.size(), '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  return file && head == sqlite_magic;
}

}  // namespace

std::expected<ByDomain, ExitCode> read_reported_failures(Output& output,
                                                         const std::vector<std::string>& words) {
  FailureSums sums;
  if (words.size() == 1 && names_history(words.front())) {
    const auto history = tlsrpt::open_history(words.front(), tlsrpt::HistoryAccess::read);
    if (!history) {
      return std::unexpected(report_failure(output, history.error()));
    }
    if (const auto visited = (*history)->visit({}, sums); !visited) {
      return std::unexpected(report_failure(output, visited.error()));
    }
    return sums.result();
  }
  tlsrpt::Duplicates duplicates;
  const ReadingResult read =
      read_report_files(output, words,
                        {.begin = [](const ReportFile&) {},
                         .report =
                             [&](tlsrpt::Report&& report) {
                               if (duplicates.judge(report) == tlsrpt::Novelty::fresh) {
                                 tlsrpt::visit_rows(report, {}, sums);
                               }
                             },
                         .end = [](const ReportFile&, const tlsrpt::InputResult&) {}});
  if (read.reports == 0) {
    output.error(Fault{"no-report", "none of the files given with --reports is a TLS report"});
    return std::unexpected(ExitCode::wrong_use);
  }
  return sums.result();
}

}  // namespace mta_sts::cli
