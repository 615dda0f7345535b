#pragma once

#include <chrono>
#include <map>
#include <string>

#include "check/diagnosis.hpp"

namespace mta_sts::check {

/// Collects one run of `mta-sts check` for the textfile collector of Prometheus' node exporter: add() each
/// diagnosis as it comes, then render(). No series comes twice, since the collector refuses such a file
/// whole.
class CheckMetrics {
 public:
  void add(const Diagnosis& diagnosis);

  /// Adds a domain that could not be looked at; `domain` in A-labels.
  void add_failure(const std::string& domain);

  /// Writes the gauges, without times of their own, which the collector does not take.
  [[nodiscard]] std::string render(std::chrono::sys_seconds made) const;

 private:
  using Series = std::map<std::string, std::string>;  ///< value by labels

  void add_certificate(const std::string& domain, const AddressDetails& at);

  Series completed_;
  Series errors_;
  Series warnings_;
  Series delivers_;
  Series days_left_;
  Series not_after_;
};

}  // namespace mta_sts::check
