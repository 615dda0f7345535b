#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tlsrpt/model/metrics.hpp"

namespace mta_sts::tlsrpt {

/// Writes what senders call something; what they did not name is said to be so.
[[nodiscard]] std::string html_name(std::string_view name);

/// Writes a success rate to show beside the target, or a dash without sessions.
[[nodiscard]] std::string html_rate(const Sessions& sessions, Target target);

/// Writes " · 2026-03-02 to 2026-03-09" for the days of failures; empty where no report tells its day.
[[nodiscard]] std::string html_days(const Failures& failures);

/// Writes a day that no line is broken in.
[[nodiscard]] std::string html_day(std::chrono::sys_days day);

/// A table of the page, row by row, which scrolls by itself where it is wider than the screen.
class HtmlTable {
 public:
  /// `columns` are the heads; those that begin with '#' are of numbers, without it. An empty caption is none.
  HtmlTable(std::string_view caption, const std::vector<std::string_view>& columns);

  /// Begins a row with what it is about, as HTML.
  HtmlTable& row(const std::string& head);

  /// Adds a cell to it, as HTML.
  HtmlTable& cell(const std::string& content);
  HtmlTable& number(const std::string& content, bool is_bad = false);
  HtmlTable& number(std::uint64_t value);

  /// Gives the whole table.
  [[nodiscard]] std::string take();

 private:
  void end_row();

  std::string out_;
  bool is_in_row_ = false;
};

}  // namespace mta_sts::tlsrpt
