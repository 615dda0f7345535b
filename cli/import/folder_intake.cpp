#include "cli/import/folder_intake.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/clock.hpp"
#include "base/utf8.hpp"
#include "cli/report/maildir.hpp"
#include "cli/report/read_ahead.hpp"

namespace mta_sts::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr std::size_t group_files = 1000;  // moved after one transaction, or a few
constexpr seconds settled_after{10};

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
}

bool may_read(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0;
}

// Mail servers and web servers put whole files there.
bool is_in_maildir(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return (folder.filename() == "new" || folder.filename() == "cur") && is_maildir(folder.parent_path());
}

}  // namespace

std::expected<FolderIntake, Fault> FolderIntake::open(const ImportSurroundings& surroundings) {
  FolderIntake intake(surroundings);
  const ImportOptions& options = surroundings.options;
  for (auto [folder, mover] :
       {std::pair(&options.move_to, &intake.imported_), std::pair(&options.others_to, &intake.others_)}) {
    if (folder->empty()) {
      continue;
    }
    auto opened = FileMover::open(*folder);
    if (!opened) {
      return std::unexpected(opened.error());
    }
    for (const std::string& word : options.common.files) {
      if (!opened->can_move_from(word)) {
        return std::unexpected(
            Fault{"move-failed", text::escape_for_display(*folder) + " is on another file system than " +
                                     text::escape_for_display(word) + "; name a folder beside it"});
      }
    }
    *mover = *std::move(opened);
  }
  return intake;
}

std::vector<std::string> FolderIntake::present_words(FolderLook& look) {
  if (!surroundings_->options.watch) {
    return surroundings_->options.common.files;
  }
  std::vector<std::string> present;
  for (const std::string& word : surroundings_->options.common.files) {
    std::error_code error;
    look.folders.push_back(folder_of(word).empty() ? "." : folder_of(word));
    if (fs::is_directory(word, error)) {
      present.push_back(word);
      look.folders.push_back(word);
      for (const char* part : {"/new", "/cur"}) {
        if (fs::is_directory(word + part, error)) {
          look.folders.push_back(word + part);
        }
      }
      away_.erase(word);
      continue;
    }
    look.is_away = true;
    if (away_.insert(word).second) {
      surroundings_->output.warning(text::escape_for_display(word) + " is no folder now; it is waited for");
    }
  }
  return present;
}

bool FolderIntake::is_kept_out(const std::string& path) {
  if (!imported_ && !others_) {
    return false;
  }
  const auto [known, is_new] = kept_out_.try_emplace(folder_of(path), false);
  if (is_new) {
    known->second = (imported_ && imported_->holds(path)) || (others_ && others_->holds(path));
  }
  return known->second;
}

bool FolderIntake::is_settled(const ReportFile& file, const InputIdentity& identity,
                              Moment first_seen) const {
  if (!surroundings_->options.watch || is_in_maildir(file.path)) {
    return true;
  }
  const std::chrono::sys_seconds modified{seconds(identity.modified_seconds)};
  return modified + settled_after < SystemClock().now() ||
         first_seen + settled_after < std::chrono::steady_clock::now();
}

void FolderIntake::take(ReportFile&& file, FolderLook& look) {
  const auto identity = file.path == "-" ? std::nullopt : identity_of(file.path);
  if (!identity) {  // a pipe or a link that was named; or gone meanwhile, which reading tells of
    if (!surroundings_->options.watch) {
      look.files.push_back(std::move(file));
    }
    return;
  }
  Known& known =
      known_.try_emplace(*identity, Known{.first_seen = std::chrono::steady_clock::now()}).first->second;
  known.look = looks_;
  const bool is_due = known.again && *known.again < std::chrono::steady_clock::now();
  if (known.is_read && !is_due && !(known.is_denied && may_read(file.path))) {
    return;
  }
  if (is_settled(file, *identity, known.first_seen)) {
    look.files.push_back(std::move(file));
  } else {
    look.has_unsettled = true;
  }
}

