#include "cli/import/import_metrics.hpp"

#include "base/prometheus.hpp"
#include "file/replace_file.hpp"

namespace mta_sts::cli {
namespace {

std::string gauge(std::string_view name, std::string_view help, std::uint64_t value) {
  return prometheus::gauge_head(name, help) + std::string(name) + " " + std::to_string(value) + "\n";
}

}  // namespace

void ImportMetrics::add(const PassResult& pass) {
  counts_.add(pass.counts);
  inputs_ += pass.inputs;
  refused_ += pass.read.refused;
  left_ = pass.left;
}

std::expected<void, Fault> ImportMetrics::write(const std::string& path, std::chrono::sys_seconds now) const {
  return replace_file(
      path,
      gauge("mta_sts_tlsrpt_import_timestamp_seconds",
            "When the last import ended that read all there was, in Unix time.",
            static_cast<std::uint64_t>(now.time_since_epoch().count())) +
          gauge("mta_sts_tlsrpt_import_inputs",
                "Files or mails that were read, in that run or since it watches.", inputs_) +
          gauge("mta_sts_tlsrpt_import_reports", "Reports of them that were new.", counts_.fresh) +
          gauge("mta_sts_tlsrpt_import_duplicates", "Reports that the history had already.",
                counts_.duplicates) +
          gauge("mta_sts_tlsrpt_import_conflicts", "Reports that contradict one in the history.",
                counts_.conflicts) +
          gauge("mta_sts_tlsrpt_import_refused", "Files or mails that were refused in part or as a whole.",
                refused_) +
          gauge("mta_sts_tlsrpt_import_unreadable",
                "Files, folders or mails that cannot be read, after that run or now.", left_.unreadable) +
          gauge("mta_sts_tlsrpt_import_unmoved",
                "Files or mails that could not be moved, after that run or until now.", left_.unmoved));
}

}  // namespace mta_sts::cli
