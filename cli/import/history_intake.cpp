#include "cli/import/history_intake.hpp"

#include <vector>

#include "cli/import/import_text.hpp"
#include "cli/import/importer.hpp"
#include "cli/tlsrpt/tlsrpt_history.hpp"
#include "tlsrpt/history/alert_memory.hpp"

namespace mta_sts::cli {
namespace {

// What an alert of the other history remembers goes on here, unless one has run here since.
tlsrpt::History::Result<void> copy_memory(const TlsrptOptions& options) {
  const auto from = tlsrpt::open_alert_memory(options.from_db, tlsrpt::HistoryAccess::read);
  if (!from) {
    return std::unexpected(from.error());
  }
  const auto to = tlsrpt::open_alert_memory(options.db, tlsrpt::HistoryAccess::existing);
  if (!to) {
    return std::unexpected(to.error());
  }
  const auto watches = (*from)->watches();
  if (!watches) {
    return std::unexpected(watches.error());
  }
  for (const tlsrpt::Watch& watch : *to ? *watches : std::vector<tlsrpt::Watch>()) {
    const auto state = (*from)->load(watch);
    const auto present = (*to)->load(watch);
    if (!state || !present) {
      return std::unexpected(state ? present.error() : state.error());
    }
    if (present->judged < state->judged) {
      if (auto saved = (*to)->save(watch, *state); !saved) {
        return saved;
      }
    }
  }
  return {};
}

}  // namespace

ExitCode import_history(Output& output, const ImportOptions& options) {
  TlsrptOptions source = options.common;
  source.db = options.common.from_db;
  const auto from = open_history(output, source, tlsrpt::HistoryAccess::read);
  if (!from) {
    return from.error();
  }
  const auto to = open_history(output, options.common, tlsrpt::HistoryAccess::create);
  if (!to) {
    return to.error();
  }
  Importer importer(**to);
  const auto given = (*from)->give([&](const tlsrpt::KeptReport& kept) {
    importer.import_kept(kept);
    return !importer.error();
  });
  if (!given) {
    return report_failure(output, given.error());
  }
  if (!importer.flush()) {
    return report_failure(output, *importer.error());
  }
  if (const auto copied = copy_memory(options.common); !copied) {
    return report_failure(output, copied.error());
  }
  PassResult pass;
  pass.counts = importer.counts();
  if (options.common.json) {
    output.line(to_json(pass));
  } else if (!options.common.quiet) {
    output.line(to_sentence(pass));
  }
  return ExitCode::ok;
}

}  // namespace mta_sts::cli