FolderLook FolderIntake::look() {
  FolderLook look;
  ++looks_;
  kept_out_.clear();
  ReportFiles found = find_report_files(present_words(look));
  look.errors = std::move(found.errors);
  for (ReportFile& file : found.files) {
    surroundings_->alive();  // each is asked for over a network where the folder is of another host
    if (is_kept_out(file.path)) {
      continue;
    }
    if (std::string folder = folder_of(file.path);
        surroundings_->options.watch && look.folders.back() != folder) {
      look.folders.push_back(std::move(folder));
    }
    take(std::move(file), look);
  }
  std::erase_if(known_, [this](const auto& entry) { return entry.second.look != looks_; });
  std::ranges::sort(look.folders);
  look.folders.erase(std::ranges::unique(look.folders).begin(), look.folders.end());
  return look;
}

void FolderIntake::leave_out_told(FolderLook& look) {
  std::set<std::string> told;
  std::erase_if(look.errors, [&](const Fault& error) {
    told.insert(error.detail);
    return told_errors_.contains(error.detail);
  });
  told_errors_ = std::move(told);
}

bool FolderIntake::move(GroupImport& group, const ReportFile& file, const InputIdentity& identity,
                        const FileMover& mover) {
  std::string now = file.path;
  if (identity_of(now) != identity) {  // renamed by its user's mail program, or written to and so unread
    now = moved_mail(now).value_or("");
    if (now.empty()) {
      return true;
    }
  }
  const auto moved = mover.move(now, file.folder_end, identity);
  if (!moved) {
    group.note_unmoved(1, moved.error());
  }
  return moved.has_value();
}

void FolderIntake::read_group(GroupImport& group, std::span<const ReportFile> files, Progress& progress) {
  struct Done {
    const ReportFile* file;
    InputIdentity identity;
    const FileMover* mover;
    bool is_unreadable;
  };
  std::vector<Done> done;
  ReadAhead ahead(files);
  for (const ReportFile& file : files) {
    if (surroundings_->stop.has_come()) {
      break;
    }
    surroundings_->alive();
    FileSource& source = ahead.next();
    // Of what was opened: another file may have that name by now.
    const auto identity = source.is_open() ? source.identity() : identity_of(file.path);
    const tlsrpt::InputResult result = group.reading().file(file, source);
    group.note_read();
    progress.step();
    const auto& mover = result.reports > 0 ? imported_ : others_;
    if (identity) {
      done.push_back({.file = &file,
                      .identity = *identity,
                      .mover = mover && !result.is_unreadable ? &*mover : nullptr,
                      .is_unreadable = result.is_unreadable});
    }
  }
  if (!group.commit()) {
    return;
  }
  for (const Done& one : done) {
    const bool stays = one.mover != nullptr && !move(group, *one.file, one.identity, *one.mover);
    if (const auto known = known_.find(one.identity); known != known_.end()) {
      known->second.is_read = true;
      known->second.is_unreadable = one.is_unreadable;
      known->second.is_denied = one.is_unreadable && !may_read(one.file->path);
      known->second.again = stays ? std::optional(std::chrono::steady_clock::now() +
                                                  seconds(surroundings_->options.every_seconds))
                                  : std::nullopt;
    }
  }
}

LeftBehind FolderIntake::left() const {
  LeftBehind left{.unreadable = told_errors_.size()};
  for (const auto& [identity, known] : known_) {
    left.unreadable += known.is_unreadable ? 1U : 0U;
    left.unmoved += known.again ? 1U : 0U;
  }
  return left;
}

PassResult FolderIntake::import(tlsrpt::History& history, const FolderLook& look) {
  GroupImport group(*surroundings_, history);
  for (const Fault& error : look.errors) {
    group.reading().unreadable(error);
  }
  Progress progress("files read", look.files.size(), progress_of(surroundings_->options));
  for (std::size_t begin = 0;
       begin < look.files.size() && !group.result().failure && !surroundings_->stop.has_come();
       begin += group_files) {
    read_group(group, std::span(look.files).subspan(begin, std::min(group_files, look.files.size() - begin)),
               progress);
  }
  PassResult result = group.result();
  if (surroundings_->options.watch) {
    result.left = left();
  }
  return result;
}

}  // namespace mta_sts::cli
