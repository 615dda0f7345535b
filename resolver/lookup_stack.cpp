#include "lookup_stack.hpp"

#include <tuple>
#include <utility>

namespace mta_sts::resolver {
namespace {

auto all_of(const sender::CurlFetchOptions& fetch) {
  return std::tie(fetch.ca_file, fetch.https_port, fetch.allow_private, fetch.missing_content_type,
                  fetch.connect_deadline, fetch.deadline, fetch.places, fetch.waiting_limit,
                  fetch.user_agent);
}

}  // namespace

bool LookupOptions::operator==(const LookupOptions& other) const {
  return dns_servers == other.dns_servers && dns_deadline == other.dns_deadline &&
         trust_ad == other.trust_ad && all_of(fetch) == all_of(other.fetch);
}

std::expected<LookupStack, Fault> LookupStack::create(uv_loop_t* loop, const LookupOptions& options,
                                                      NameServersChanged changed) {
  sender::StubResolverOptions asking;
  asking.servers = options.dns_servers;
  asking.deadline = options.dns_deadline;
  asking.ad_trust = options.trust_ad ? sender::AdTrust::all : sender::AdTrust::own_host;
  asking.on_servers = std::move(changed);
  auto dns = std::make_unique<sender::StubResolver>(loop, std::move(asking));
  auto fetch = sender::CurlFetch::create(loop, *dns, options.fetch);
  if (!fetch) {
    return std::unexpected(fetch.error());
  }
  return LookupStack(std::move(dns), std::move(*fetch));
}

LookupStack::LookupStack(std::unique_ptr<sender::StubResolver> dns, std::unique_ptr<sender::CurlFetch> fetch)
    : dns_(std::move(dns)), fetch_(std::move(fetch)) {}

}  // namespace mta_sts::resolver
