#include "cli/import/folder_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace mta_sts::cli {
namespace {

constexpr std::size_t folders_most = 1000;  // what is in others is found by looking

}  // namespace

FolderWatch::FolderWatch() : events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}

bool FolderWatch::follow(std::span<const std::string> folders) {
  constexpr unsigned heard =
      IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  bool has_new = false;
  for (const std::string& folder : folders.first(std::min(folders.size(), folders_most))) {
    // A folder that is heard of already keeps its number.
    const int number = ::inotify_add_watch(events_.get(), folder.c_str(), heard);
    has_new = has_new || number > last_;
    last_ = std::max(last_, number);
  }
  return has_new;
}

void FolderWatch::forget() {
  alignas(inotify_event) std::array<char, 65536> events{};
  while (::read(events_.get(), events.data(), events.size()) > 0) {
  }
}

}  // namespace mta_sts::cli
