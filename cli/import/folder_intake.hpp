#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "cli/import/file_mover.hpp"
#include "cli/import/import_pass.hpp"
#include "cli/report/input_identity.hpp"

namespace mta_sts::cli {

/// What is new in files and folders, and where it was looked for.
struct FolderLook {
  std::vector<ReportFile> files;     ///< to read
  std::vector<std::string> folders;  ///< in which files may come
  std::vector<Fault> errors;
  bool is_away = false;        ///< a folder is not there
  bool has_unsettled = false;  ///< a file may still be being written
};

/// Reports in files, which may be moved once they are imported. Of several looks each gives what came since.
class FolderIntake {
 public:
  /// Opens the folders to move to. Error: move-failed, where files cannot be moved there; exit with
  /// wrong_use.
  [[nodiscard]] static std::expected<FolderIntake, Fault> open(const ImportSurroundings& surroundings);

  /// Finds the files to read. Where it is watched, a file outside a Maildir is not read before nothing was
  /// written to it for some seconds, and a folder that is not there is told and waited for.
  [[nodiscard]] FolderLook look();

  /// Takes the errors out of a look that the one before it gave too, when this was called.
  void leave_out_told(FolderLook& look);

  /// Counts what is left behind of what the last look found, and the errors of the one that was told last.
  [[nodiscard]] LeftBehind left() const;

  /// Reads them, puts the reports into the history, and then moves the files. Ends early where it is to stop.
  [[nodiscard]] PassResult import(tlsrpt::History& history, const FolderLook& look);

 private:
  using Moment = std::chrono::steady_clock::time_point;

  struct Known {
    bool is_read = false;
    bool is_unreadable = false;
    bool is_denied = false;            ///< by its permissions: it is read again once they are mended
    std::optional<Moment> again = {};  ///< when it is read once more, to be moved
    Moment first_seen;
    unsigned long look = 0;
  };

  explicit FolderIntake(const ImportSurroundings& surroundings) : surroundings_(&surroundings) {}

  [[nodiscard]] std::vector<std::string> present_words(FolderLook& look);
  [[nodiscard]] bool is_kept_out(const std::string& path);
  [[nodiscard]] bool is_settled(const ReportFile& file, const InputIdentity& identity,
                                Moment first_seen) const;
  void take(ReportFile&& file, FolderLook& look);
  void read_group(GroupImport& group, std::span<const ReportFile> files, Progress& progress);
  /// False where it should have been moved, and was not.
  bool move(GroupImport& group, const ReportFile& file, const InputIdentity& identity,
            const FileMover& mover);

  const ImportSurroundings* surroundings_;
  std::optional<FileMover> imported_;
  std::optional<FileMover> others_;
  std::unordered_map<InputIdentity, Known, InputIdentityHash> known_;
  std::unordered_map<std::string, bool> kept_out_;  // by folder, of one look
  std::set<std::string> away_;
  std::set<std::string> told_errors_;
  unsigned long looks_ = 0;
};

}  // namespace mta_sts::cli
