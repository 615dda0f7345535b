#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.hpp"

namespace mta_sts::cli {

/// One file of reports to read.
struct ReportFile {
  std::string path;             ///< "-" is standard input
  std::size_t name_begin = 0;   ///< in path, bytes
  bool is_from_folder = false;  ///< found, not named: a link that took its place meanwhile is not followed
  std::size_t folder_end = 0;   ///< in path, bytes: the folder that was named, or that a named file is in

  /// To show: what tells it from the others.
  [[nodiscard]] std::string_view name() const { return std::string_view(path).substr(name_begin); }
};

/// The files that words of the command line stand for, and what could not be looked at.
struct ReportFiles {
  std::vector<ReportFile> files;
  std::vector<Fault> errors;
};

/// That a file or folder cannot be read, and why.
[[nodiscard]] Fault input_unreadable(const std::string& path, const std::string& why);

/// Finds the files: a file stands for itself, a folder for what is in it, sorted; in a Maildir and in a web
/// server's spool the messages still being written (tmp) are left out, and the Maildirs in a mailbox are read
/// too, hidden ones as Maildir++ and KMail have them and others. Other hidden files and folders, links,
/// whatever is no regular file and system files are left out of folders. Names are shown from below the
/// folder that all of them share.
[[nodiscard]] ReportFiles find_report_files(const std::vector<std::string>& words);

}  // namespace mta_sts::cli
