#include "shared_cache.hpp"

#include <algorithm>
#include <iterator>

#include "base/utf8.hpp"
#include "file/read_file.hpp"

namespace mta_sts::resolver {
namespace {

constexpr std::size_t password_limit_bytes = 1024;

// The first line of a file.
std::expected<std::string, Fault> read_password(const std::string& path) {
  const auto failure = [](const std::string& why) {
    return std::unexpected(Fault{"shared-cache-unusable", "--shared-cache-password-file: " + why});
  };
  const auto text = read_file(path, password_limit_bytes);
  if (!text) {
    return failure(to_message(text.error()));
  }
  std::string password = text->substr(0, text->find_first_of("\r\n"));
  if (password.empty()) {
    return failure("the first line of " + text::quote_for_display(path) +
                   " is empty; write the password there");
  }
  return password;
}

}  // namespace

std::expected<std::unique_ptr<SharedCache>, Fault> SharedCache::create(uv_loop_t* loop, LookupStack& lookups,
                                                                       const SharedCacheOptions& options,
                                                                       const Clock& clock, Log& log) {
  sender::RedisAddress address = *options.address;
  if (!options.password_file.empty()) {
    auto password = read_password(options.password_file);
    if (!password) {
      return std::unexpected(password.error());
    }
    address.password = *std::move(password);
  }
  auto share = sender::RedisShare::create(loop, lookups.dns(), log, std::move(address), options.files);
  if (!share) {
    return std::unexpected(share.error());
  }
  return std::unique_ptr<SharedCache>(new SharedCache(*std::move(share), lookups, clock, log));
}

SharedCache::SharedCache(std::unique_ptr<sender::RedisShare> share, LookupStack& lookups, const Clock& clock,
                         Log& log)
    : share_(std::move(share)), fetch_(lookups.fetch(), *share_, clock, log) {}

std::vector<std::pair<std::string, std::uint64_t>> SharedCache::counters() const {
  auto counters = share_->counters();
  std::ranges::move(fetch_.counters(), std::back_inserter(counters));
  return counters;
}

}  // namespace mta_sts::resolver
