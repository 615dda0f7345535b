#include "store/served_store.hpp"

#include <map>
#include <type_traits>

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

// What the directives of this process name, so that a store can be closed that some of them keep open without
// a request that would tell them of its end. Never destroyed: httpd's children end their pools after that.
class ServedStores {
 public:
  void add(ServedStore* store) {
    const std::scoped_lock lock(mutex_);
    store->next_ = first_;
    if (first_ != nullptr) {
      first_->previous_ = store;
    }
    first_ = store;
  }
  void remove(ServedStore* store) {
    const std::scoped_lock lock(mutex_);
    (store->previous_ == nullptr ? first_ : store->previous_->next_) = store->next_;
    if (store->next_ != nullptr) {
      store->next_->previous_ = store->previous_;
    }
  }
  void drop(const OpenStore* gone) {
    const std::scoped_lock lock(mutex_);
    for (ServedStore* store = first_; store != nullptr; store = store->next_) {
      store->drop(gone);
    }
  }

 private:
  std::mutex mutex_;
  ServedStore* first_ = nullptr;
};
static_assert(std::is_trivially_destructible_v<ServedStores>);

namespace {

ServedStores& served_stores() {
  static ServedStores stores;
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

ServedStore::ServedStore(std::string path) : path_(std::move(path)) {
  served_stores().add(this);
}

ServedStore::~ServedStore() {
  served_stores().remove(this);
}

void ServedStore::drop(const OpenStore* gone) {
  std::shared_ptr<OpenStore> dropped;  // closed when nothing is locked
  const std::scoped_lock lock(mutex_);
  if (store_.get() == gone) {
    dropped = std::exchange(store_, nullptr);
  }
}

std::expected<ServedStore::Lease, StoreError> ServedStore::take(Time now) {
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
  return read(now, [](ReadSlot& slot, FileCheck) { return slot.facts(); });
}

// Another file at its place has the same lock file, which LMDB may not open twice in a process either: so all
// directives let go of the one that is gone, and what another thread still has of it ends with its request.
// True where the store is to be asked once more, `gone` being the one that was closed.
bool ServedStore::close_after(const StoreError& error, Lease lease, const OpenStore*& gone, Time now) {
  if (error.code != StoreErrorCode::replaced && error.code != StoreErrorCode::cut) {
    return false;
  }
  const OpenStore* const store = lease->store();
  served_stores().drop(store);
  lease.reset();
  const OpenStore* const before = std::exchange(gone, store);
  if (before == nullptr) {
    return true;
  }
  if (before != store) {  // opened anew in vain: its lock file is in use for another
    const std::scoped_lock lock(mutex_);
    error_ = error;
    retry_ = now + retry_after;
  }
  return false;
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
