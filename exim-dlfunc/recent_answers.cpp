#include "recent_answers.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace mta_sts::exim {

const std::string* RecentAnswers::find(std::string_view path, std::string_view domain, Moment now) const {
  for (const Entry& entry : entries_ | std::views::reverse) {
    if (now < entry.until && entry.path == path && (entry.is_for_all || entry.domain == domain)) {
      return &entry.line;
    }
  }
  return nullptr;
}

void RecentAnswers::keep(std::string_view path, std::string_view domain, std::string_view line,
                         Moment until) {
  add({std::string(path), std::string(domain), std::string(line), until, false});
}

void RecentAnswers::keep_for_all(std::string_view path, std::string_view line, Moment until) {
  add({std::string(path), {}, std::string(line), until, true});
}

void RecentAnswers::add(Entry entry) {
  if (entry.size() > limit_bytes) {
    return;
  }
  std::size_t room = limit_bytes - entry.size();
  auto first_kept = entries_.end();
  while (first_kept != entries_.begin() && std::prev(first_kept)->size() <= room &&
         entries_.end() - first_kept + 1 < static_cast<std::ptrdiff_t>(entry_limit)) {
    room -= (--first_kept)->size();
  }
  entries_.erase(entries_.begin(), first_kept);
  entries_.push_back(std::move(entry));
}

}  // namespace mta_sts::exim
