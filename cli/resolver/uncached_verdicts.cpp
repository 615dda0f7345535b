#include "cli/resolver/uncached_verdicts.hpp"

#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "os/uv_loop.hpp"
#include "sender/decide/verdict_service.hpp"

namespace mta_sts::cli {
namespace {

/// Makes the lookups and lets `work` use them; `work` runs the loop until it has what it wants.
template <typename Work>
std::expected<void, Fault> with_lookups(const resolver::LookupOptions& options, Work work) {
  const auto loop = UvLoop::create();
  if (!loop) {
    return std::unexpected(
        Fault{"loop-failed", "the event loop cannot be created; raise the limits on memory and descriptors"});
  }
  auto lookups = resolver::LookupStack::create(loop->get(), options);
  if (!lookups) {
    return std::unexpected(lookups.error());
  }
  work(*loop, *lookups);
  return {};
}

}  // namespace

std::expected<std::vector<Verdict>, Fault> uncached_verdicts(const resolver::LookupOptions& options,
                                                             const std::vector<std::string>& domains) {
  std::vector<Verdict> verdicts(domains.size(), temp_verdict("deadline"));
  const auto done = with_lookups(options, [&](UvLoop& loop, resolver::LookupStack& lookups) {
    const SystemClock clock;
    NullLog log;
    sender::NullPolicyStore store;
    sender::VerdictService service(lookups.dns(), lookups.fetch(), store, clock, log);
    std::size_t open = domains.size();
    for (std::size_t i = 0; i < domains.size(); ++i) {
      service.ask(domains[i], [&, i](const Verdict& verdict) {
        verdicts[i] = verdict;
        --open;
      });
    }
    while (open > 0 && loop.run_once()) {
    }
  });
  if (!done) {
    return std::unexpected(done.error());
  }
  return verdicts;
}

std::expected<sender::FetchResult, Fault> fetch_now(const resolver::LookupOptions& options,
                                                    const DomainName& domain) {
  std::optional<sender::FetchResult> result;
  const auto done = with_lookups(options, [&](UvLoop& loop, resolver::LookupStack& lookups) {
    lookups.fetch().fetch(domain,
                          {.done = [&](sender::FetchResult fetched) { result = std::move(fetched); }});
    while (!result && loop.run_once()) {
    }
  });
  if (!done) {
    return std::unexpected(done.error());
  }
  if (!result) {
    return sender::FetchResult(std::unexpected(sender::FetchError{}));
  }
  return *result;
}

}  // namespace mta_sts::cli
