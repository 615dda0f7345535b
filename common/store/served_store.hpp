#pragma once

#include <atomic>
#include <chrono>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/log_limit.hpp"
#include "store/reader.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"

namespace mta_sts::store {

/// A store that is open in this process, and its slots that nobody uses just now.
class OpenStore {
 public:
  explicit OpenStore(std::unique_ptr<StoreReader> reader) : reader_(std::move(reader)) {}

  [[nodiscard]] std::unique_ptr<ReadSlot> take_slot();
  void give_back(std::unique_ptr<ReadSlot> slot);
  [[nodiscard]] const FileIdentity& identity() const { return reader_->identity(); }

 private:
  std::unique_ptr<StoreReader> reader_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ReadSlot>> free_;  // gone before the reader
};

/// A slot for one request, given back when this is destroyed.
class SlotLease {
 public:
  explicit SlotLease(std::shared_ptr<OpenStore> store)
      : store_(std::move(store)), slot_(store_->take_slot()) {}
  SlotLease(const SlotLease&) = delete;
  SlotLease& operator=(const SlotLease&) = delete;
  ~SlotLease();

  [[nodiscard]] ReadSlot& slot() { return *slot_; }
  [[nodiscard]] const OpenStore* store() const { return store_.get(); }

 private:
  std::shared_ptr<OpenStore> store_;
  std::unique_ptr<ReadSlot> slot_;
};

class ServedStores;

/// What one directive `store=PATH` of a web server names. It is opened with the first request, so after the
/// server has forked, again as it is found replaced, and once more a second after it could not be opened. All
/// threads may use it. Every process opens a store once, however many directives name it.
class ServedStore {
 public:
  using Time = std::chrono::milliseconds;  ///< of a clock that is never set back

  /// `path` is absolute.
  explicit ServedStore(std::string path);
  ServedStore(const ServedStore&) = delete;
  ServedStore& operator=(const ServedStore&) = delete;
  ~ServedStore();

  /// Gives `use` what the store holds for a domain (A-labels, any case), or nothing where it does not know
  /// it; what `use` is given lives for the call, in which `use` copies it and does no more. That the path
  /// leads to another file, or to none, is noticed as `now` moves on. Error: the store's, and `use` was not
  /// called; answer 503.
  template <typename Use>
  [[nodiscard]] std::expected<void, StoreError> lookup(std::string_view domain, Time now, Use&& use) {
    return read(now, [&](ReadSlot& slot, FileCheck check) -> std::expected<void, StoreError> {
      const auto found = slot.find(domain, check);
      if (!found) {
        return std::unexpected(found.error());
      }
      std::forward<Use>(use)(*found);
      slot.end();
      return {};
    });
  }

  /// Gives what is known of the store as a whole. Error: the store's.
  [[nodiscard]] std::expected<StoreFacts, StoreError> facts(Time now);

  /// Tells whether an error is to be logged now: once a minute, however many requests meet it.
  [[nodiscard]] bool is_to_be_logged(Time now) { return log_limit_.take(now); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  friend class ServedStores;
  using Lease = std::unique_ptr<SlotLease>;

  // Calls `ask` with a slot, and again with one of the store that is opened in place of one that is gone.
  template <typename Ask>
  [[nodiscard]] std::invoke_result_t<Ask, ReadSlot&, FileCheck> read(Time now, Ask ask) {
    const OpenStore* gone = nullptr;
    for (;;) {
      auto lease = take(now);
      if (!lease) {
        return std::unexpected(std::move(lease.error()));
      }
      const FileCheck check = check_at(now);
      std::invoke_result_t<Ask, ReadSlot&, FileCheck> done = std::unexpected(StoreError());
      if (check == FileCheck::size_and_name && leads_elsewhere(path_, (*lease)->store()->identity())) {
        done = std::unexpected(store_replaced(path_));
      } else {
        done = ask((*lease)->slot(), check);
      }
      if (done) {
        return done;
      }
      if (!close_after(done.error(), *std::move(lease), gone, now)) {
        return done;
      }
    }
  }
  [[nodiscard]] FileCheck check_at(Time now) {
    return checked_.exchange(now, std::memory_order_relaxed) == now ? FileCheck::size
                                                                    : FileCheck::size_and_name;
  }
  // Not kept between requests: the lock file has slots for all processes together, not for all directives.
  [[nodiscard]] std::expected<Lease, StoreError> take(Time now);
  void drop(const OpenStore* gone);
  [[nodiscard]] bool close_after(const StoreError& error, Lease lease, const OpenStore*& gone, Time now);

  std::string path_;
  std::atomic<Time> checked_ = Time::min();
  std::mutex mutex_;
  std::shared_ptr<OpenStore> store_;
  StoreError error_;  // why it could not be opened, until retry_
  Time retry_ = Time::min();
  LogLimit log_limit_;
  ServedStore* next_ = nullptr;  // of the list of all
  ServedStore* previous_ = nullptr;
};

/// Tells what a web server would say of the store at `path` as it starts; nothing where it can be opened. It
/// looks at the file alone: opens no environment, creates nothing.
[[nodiscard]] std::optional<StoreError> find_fault(const std::string& path);

}  // namespace mta_sts::store
