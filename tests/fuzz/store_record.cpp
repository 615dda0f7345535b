// Any bytes as records of a store, of now and of before: read strictly, and written again to the same bytes.
#include "store/record.hpp"

#include "fuzz/fuzz.hpp"
#include "store/checksum.hpp"
#include "store/former_key.hpp"

using namespace mta_sts;

namespace {

// What a sum would hide: the same bytes with the sum that they should have.
std::string with_right_sum(std::string_view key, std::string_view bytes) {
  std::string mended(bytes);
  if (bytes.size() >= sizeof(std::uint64_t)) {
    store::Checksum sum;
    sum.add(key);
    sum.add(bytes.substr(sizeof(std::uint64_t)));
    const std::uint64_t value = sum.value();
    std::memcpy(mended.data(), &value, sizeof value);
  }
  return mended;
}

void read(std::string_view key, std::string_view bytes) {
  const auto record = store::decode_record(key, bytes);
  if (!record) {
    return;
  }
  fuzz::require(record->text.size() <= policy_limit_bytes && !record->text.empty());
  const std::string encoded = store::encode_record(key, *record);
  const auto again = store::decode_record(key, encoded);
  fuzz::require(again && again->serves_same_as(*record) && again->since == record->since);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all = fuzz::view_of(data, size);
  const std::string_view key = all.substr(0, all.find('\n'));
  const std::string_view bytes = all.substr(std::min(key.size() + 1, all.size()));
  read(key, bytes);
  read(key, with_right_sum(key, bytes));
  if (const auto parsed = store::parse_former_key(key)) {
    fuzz::require(store::former_key(parsed->owner, parsed->name, parsed->number) == key);
  }
  const auto former = store::decode_former(key, "a.example", with_right_sum(key, bytes));
  fuzz::require(!former || former->until.time_since_epoch().count() >= 0);
  return 0;
}
