#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tlsrpt/model/failure_place.hpp"
#include "tlsrpt/model/report.hpp"

namespace mta_sts::tlsrpt {

/// A success rate to reach, in thousandths of a percent.
struct Target {
  std::uint32_t millipercent = 99'900;

  /// Reads "99.9", at most three decimals, 0 to 100. Nothing for anything else.
  [[nodiscard]] static std::optional<Target> parse(std::string_view percent);

  /// Writes "99.9", no more decimals than it has.
  [[nodiscard]] std::string text() const;

  /// Tells how many decimals it has, 0 to 3.
  [[nodiscard]] unsigned decimals() const;
};

/// Sessions that went well and that did not.
struct Sessions {
  std::uint64_t success = 0;
  std::uint64_t failure = 0;

  void add(const Sessions& other) {
    success = saturating_add(success, other.success);
    failure = saturating_add(failure, other.failure);
  }
  [[nodiscard]] bool empty() const { return success == 0 && failure == 0; }

  /// Writes the success rate in percent with this many decimals (0 to 5), rounded down: 99.8999 never looks
  /// like 99.9. Nothing without sessions: that is neither 0 % nor 100 %.
  [[nodiscard]] std::optional<std::string> rate_percent(unsigned decimals) const;

  /// Writes the success rate to show beside a target: with two decimals, or with as many as the target has,
  /// so that a rate that meets it never looks lower.
  [[nodiscard]] std::optional<std::string> rate_beside(Target target) const;

  /// Tells whether the rate is the target's or better, by whole numbers; nothing without sessions.
  [[nodiscard]] std::optional<bool> meets(Target target) const;

  bool operator==(const Sessions&) const = default;
};

/// What to look at. Empty fields look at everything.
struct Filter {
  std::optional<std::chrono::sys_days> since = {};  ///< the first day
  std::optional<std::chrono::sys_days> until = {};  ///< the last day
  std::string domain = {};                          ///< the recipient's, in A-labels
  bool tells_import = false;  ///< rows of a history tell when they came, which takes it twice as long

  /// A report without a usable start matches only where no day is asked for.
  [[nodiscard]] bool matches_day(const std::optional<std::chrono::sys_days>& day) const;
  [[nodiscard]] bool matches_domain(std::string_view name) const { return domain.empty() || domain == name; }
};

/// Sessions of one policy of one report.
struct SessionRow {
  std::optional<std::chrono::sys_days> day = {};  ///< UTC, of the report's start
  std::string_view domain = {};
  std::string_view organization = {};
  std::string_view policy_type = {};
  Sessions sessions = {};
  std::uint64_t in_details = 0;  ///< failures that its details tell of
  bool is_shadowed = false;
  bool is_first = true;  ///< of its report among those that match: the report is counted with it
  std::chrono::sys_seconds imported = {};  ///< into a history, where the filter asks for it
  Authentication authentication = Authentication::not_checked;
};

/// Failed sessions of one kind within such a policy.
struct FailureRow {
  std::optional<std::chrono::sys_days> day = {};
  std::string_view domain = {};
  std::string_view organization = {};
  std::string_view result_type = {};
  std::string_view host = {};
  std::uint64_t count = 0;
  bool is_shadowed = false;
  std::string_view receiving_ip = {};
  std::string_view sending_ip = {};
  std::string_view helo = {};
  std::string_view reason_code = {};
  std::string_view information = {};
  bool is_outside_policy = false;
  std::chrono::sys_seconds imported = {};
  Authentication authentication = Authentication::not_checked;
};

/// Tells whether failures count: a shadowed policy repeats those of the one beside it, save those that its
/// kind alone can have.
[[nodiscard]] bool is_counted(const FailureRow& row);

/// Takes the rows of reports.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void session(const SessionRow& row) = 0;
  virtual void failure(const FailureRow& row) = 0;
};

/// Gives the rows of a report that match; their views last for the call.
void visit_rows(const Report& report, const Filter& filter, RowSink& sink);

/// Gives the UTC day on which a report starts.
[[nodiscard]] std::optional<std::chrono::sys_days> day_of(const Report& report);

/// How often something failed, and on which days first and last.
struct Failures {
  std::uint64_t count = 0;
  std::optional<std::chrono::sys_days> first;
  std::optional<std::chrono::sys_days> last;

  void add(std::uint64_t more, const std::optional<std::chrono::sys_days>& day);
  void add(const Failures& other);
};

/// Orders pairs of texts, also those of views.
struct PairLess {
  using is_transparent = void;

  [[nodiscard]] bool operator()(const auto& a, const auto& b) const {
    const int order = std::string_view(a.first).compare(b.first);
    return order != 0 ? order < 0 : std::string_view(a.second) < std::string_view(b.second);
  }
};

/// The four key metrics over any number of reports: rate, trend by UTC day, failure types, hosts; and by
/// sender, domain and policy type. Each table keeps table_limit names at most, the rest is summed under
/// table_rest.
class Metrics {
 public:
  static constexpr std::size_t table_limit = 100'000;
  static constexpr std::string_view table_rest = "(others)";

  void add(const SessionRow& row);
  void add(const FailureRow& row);

  /// Adds what matches of a report.
  void add(const Report& report, const Filter& filter);

  std::size_t reports = 0;
  AuthenticationCounts authentication;  ///< of these reports
  Sessions total;
  std::uint64_t without_details = 0;  ///< failures that no detail tells of
  std::map<std::chrono::sys_days, Sessions> days;
  Sessions undated;  ///< of reports without a usable start
  std::map<std::string, Sessions, std::less<>> organizations;
  std::map<std::string, Sessions, std::less<>> domains;
  std::map<std::string, Sessions, std::less<>> policy_types;  ///< shadowed ones too, each type by itself
  std::map<std::pair<std::string, std::string>, Failures, PairLess> failures;  ///< by type and host
  std::map<PackedFailurePlace, Failures> places;
  std::map<std::string, Failures, std::less<>> outside_policy;  ///< hosts that the policy's mx do not cover
  std::map<std::string, Failures, std::less<>> types_outside_policy;  ///< of those hosts
  std::map<std::string, Failures, std::less<>> types;
  std::map<std::string, Failures, std::less<>> hosts;

  /// Gives how many failures of a type, or on a host, are of hosts that the policy's mx do not cover.
  [[nodiscard]] std::uint64_t outside_policy_of_type(std::string_view type) const;
  [[nodiscard]] std::uint64_t outside_policy_of_host(std::string_view host) const;

  /// Gives the days between the first and the last one without any report: no failure, and no success either.
  [[nodiscard]] std::vector<std::chrono::sys_days> gaps() const;

  /// Gives the days on which failures jumped: five or more, and three times the mean of up to seven days
  /// before.
  [[nodiscard]] std::vector<std::chrono::sys_days> jumps() const;

  /// Tells whether a week or more had one session a day: likely the report mails themselves.
  [[nodiscard]] bool has_only_report_mails() const;
};

}  // namespace mta_sts::tlsrpt
