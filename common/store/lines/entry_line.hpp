#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "publish/published_policy.hpp"
#include "store/former_key.hpp"
#include "store/record.hpp"

namespace mta_sts::store {

/// Why a line is refused; the import ends and changes nothing.
struct LineFault {
  std::string_view word;  ///< kebab-case, of docs/errors.md
  std::string detail;     ///< what is wrong and what is allowed, safe to show
};

/// What a line says of one domain or profile.
struct StoreEntry {
  Owner owner = Owner::domain;
  std::string name;  ///< a domain in A-labels, or a profile
  RecordKind kind = RecordKind::policy;
  std::uint32_t serial = 0;
  std::string target;  ///< the profile or the domain that it names
  /// With policy; it lives until the reader reads the next line.
  const publish::PublishedPolicy* policy = nullptr;
};

/// A row of a table, none of it believed yet: a name, and exactly one of what says what it has.
struct EntryRowView {
  Owner owner = Owner::domain;
  std::string_view name;
  std::optional<std::string_view> words;    ///< of a directive
  std::optional<std::string_view> profile;  ///< of a domain alone
  std::optional<std::string_view> alias;    ///< of a domain alone
};

/// The longest line: a policy of 64 KiB, each byte of which may be escaped.
inline constexpr std::size_t entry_line_limit_bytes = std::size_t{512} * 1024;

/// Reads lines of an import, of either form:
///   JSON: {"domain": D, "mode": …, "mx": […], "max_age": N, "serial": N}, {"domain": D, "policy": "version:
///   …"},
///         {"domain": D, "profile": P}, {"domain": D, "alias": D2}, {"profile": P, "mode": …}
///   CSV:  D,WORDS of a directive; D,profile=P; D,alias=D2; @P,WORDS
/// Every policy is checked as that of a web server's directive or file is. RFC 8461 section 3.2.
class EntryReader {
 public:
  /// Reads one line, without its end, of any bytes.
  [[nodiscard]] std::expected<StoreEntry, LineFault> read(std::string_view line);

  /// Reads one row of a table by the rules of a line. Its name must be written as the store has it, in
  /// A-labels and lower case, so that rows in the order of their bytes are in the order of the store.
  [[nodiscard]] std::expected<StoreEntry, LineFault> read_row(const EntryRowView& row);

 private:
  struct Known {
    publish::PublishedPolicy policy;
    std::uint32_t serial = 0;
  };
  using Read = std::expected<StoreEntry, LineFault>;

  void forget_many();
  [[nodiscard]] Read read_json(std::string_view line);
  [[nodiscard]] Read read_csv(std::string_view line);
  [[nodiscard]] Read with_words(StoreEntry entry, const std::vector<std::string_view>& words);
  [[nodiscard]] Read with_body(StoreEntry entry, std::string_view body, std::string_view serial);

  std::string line_;  ///< the line, whose strings are unescaped in their place
  Known latest_;
  /// Many domains have the policy of one mail provider: what the latest words made is kept.
  std::unordered_map<std::string, Known> known_;
};

}  // namespace mta_sts::store
