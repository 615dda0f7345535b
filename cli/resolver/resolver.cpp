#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/fault.hpp"
#include "base/utf8.hpp"
#include "cli/command.hpp"
#include "cli/config_file.hpp"
#include "cli/resolver/lookup_words.hpp"
#include "cli/subcommands.hpp"
#include "resolver/process.hpp"
#include "resolver/stderr_log.hpp"

namespace mta_sts::cli {
namespace {

constexpr const char* command_name = "resolver";

/// The options as they stand on the command line; seconds and days are bare numbers there.
struct ResolverWords {
  resolver::ResolverOptions options;
  LookupWords lookup;
  std::string config;
  std::string log_level{"info"};
  std::string shared_cache;
  bool accept_missing_content_type = false;
  bool trust_ad = false;
  bool postfix_without_dane = false;
  unsigned txt_ttl_least = 60;
  unsigned txt_ttl_most = 300;
  unsigned txt_failure_ttl = 5;
  unsigned fetch_patience = 4;
  unsigned dns_failure_limit = 14400;
  unsigned unused_days = 90;
  unsigned idle_timeout = 60;
  unsigned request_timeout = 10;
  unsigned write_timeout = 10;
  unsigned drain_timeout = 10;
};

void declare_process(Command command, ResolverWords& words) {
  resolver::ResolverOptions& options = words.options;
  command.option("--socket PATH", options.sockets, "Unix socket to listen on")
      .by_default("those of systemd, else /run/mta-sts/resolver.sock")
      .repeatable();
  command.option("--socket-group GROUP", options.socket_group, "Group of the socket files")
      .by_default("the user's own");
  command.option("--user USER", options.user, "User to switch to when started as root")
      .by_default("mta-sts, if it exists");
  command.option("--cache FILE", options.cache_file, "SQLite file that keeps the policies across restarts")
      .show_default();
  command.option("--exceptions FILE", options.exceptions_file,
                 "File of domains whose policy is off, testing or pinned");
  command.option("--metrics ADDRESS:PORT", options.metrics, "Where Prometheus finds /metrics, on loopback");
  command.flag("--metrics-any-address", options.metrics_any_address,
               "Allow an address of --metrics that is not loopback");
  command.option("--log-level LEVEL", words.log_level, "Lowest level that is logged")
      .show_default()
      .one_of({"debug", "info", "warning", "error"});
  command.flag("--accept-missing-content-type", words.accept_missing_content_type,
               "Accept a policy without a Content-Type, contrary to RFC 8461 section 3.2");
}

void declare_postfix(Command command, ResolverWords& words) {
  resolver::PostfixOptions& postfix = words.options.postfix;
  command
      .option("--postfix-socketmap ADDRESS:PORT|PATH", postfix.sockets,
              "Where Postfix asks: on loopback, or a Unix socket")
      .repeatable();
  command.option("--postfix-socketmap-group GROUP", postfix.socket_group, "Group of such a PATH")
      .by_default("as --socket-group");
  command.flag("--postfix-socketmap-any-address", postfix.any_address,
               "Allow an address there that is not loopback");
  command.flag("--postfix-without-dane", words.postfix_without_dane,
               "Postfix does no DANE (smtp_dns_support_level is not dnssec): never answer dane-only");
  command.flag("--trust-ad", words.trust_ad, "The path to the name servers is safe: trust their AD bit")
      .by_default("of those on loopback alone");
}

void declare_outcomes(Command command, ResolverWords& words) {
  resolver::OutcomeOptions& outcomes = words.options.outcomes;
  command
      .option("--outcomes-socket PATH", outcomes.sockets,
              "Unix socket for datagrams in which mail servers tell how sessions went")
      .repeatable();
  command.option("--outcomes-socket-group GROUP", outcomes.socket_group, "Group of such a PATH")
      .by_default("as --socket-group");
  command.option("--outcomes-file FILE", outcomes.file, "SQLite file that counts them by day").show_default();
}

void declare_shared_cache(Command command, ResolverWords& words) {
  resolver::SharedCacheOptions& shared = words.options.shared;
  command
      .option("--shared-cache URL", words.shared_cache,
              "Redis or Valkey server through which several hosts share policies: redis://HOST, "
              "rediss://HOST for "
              "TLS, or unix:///PATH")
      .by_default("none");
  command.option("--shared-cache-password-file FILE", shared.password_file,
                 "File whose first line is the password for it");
  command.option(
      "--shared-cache-secret-file FILE", shared.secret_file,
      "File of at least 32 random bytes, the same on all hosts: only policies of hosts that have it are "
      "believed");
  command
      .option("--shared-cache-ca FILE", shared.files.ca,
              "File of the roots that its certificate is trusted by, PEM")
      .by_default("as --ca");
  command.option("--shared-cache-certificate FILE", shared.files.certificate,
                 "Certificate of this host for it, with its chain, PEM");
  command.option("--shared-cache-key FILE", shared.files.key, "Private key of that certificate, PEM");
}

template <typename Number>
void add_number(Command command, const char* name, Number& value, const char* what, Number least,
                Number most) {
  command.option(name, value, what).show_default().range(least, most);
}

void declare_limits(Command command, ResolverWords& words) {
  sender::VerdictServiceLimits& service = words.options.service;
  resolver::ServerLimits& server = words.options.server;
  const auto count = [&command](const char* name, std::size_t& value, const char* what, std::size_t most) {
    add_number<std::size_t>(command, name, value, what, 1, most);
  };
  count("--max-lookups COUNT", service.lookups, "TXT queries at the same time", 65536);
  sender::FetchPlaceLimits& places = words.options.lookup.fetch.places;
  count("--max-fetches COUNT", places.places, "Policy fetches at the same time, not counting slow ones",
        4096);
  count("--max-refreshes COUNT", service.refreshes, "Policy fetches before expiry at the same time", 4096);
  count("--max-fetches-per-address COUNT", places.places_per_address,
        "Policy fetches from one address at the same time", 4096);
  count("--max-slow-fetches COUNT", places.slow_places,
        "Fetches at the same time that take over half a second", 4096);
  count("--max-slow-fetches-per-address COUNT", places.slow_per_address,
        "Slow fetches from one address at the same time", 4096);
  count("--max-open-domains COUNT", service.open_domains, "Domains being looked up at the same time",
        1U << 20U);
  count("--max-waiters COUNT", service.waiters, "Requests that wait for a lookup", 1U << 20U);
  count("--max-entries COUNT", service.entries, "Domains kept in memory", 1U << 24U);
  count("--max-entry-bytes BYTES", service.entry_bytes, "Memory for domains", std::size_t{1} << 36U);
  count("--max-cache-bytes BYTES", service.store_bytes, "Size of the cache file", std::size_t{1} << 40U);
  count("--max-connections COUNT", server.connections, "Clients at the same time", 65536);
  count("--max-pipelined COUNT", server.pipelined, "Unanswered requests on one connection", 1024);
  count("--max-buffered-bytes BYTES", server.buffered_bytes, "Answers that clients have not read yet",
        std::size_t{1} << 32U);
  const auto seconds = [&command](const char* name, unsigned& value, const char* what, unsigned most) {
    add_number<unsigned>(command, name, value, what, 1, most);
  };
  seconds("--idle-timeout SECONDS", words.idle_timeout, "Time for which a client may send nothing", 86400);
  seconds("--request-timeout SECONDS", words.request_timeout, "Time for one request line to arrive", 3600);
  seconds("--write-timeout SECONDS", words.write_timeout, "Time for which a client may leave answers unread",
          3600);
  seconds("--drain-timeout SECONDS", words.drain_timeout, "Time to finish requests after SIGTERM", 3600);
  seconds("--txt-ttl-least SECONDS", words.txt_ttl_least, "Shortest time for which a TXT answer is used",
          86400);
  seconds("--txt-ttl-most SECONDS", words.txt_ttl_most, "Longest time for which a TXT answer is used", 86400);
  seconds("--txt-failure-ttl SECONDS", words.txt_failure_ttl,
          "Time before a failed TXT lookup is tried again", 3600);
  seconds("--fetch-patience SECONDS", words.fetch_patience,
          "Time that requests wait for a policy host before they are answered from what is known", 3600);
  add_number<unsigned>(command, "--dns-failure-limit SECONDS", words.dns_failure_limit,
                       "Time of failing TXT lookups that counts as no record; 0 for never", 0, 31622400);
  seconds("--unused-days DAYS", words.unused_days, "Time after which an unused policy is not refreshed",
          3650);
}

void declare_resolver(Command command, ResolverWords& words) {
  declare_process(command, words);
  add_lookup_options(command, words.lookup);
  declare_postfix(command, words);
  declare_outcomes(command, words);
  declare_shared_cache(command, words);
  declare_limits(command, words);
  add_config_option(command, words.config);
  command.footer(
      "Runs in the foreground and answers \"verdict DOMAIN\" lines on its sockets, and Postfix's lookups.\n"
      "Takes sockets from systemd (LISTEN_FDS) and notifies it (readiness, watchdog: NOTIFY_SOCKET). After "
      "SIGTERM it\n"
      "finishes its requests and ends; at SIGHUP it reads the configuration and the CA file again.\n"
      "Exit codes: 0 ended by SIGTERM or SIGINT, 2 usage error, or it cannot start.\n\n"
      "Examples:\n"
      "  mta-sts resolver --user mta-sts --socket /run/mta-sts/resolver.sock --metrics 127.0.0.1:9163\n"
      "  mta-sts resolver --config /etc/mta-sts/mta-sts.conf");
}

/// Gives the options of the shared cache. No message has the URL: a password may stand in it.
std::expected<resolver::SharedCacheOptions, Fault> to_shared_cache(const ResolverWords& words) {
  resolver::SharedCacheOptions shared = words.options.shared;
  const auto failure = [](const std::string& why) {
    return std::unexpected(Fault{"shared-cache-wrong", why});
  };
  if (words.shared_cache.empty()) {
    const bool is_idle = shared == resolver::SharedCacheOptions();
    return is_idle ? std::expected<resolver::SharedCacheOptions, Fault>(shared)
                   : failure("options of a shared cache are given without --shared-cache URL");
  }
  auto address = sender::parse_redis_address(words.shared_cache);
  if (!address) {
    return failure("--shared-cache: " + address.error());
  }
  if (shared.files.certificate.empty() != shared.files.key.empty()) {
    return failure("--shared-cache-certificate and --shared-cache-key go together");
  }
  if (!address->tls && shared.files != sender::TlsFiles()) {
    return failure("--shared-cache-ca, -certificate and -key are for rediss:// alone");
  }
  if (!address->password.empty() && !shared.password_file.empty()) {
    return failure("--shared-cache has a password, and --shared-cache-password-file too; keep one of them");
  }
  if (!address->user.empty() && address->password.empty() && shared.password_file.empty()) {
    return failure("--shared-cache has a user without a password; give --shared-cache-password-file");
  }
  if (shared.files.ca.empty()) {
    shared.files.ca = words.lookup.ca_file;
  }
  shared.address = *std::move(address);
  return shared;
}

/// Gives what the words mean; the command line has checked each, but for what two say together.
std::expected<resolver::ResolverOptions, Fault> to_options(const ResolverWords& words) {
  using std::chrono::seconds;
  if (words.txt_ttl_least > words.txt_ttl_most) {
    return std::unexpected(Fault{"bad-option", "--txt-ttl-least is greater than --txt-ttl-most"});
  }
  auto shared = to_shared_cache(words);
  if (!shared) {
    return std::unexpected(shared.error());
  }
  resolver::ResolverOptions options = words.options;
  options.shared = *std::move(shared);
  const sender::CurlFetchOptions limits = options.lookup.fetch;
  options.lookup = to_lookup_options(words.lookup);
  options.lookup.fetch.places = limits.places;
  options.lookup.trust_ad = words.trust_ad;
  options.lookup.fetch.missing_content_type =
      words.accept_missing_content_type ? MissingContentType::accept : MissingContentType::refuse;
  options.service.txt_ttl_least = seconds(words.txt_ttl_least);
  options.service.txt_ttl_most = seconds(words.txt_ttl_most);
  options.service.txt_failure_ttl = seconds(words.txt_failure_ttl);
  options.service.fetch_patience = seconds(words.fetch_patience);
  options.service.dns_failure_limit = seconds(words.dns_failure_limit);
  options.service.unused_after = std::chrono::days(words.unused_days);
  options.server.idle = seconds(words.idle_timeout);
  options.server.request = seconds(words.request_timeout);
  options.server.write = seconds(words.write_timeout);
  options.postfix.dane = !words.postfix_without_dane;
  options.drain = seconds(words.drain_timeout);
  options.log_level = resolver::parse_log_level(words.log_level).value_or(options.log_level);
  return options;
}

std::expected<resolver::ResolverOptions, Fault> with_config_file(Command command, ResolverWords& words) {
  if (auto applied = apply_config_file(command, command, words.config); !applied) {
    return std::unexpected(applied.error());
  }
  return to_options(words);
}

/// Reads the command line once more, for SIGHUP: what it leaves open comes from the file as it is now.
std::expected<resolver::ResolverOptions, Fault> read_again(const std::vector<std::string>& arguments) {
  CommandLine line("", "mta-sts");
  ResolverWords words;
  Command command = line.program().subcommand(command_name, "");
  declare_resolver(command, words);
  if (auto read = line.read(arguments); !read) {
    return std::unexpected(read.error());
  }
  return with_config_file(command, words);
}

ExitCode run(Session& session, Command command, ResolverWords& words) {
  const auto options = with_config_file(command, words);
  if (!options) {
    session.output.error(options.error());
    return ExitCode::wrong_use;
  }
  const auto result = resolver::run_resolver(*options, [&session] { return read_again(session.arguments); });
  return result == resolver::RunResult::stopped ? ExitCode::ok : ExitCode::wrong_use;
}

}  // namespace

void add_resolver(Command app, Session& session) {
  Command command = app.subcommand(command_name, "Run the resolver, which mail servers ask for verdicts");
  auto words = std::make_shared<ResolverWords>();
  declare_resolver(command, *words);
  command.on_run([&session, command, words] { session.exit_code = run(session, command, *words); });
}

}  // namespace mta_sts::cli
