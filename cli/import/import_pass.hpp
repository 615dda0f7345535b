#pragma once

#include <functional>
#include <optional>

#include "cli/import/import_options.hpp"
#include "cli/import/importer.hpp"
#include "cli/import/stop_signal.hpp"
#include "cli/report/report_inputs.hpp"

namespace mta_sts::cli {

/// What all passes of one import share.
struct ImportSurroundings {
  Output& output;
  const ImportOptions& options;
  StopSignal& stop;
  std::function<void()> alive;  ///< called while it works and waits
  Importer::Retry retry;        ///< of a batch that the history did not take
};

/// What an import has left where it was.
struct LeftBehind {
  std::size_t unreadable = 0;  ///< files, folders or mails that cannot be read
  std::size_t unmoved = 0;     ///< those that should have been moved and were not
};

/// What came of reading once all that is there.
struct PassResult {
  tlsrpt::ImportCounts counts;
  ReadingResult read;
  std::size_t inputs = 0;    ///< files or mails that were read
  std::size_t unmoved = 0;   ///< of them those that should have been moved and were not
  LeftBehind left;           ///< by this pass; of a folder that is watched, by all of them until now
  bool is_of_mails = false;  ///< of a mailbox, not files
  bool has_history_failed = false;
  bool has_judged = false;               ///< a field of --authserv-id was found
  std::optional<ExitCode> failure = {};  ///< told on standard error: not all was read, or is in the history
};

/// Reads inputs by the group: they are moved only once the reports in them are in the history.
class GroupImport {
 public:
  GroupImport(const ImportSurroundings& surroundings, tlsrpt::History& history);
  GroupImport(const GroupImport&) = delete;
  GroupImport& operator=(const GroupImport&) = delete;

  [[nodiscard]] ReportReading& reading() { return reading_; }

  /// Puts all that was read into the history; false, and told, where it fails.
  [[nodiscard]] bool commit();

  /// Gives what came of it so far.
  [[nodiscard]] PassResult result() const;

  /// Tells that inputs were read, or could not be moved. Of many that cannot be moved the first is told.
  void note_read() { ++inputs_; }
  void note_unmoved(std::size_t count, const Fault& fault);

  /// Tells that an input was refused without reading it.
  void note_refused() { ++refused_; }

  /// Tells on standard error what the pass cannot go on for.
  void fail(const Fault& fault, ExitCode code);

 private:
  [[nodiscard]] ReadingEvents events();

  const ImportSurroundings& surroundings_;
  Importer importer_;
  bool has_judged_ = false;
  std::size_t inputs_ = 0;
  std::size_t unmoved_ = 0;
  std::size_t refused_ = 0;
  bool has_history_failed_ = false;
  std::optional<ExitCode> failure_;
  ReadingEvents events_;
  ReportReading reading_;
};

/// Says where a pass shows how far it is.
[[nodiscard]] ShowProgress progress_of(const ImportOptions& options);

}  // namespace mta_sts::cli
