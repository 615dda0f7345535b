#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "store/lines/entry_line.hpp"
#include "store/writer.hpp"

namespace mta_sts::store {

/// How many entries an import changed, and how many the store had already.
struct StoredCounts {
  std::size_t changed = 0;
  std::size_t unchanged = 0;
};

/// Takes the number, name and record of an entry that is refused, and why; false ends the import.
using PassOver = std::function<bool(std::size_t line, std::string_view name, const RecordView& record,
                                    const StoreError& error)>;

/// Why an import ends; nothing is changed.
struct ImportFault {
  std::size_t line = 0;  ///< 0: no line is at fault but the store
  StoreError error;
};

/// Views an entry as the record that serves it; the entry and its policy must outlive it.
[[nodiscard]] RecordView record_of(const StoreEntry& entry, std::chrono::sys_seconds since);

/// The entries of an import: all are read before any is stored, and stored in the order of their names, in
/// which a tree is written fastest. Memory: the bytes that are stored, and 24 bytes for each entry.
class ImportBatch {
 public:
  /// Takes the entry of a line; `now` is when it is put in.
  void add(const StoreEntry& entry, std::size_t line, std::chrono::sys_seconds now);

  /// Gives what the entries take, in bytes.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const;

  /// Two lines that are about the same name; `first` < `second`.
  struct Repetition {
    std::size_t first = 0;
    std::size_t second = 0;
    std::string_view name;
  };

  /// Sorts the entries and gives the first repetition, if there is one. Before store_in().
  [[nodiscard]] std::optional<Repetition> sort();

  /// Puts all into a change: profiles, domains, then aliases, which lead to domains. `step` is called after
  /// each that was put in; `pass_over` is asked where one names what is not there, and is then as it was.
  /// Errors: those of StoreWriter::put; drop the change then.
  [[nodiscard]] std::expected<StoredCounts, ImportFault> store_in(StoreWriter& writer,
                                                                  const std::function<void()>& step,
                                                                  const PassOver& pass_over) const;

 private:
  struct Item {
    const char* bytes = nullptr;  ///< the name, then its record
    std::uint32_t record_bytes = 0;
    std::uint32_t line = 0;
    std::uint16_t name_bytes = 0;

    [[nodiscard]] std::string_view name() const { return {bytes, name_bytes}; }
    [[nodiscard]] std::string_view record() const { return {bytes + name_bytes, record_bytes}; }
  };

  char* room_for(std::size_t bytes);

  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_left_ = 0;
  char* chunk_at_ = nullptr;
  std::size_t bytes_ = 0;
  std::vector<Item> profiles_;
  std::vector<Item> domains_;
  std::vector<Item> aliases_;
};

}  // namespace mta_sts::store
