#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::exim {

/// What a process has learnt from the resolver a moment ago, so that it need not ask again: at most 64
/// answers and 1 MiB, each until the moment given with it. The newest ones stay. Knows no clock.
class RecentAnswers {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  static constexpr std::size_t entry_limit = 64;
  static constexpr std::size_t limit_bytes = std::size_t{1024} * 1024;

  /// Gives the line kept for `domain` (byte by byte as asked) at the socket `path`, or the one kept for all
  /// domains there; null where there is none or its time is over. Valid until the next keep.
  [[nodiscard]] const std::string* find(std::string_view path, std::string_view domain, Moment now) const;

  /// Keeps the answer for one domain. One that is too large is not kept.
  void keep(std::string_view path, std::string_view domain, std::string_view line, Moment until);

  /// Keeps an answer that holds for every domain at the socket `path`.
  void keep_for_all(std::string_view path, std::string_view line, Moment until);

 private:
  struct Entry {
    std::string path;
    std::string domain;
    std::string line;
    Moment until;
    bool is_for_all;

    [[nodiscard]] std::size_t size() const { return path.size() + domain.size() + line.size(); }
  };

  void add(Entry entry);

  std::vector<Entry> entries_;  // the newest last
};

}  // namespace mta_sts::exim
