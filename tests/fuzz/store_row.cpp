// Any bytes as a row of the cache file: read strictly, and carried into a domain's state and back.
#include "sender/store/store_row.hpp"

#include "fuzz/fuzz.hpp"
#include "sender/decide/domain_state.hpp"

using namespace mta_sts;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto parts = fuzz::split(fuzz::view_of(data, size), '\xff');
  parts.resize(9);
  sender::StoreRow row{.domain = parts[0], .id = parts[1], .body = parts[2], .failures = parts[3]};
  const auto number = [](std::string_view text) {
    std::uint64_t value = 0;
    for (const char c : text.substr(0, 8)) {
      value = value << 8U | static_cast<unsigned char>(c);
    }
    return static_cast<std::int64_t>(value);
  };
  row.fetched = number(parts[4]);
  row.failed_refreshes = number(parts[5]);
  row.used = number(parts[6]);
  row.peer = parts[7];
  row.asks = number(parts[8]);
  fuzz::require(!sender::read_store_row(row) || sender::row_sum(row) == 0);
  row.sum = sender::row_sum(row);
  const auto entry = sender::read_store_row(row);
  if (!entry) {
    return 0;
  }
  const auto again =
      sender::parse_history(sender::render_history({.failures = entry->failures, .lookups = entry->lookups}));
  fuzz::require(again && again->failures == entry->failures && again->lookups == entry->lookups);
  const sender::DomainState state = sender::DomainState::from_stored(*entry);
  fuzz::require(state.failures().size() <= sender::DomainState::failure_limit);
  if (state.policy()) {
    fuzz::require(state.policy()->max_age().count() > 0 &&
                  state.policy()->fetched() == entry->policy->fetched);
    fuzz::require(state.policy()->mode() == Mode::none || state.policy()->has_lost_patterns() ||
                  !state.policy()->mx().empty());
  }
  return 0;
}
