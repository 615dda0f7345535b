#include "store/served_store.hpp"

#include <map>

#include "store/store_file.hpp"

namespace mta_sts::store {
namespace {

// Opening takes some system calls, and where it fails it is likely to fail again.
constexpr std::chrono::seconds retry_after{1};

// The stores that are open in this process, by the path without links: LMDB loses its locks where a process
// opens a file twice.
class OpenStores {
 public:
  std::expected<std::shared_ptr<OpenStore>, StoreError> open(const std::string& path) {
    const auto real = real_path_of(path);
    if (!real) {
      return std::unexpected(real.error());
    }
    const std::scoped_lock lock(mutex_);
    std::weak_ptr<OpenStore>& known = stores_[*real];
    if (auto store = known.lock()) {
      return store;
    }
    auto reader = StoreReader::open(*real);
    if (!reader) {
      stores_.erase(*real);
      return std::unexpected(reader.error());
    }
    auto store = std::make_shared<OpenStore>(*std::move(reader));
    known = store;
    return store;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<OpenStore>> stores_;
};

OpenStores& open_stores() {
  static OpenStores stores;
  return stores;
}

}  // namespace

std::unique_ptr<ReadSlot> OpenStore::take_slot() {
  {
    const std::scoped_lock lock(mutex_);
    if (!free_.empty()) {
      auto slot = std::move(free_.back());
      free_.pop_back();
      return slot;
    }
  }
  return std::make_unique<ReadSlot>(reader_->slot());
}

void OpenStore::give_back(std::unique_ptr<ReadSlot> slot) {
  const std::scoped_lock lock(mutex_);
  free_.push_back(std::move(slot));
}

SlotLease::~SlotLease() {
  slot_->end();
  store_->give_back(std::move(slot_));
}

std::expected<ServedStore::Lease, StoreError> ServedStore::take_another(Time now) {
  const std::scoped_lock lock(mutex_);
  if (!store_) {
    if (now < retry_) {
      return std::unexpected(error_);
    }
    auto opened = open_stores().open(path_);
    if (!opened) {
      error_ = std::move(opened.error());
      retry_ = now + retry_after;
      return std::unexpected(error_);
    }
    store_ = *std::move(opened);
  }
  return std::make_unique<SlotLease>(store_);
}

std::expected<StoreFacts, StoreError> ServedStore::facts(Time now) {
  auto lease = take(now);
  if (!lease) {
    return std::unexpected(std::move(lease.error()));
  }
  auto facts = (*lease)->slot().facts();
  if (!facts) {
    close_after(facts.error());
  }
  return facts;
}

// Another file at its place is opened once nobody in this process has the one that was removed.
void ServedStore::close_after(const StoreError& error) {
  if (error.code == StoreErrorCode::replaced || error.code == StoreErrorCode::cut) {
    const std::scoped_lock lock(mutex_);
    store_.reset();
  }
}

std::optional<StoreError> find_fault(const std::string& path) {
  const auto real = real_path_of(path);
  if (!real) {
    return real.error();
  }
  const auto file = check_file(*real);
  if (!file) {
    return file.error();
  }
  return file->has_mark ? std::nullopt : std::optional(nothing_stored(*real));
}

}  // namespace mta_sts::store
