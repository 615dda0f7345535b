// Any bytes as a line of an import: refused with a sentence, or a policy that the strict reading accepts.
#include "fuzz/fuzz.hpp"
#include "policy/parse_policy.hpp"
#include "store/lines/entry_line.hpp"

using namespace mta_sts;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static store::EntryReader reader;  // one for all lines, as in an import
  const auto entry = reader.read(fuzz::view_of(data, size));
  if (!entry) {
    fuzz::require(!entry.error().word.empty() && !entry.error().detail.empty());
    fuzz::require_safe(entry.error().detail);
    return 0;
  }
  fuzz::require(!entry->name.empty() && entry->name.size() <= 253);
  if (entry->kind != store::RecordKind::policy) {
    fuzz::require(entry->policy == nullptr && !entry->target.empty());
    return 0;
  }
  const auto policy = parse_policy(entry->policy->body, Reading::strict);
  fuzz::require(policy && policy->mode == entry->policy->mode);
  const std::string bytes =
      store::encode_record(entry->name, store::record_of(*entry->policy, entry->serial, {}));
  fuzz::require(store::decode_record(entry->name, bytes).has_value());
  return 0;
}
