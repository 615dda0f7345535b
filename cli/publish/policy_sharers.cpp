#include "cli/publish/policy_sharers.hpp"

#include <algorithm>
#include <optional>

#include "store/contents.hpp"
#include "store/walk.hpp"

namespace mta_sts::cli {
namespace {

using Walked = std::expected<void, store::StoreError>;

class SharerList {
 public:
  SharerList(const store::SnapshotView& snapshot, std::string_view domain)
      : snapshot_(snapshot), domain_(domain) {}

  Walked find() {
    auto record = store::find_domain(snapshot_, domain_);
    std::string owner(domain_);
    if (record && *record && (*record)->kind == store::RecordKind::alias) {
      owner = (*record)->text;
      record = store::find_domain(snapshot_, owner);
    }
    if (!record || !*record) {
      return record ? Walked() : std::unexpected(record.error());
    }
    if ((*record)->kind != store::RecordKind::profile) {
      return add_with_aliases(owner);
    }
    const std::string profile((*record)->text);
    std::optional<store::StoreError> error;
    const auto visited = store::for_each_record(
        snapshot_, snapshot_.domains, [&](std::string_view key, const store::RecordView& one) {
          if (one.kind == store::RecordKind::profile && one.text == profile) {
            if (auto added = add_with_aliases(std::string(key)); !added) {
              error = added.error();
            }
          }
          return !error && !is_full();
        });
    return error ? std::unexpected(*std::move(error)) : visited;
  }

  std::vector<std::string> names;

 private:
  [[nodiscard]] bool is_full() const { return names.size() > sharers_limit; }

  void add(std::string name) {
    if (name != domain_ && !is_full()) {
      names.push_back(std::move(name));
    }
  }

  Walked add_with_aliases(const std::string& owner) {
    add(owner);
    const std::string prefix = owner + '\0';
    const auto walked = store::for_each(snapshot_.pages, snapshot_.aliases, prefix,
                                        [&](std::string_view key, std::string_view) {
                                          const bool is_alias = key.starts_with(prefix);
                                          if (is_alias) {
                                            add(std::string(key.substr(prefix.size())));
                                          }
                                          return is_alias && !is_full();
                                        });
    return walked ? Walked() : std::unexpected(store::damaged_page(snapshot_.path, walked.error()));
  }

  const store::SnapshotView& snapshot_;
  std::string_view domain_;
};

}  // namespace

std::expected<std::vector<std::string>, store::StoreError> policy_sharers(const std::string& store_path,
                                                                          std::string_view domain) {
  const auto reader = store::StoreReader::open(store_path);
  if (!reader) {
    return reader.error().code == store::StoreErrorCode::missing
               ? std::expected<std::vector<std::string>, store::StoreError>()
               : std::unexpected(reader.error());
  }
  store::ReadSlot slot = (*reader)->slot();
  const auto snapshot = slot.begin();
  if (!snapshot) {
    return std::unexpected(snapshot.error());
  }
  return policy_sharers(*snapshot, domain);
}

std::expected<std::vector<std::string>, store::StoreError> policy_sharers(const store::SnapshotView& snapshot,
                                                                          std::string_view domain) {
  SharerList list(snapshot, domain);
  if (auto found = list.find(); !found) {
    return std::unexpected(found.error());
  }
  return std::move(list.names);
}

}  // namespace mta_sts::cli
