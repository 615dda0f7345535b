// Any bytes as the file of a store: whatever its pages say, they are read within the file, and to an end.
#include <cstring>
#include <memory>

#include "fuzz/fuzz.hpp"
#include "store/contents.hpp"
#include "store/pages.hpp"
#include "store/periods.hpp"
#include "store/verify.hpp"

using namespace mta_sts;

namespace {

store::TreeRoot tree_in(const store::SnapshotView& snapshot, std::string_view name) {
  const auto found = snapshot.pages.find_tree(snapshot.head, name);
  constexpr store::TreeRoot none{.root = store::no_page};
  return found ? found->value_or(none) : none;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto head = store::read_heads(fuzz::view_of(data, size));
  if (!head || head->needed_bytes() > size) {
    return 0;
  }
  // Exactly the pages that the head tells of: the sanitizer sees what is read behind them.
  const std::unique_ptr<char[]> pages(new char[head->needed_bytes()]);
  std::memcpy(pages.get(), data, head->needed_bytes());
  store::SnapshotView snapshot;
  snapshot.path = "store";
  snapshot.head = *head;
  snapshot.pages = store::Pages(pages.get(), head->page_bytes(), head->last_page + 1);
  snapshot.domains = tree_in(snapshot, store::domain_tree);
  snapshot.profiles = tree_in(snapshot, store::profile_tree);
  snapshot.former = tree_in(snapshot, store::former_tree);
  snapshot.aliases = tree_in(snapshot, store::alias_tree);
  static_cast<void>(store::find_domain(snapshot, "a.example"));
  std::size_t visited = 0;
  static_cast<void>(store::for_each_record(
      snapshot, snapshot.domains, [&](std::string_view, const auto&) { return ++visited < 100000; }));
  static_cast<void>(store::periods_of_domain(snapshot, "a.example"));
  const store::Verification found = store::verify(snapshot);
  fuzz::require(found.faults.size() <= store::faults_limit && found.faults.size() <= found.fault_count);
  for (const std::string& fault : found.faults) {
    fuzz::require_safe(fault);
  }
  return 0;
}
