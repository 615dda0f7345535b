#include "cli/import/import_pass.hpp"

#include "cli/tlsrpt/tlsrpt_history.hpp"

namespace mta_sts::cli {

GroupImport::GroupImport(const ImportSurroundings& surroundings, tlsrpt::History& history)
    : surroundings_(surroundings),
      importer_(history, surroundings.retry),
      events_(events()),
      reading_(surroundings.output, events_) {}

ReadingEvents GroupImport::events() {
  return {.begin = [](const ReportFile&) {},
          .report =
              [this](const tlsrpt::Report& report) {
                has_judged_ = has_judged_ || is_judged(report.authentication);
                importer_.import_report(report);
              },
          .end = [](const ReportFile&, const tlsrpt::InputResult&) {},
          .names_other_mail = !surroundings_.options.common.quiet,
          .authserv_id = surroundings_.options.common.authserv_id};
}

bool GroupImport::commit() {
  if (importer_.flush()) {
    return true;
  }
  if (!failure_) {
    has_history_failed_ = true;
    failure_ = report_failure(surroundings_.output, *importer_.error());
  }
  return false;
}

void GroupImport::note_unmoved(std::size_t count, const Fault& fault) {
  if (unmoved_ == 0) {
    surroundings_.output.error(fault);
  }
  unmoved_ += count;
}

void GroupImport::fail(const Fault& fault, ExitCode code) {
  surroundings_.output.error(fault);
  failure_ = code;
}

PassResult GroupImport::result() const {
  PassResult result{.counts = importer_.counts(),
                    .read = reading_.result(),
                    .inputs = inputs_,
                    .unmoved = unmoved_,
                    .left = {.unreadable = reading_.result().unreadable, .unmoved = unmoved_},
                    .is_of_mails = !surroundings_.options.imap.empty(),
                    .has_history_failed = has_history_failed_,
                    .has_judged = has_judged_,
                    .failure = failure_};
  result.read.refused += refused_;
  return result;
}

ShowProgress progress_of(const ImportOptions& options) {
  if (options.progress) {
    return ShowProgress::always;
  }
  return options.common.quiet || options.watch ? ShowProgress::never : ShowProgress::on_terminal;
}

}  // namespace mta_sts::cli
