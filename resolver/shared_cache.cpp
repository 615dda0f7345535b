#include "shared_cache.hpp"

#include <algorithm>
#include <iterator>

#include "base/utf8.hpp"
#include "file/read_file.hpp"

namespace mta_sts::resolver {
namespace {

constexpr std::size_t password_limit_bytes = 1024;
constexpr std::size_t secret_limit_bytes = 4096;

std::unexpected<Fault> failure(std::string_view option, const std::string& why) {
  return std::unexpected(Fault{"shared-cache-unusable", std::string(option) + ": " + why});
}

// The first line of a file.
std::expected<std::string, Fault> read_password(const std::string& path) {
  constexpr std::string_view option = "--shared-cache-password-file";
  const auto text = read_file(path, password_limit_bytes);
  if (!text) {
    return failure(option, to_message(text.error()));
  }
  std::string password = text->substr(0, text->find_first_of("\r\n"));
  if (password.empty()) {
    return failure(
        option, "the first line of " + text::quote_for_display(path) + " is empty; write the password there");
  }
  return password;
}

// All bytes of a file, a line feed at its end too: it may be one of the random ones.
std::expected<std::string, Fault> read_secret(const std::string& path) {
  constexpr std::string_view option = "--shared-cache-secret-file";
  auto bytes = read_secret_file(path, secret_limit_bytes);
  if (!bytes) {
    return failure(option, to_message(bytes.error()));
  }
  if (bytes->size() < sender::SharedValueForm::least_secret_bytes) {
    return failure(option, text::quote_for_display(path) + " has less than " +
                               std::to_string(sender::SharedValueForm::least_secret_bytes) +
                               " bytes; make it with openssl rand -hex 32");
  }
  return *std::move(bytes);
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
  std::string secret;
  if (options.secret_file.empty()) {
    log.write(LogLevel::warning, "shared-cache-unsealed",
              "there is no --shared-cache-secret-file: whoever can write to " + address.to_text() +
                  " decides over the policies of all domains");
  } else if (auto read = read_secret(options.secret_file)) {
    secret = *std::move(read);
  } else {
    return std::unexpected(read.error());
  }
  auto share = sender::RedisShare::create(loop, lookups.dns(), log, std::move(address), options.files);
  if (!share) {
    return std::unexpected(share.error());
  }
  return std::unique_ptr<SharedCache>(
      new SharedCache(*std::move(share), sender::SharedValueForm(std::move(secret)), lookups, clock, log));
}

SharedCache::SharedCache(std::unique_ptr<sender::RedisShare> share, sender::SharedValueForm form,
                         LookupStack& lookups, const Clock& clock, Log& log)
    : share_(std::move(share)), fetch_(lookups.fetch(), *share_, std::move(form), clock, log) {}

std::vector<std::pair<std::string, std::uint64_t>> SharedCache::counters() const {
  auto counters = share_->counters();
  std::ranges::move(fetch_.counters(), std::back_inserter(counters));
  return counters;
}

}  // namespace mta_sts::resolver
