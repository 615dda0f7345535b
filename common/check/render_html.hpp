#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "check/diagnosis.hpp"

namespace mta_sts::check {

/// The most domains that one page shows in full; of the rest it tells the number, and keeps no more of them.
inline constexpr std::size_t page_domains_limit = 2000;

/// Builds one self-contained page of a run, to hand to someone else: add() each diagnosis as it comes, then
/// render(). It holds what will be shown, not the facts. Foreign text is shown as text.
class HtmlPage {
 public:
  void add(const Diagnosis& diagnosis);

  /// Adds a domain that could not be looked at, with the sentence that says why.
  void add_failure(const std::string& shown_domain, const std::string& reason);

  [[nodiscard]] std::string render(std::chrono::sys_seconds made) const;

 private:
  [[nodiscard]] bool has_room();
  [[nodiscard]] std::string title() const;
  void add_row(const std::string& shown_domain, const std::string& verdict, const std::string& numbers);

  std::string first_domain_;
  std::string rows_;
  std::string sections_;
  std::size_t domains_ = 0;
  std::size_t with_errors_ = 0;
};

}  // namespace mta_sts::check
