#include "store/contents.hpp"

#include "base/utf8.hpp"
#include "store/walk.hpp"

namespace mta_sts::store {
namespace {

std::expected<std::optional<RecordView>, StoreError> find_record(const SnapshotView& snapshot,
                                                                 const TreeRoot& tree, std::string_view key) {
  const auto found = snapshot.pages.find(tree, key);
  if (!found) {
    return std::unexpected(damaged_page(snapshot.path, found.error()));
  }
  if (!*found) {
    return std::nullopt;
  }
  auto record = decode_record(key, **found);
  if (!record) {
    return std::unexpected(damaged_record(snapshot, key));
  }
  return record;
}

}  // namespace

std::expected<std::optional<RecordView>, StoreError> find_domain(const SnapshotView& snapshot,
                                                                 std::string_view domain) {
  return find_record(snapshot, snapshot.domains, domain);
}

std::expected<std::optional<RecordView>, StoreError> find_profile(const SnapshotView& snapshot,
                                                                  std::string_view name) {
  return find_record(snapshot, snapshot.profiles, name);
}

std::expected<void, StoreError> for_each_record(const SnapshotView& snapshot, const TreeRoot& tree,
                                                const VisitRecord& visit) {
  std::optional<StoreError> error;
  const auto walked = for_each(snapshot.pages, tree, {}, [&](std::string_view key, std::string_view value) {
    const auto record = decode_record(key, value);
    if (!record) {
      error = damaged_record(snapshot, key);
    }
    return record && visit(key, *record);
  });
  if (!walked) {
    return std::unexpected(damaged_page(snapshot.path, walked.error()));
  }
  if (error) {
    return std::unexpected(*std::move(error));
  }
  return {};
}

StoreError damaged_record(const SnapshotView& snapshot, std::string_view key) {
  return error_of_file(StoreErrorCode::damaged, snapshot.path,
                       "what it has for " + text::quote_for_display(key, 253) +
                           " is damaged; set it again, or see 'mta-sts store verify'");
}

StoreError damaged_page(std::string_view path, const PageFault& fault) {
  return error_of_file(StoreErrorCode::damaged, path,
                       "page " + std::to_string(fault.page) + " " + fault.what +
                           "; put a copy in its place, or import what it had");
}

}  // namespace mta_sts::store
