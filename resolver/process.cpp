#include "process.hpp"

#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/guarded.hpp"
#include "cache_requests.hpp"
#include "exceptions_file.hpp"
#include "fitting_limits.hpp"
#include "internal_errors.hpp"
#include "listeners.hpp"
#include "metrics.hpp"
#include "notify.hpp"
#include "os/uv_loop.hpp"
#include "outcome_policy.hpp"
#include "outcome_receiver.hpp"
#include "postfix_map.hpp"
#include "privileges.hpp"
#include "prometheus.hpp"
#include "sender/store/sqlite_store.hpp"
#include "shared_cache.hpp"
#include "stderr_log.hpp"
#include "verdict/verdict_line.hpp"

namespace mta_sts::resolver {
namespace {

using Failure = std::unexpected<Fault>;

constexpr std::uint64_t tick_milliseconds = 1000;
constexpr std::uint64_t ticks_between_trims = 5;
constexpr int last_ticks = 64;

void write_name_servers(Log& log, const std::vector<sender::DnsServer>& servers) {
  std::string list;
  for (const sender::DnsServer& server : servers) {
    list += (list.empty() ? "" : " ") + to_text(server);
  }
  log.write(LogLevel::info, "name-servers-changed",
            "/etc/resolv.conf names others, asked from now on: " + list);
}

/// The parts of the process on one loop, from the start to the end.
class Process {
 public:
  Process(const ResolverOptions& options, const ReadOptions& read_again, StderrLog& log)
      : options_(options), read_again_(&read_again), log_(&log), internal_errors_(log) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  std::expected<void, Fault> start();
  void run();
  /// Lets go of everything in the order that the parts ask for, also after a start that failed.
  void end();
  ~Process() {
    guarded_void([this] { end(); });  // the loop goes while those live whom it calls
  }

 private:
  struct Signal {
    uv_signal_t handle{};
    int number = 0;
  };

  std::expected<void, Fault> open_parts();
  std::expected<void, Fault> open_doors(std::vector<Listener> listeners);
  std::expected<void, Fault> open_outcomes(std::vector<Listener> sockets);
  [[nodiscard]] ServerLimits fitting_clients(const ServerLimits& wanted) const;
  void tick();
  void start_timers();
  void keep_beat();
  std::expected<void, Fault> start_signals();

  void answer(const Request& request, uid_t peer, Answer reply);
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> socket_counters() const;

  void on_signal(int number);
  void reload();
  void stop();
  void leave();

  ResolverOptions options_;
  const ReadOptions* read_again_;
  StderrLog* log_;
  InternalErrors internal_errors_;
  SystemClock clock_;
  ServiceManager manager_;
  std::unique_ptr<UvLoop> loop_;
  std::size_t descriptors_ = 0;
  std::optional<LookupStack> lookups_;
  std::unique_ptr<sender::PolicyStore> store_;
  std::unique_ptr<SharedCache> shared_;
  std::unique_ptr<sender::VerdictService> service_;
  std::unique_ptr<sender::MailRoutes> routes_;
  LineProtocol lines_{
      [this](const Request& request, uid_t peer, Answer reply) { answer(request, peer, std::move(reply)); }};
  std::unique_ptr<CacheRequests> cache_requests_;
  std::unique_ptr<PostfixMap> postfix_;
  std::unique_ptr<OutcomeReceiver> outcomes_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<MetricsServer> metrics_;
  std::uint64_t ticks_ = 0;
  std::uint64_t trimmed_ = 0;  // when memory was last given back to the system, in ticks
  bool was_busy_ = false;      // since then
  uv_timer_t tick_{};
  uv_timer_t beat_{};
  uv_timer_t watchdog_{};
  uv_timer_t drain_{};
  std::array<Signal, 3> signals_{};
  bool stopping_ = false;
};

std::expected<void, Fault> Process::start() {
  const auto user = choose_user(options_.user);
  if (!user) {
    return Failure(user.error());
  }
  auto listeners = make_listeners(options_, *user);
  if (!listeners) {
    return Failure(listeners.error());
  }
  std::vector<Listener> doors;
  std::vector<Listener> outcome_sockets;
  for (Listener& listener : *listeners) {
    (listener.name() == outcome_socket_name ? outcome_sockets : doors).push_back(std::move(listener));
  }
  if (*user) {
    if (auto became = become(**user); !became) {
      return became;
    }
  } else if (::geteuid() == 0) {
    log_->write(LogLevel::warning, "runs-as-root", "running as root: use the systemd unit or --user");
  }
  ::umask(0077);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a write that fails
  descriptors_ = raise_descriptor_limit();
  loop_ = UvLoop::create();
  if (!loop_) {
    return Failure(
        Fault{"loop-failed", "the event loop cannot be made; raise the limits on memory and descriptors"});
  }
  // First: a signal that comes before the loop runs waits for it, and does not end the process.
  if (auto watched = start_signals(); !watched) {
    return watched;
  }
  if (auto opened = open_parts(); !opened) {
    return opened;
  }
  if (auto opened = open_outcomes(std::move(outcome_sockets)); !opened) {
    return opened;
  }
  if (auto opened = open_doors(std::move(doors)); !opened) {
    return opened;
  }
  start_timers();
  return {};
}

std::expected<void, Fault> Process::open_parts() {
  LookupOptions lookup = options_.lookup;
  lookup.fetch.places = fitting(lookup.fetch.places, descriptors_);
  auto lookups = LookupStack::create(
      loop_->get(), lookup,
      [this](const std::vector<sender::DnsServer>& servers) { write_name_servers(*log_, servers); });
  if (!lookups) {
    return Failure(lookups.error());
  }
  lookups_.emplace(std::move(*lookups));
  auto store = sender::SqliteStore::open(options_.cache_file, *log_, clock_);
  if (!store) {
    return Failure(store.error());
  }
  store_ = std::move(*store);
  if (options_.shared.address) {
    auto shared = SharedCache::create(loop_->get(), *lookups_, options_.shared, clock_, *log_);
    if (!shared) {
      return Failure(shared.error());
    }
    shared_ = *std::move(shared);
  }
  sender::PolicyFetch& fetch = shared_ ? shared_->fetch() : lookups_->fetch();
  service_ = std::make_unique<sender::VerdictService>(lookups_->dns(), fetch, *store_, clock_, *log_,
                                                      options_.service);
  service_->load();
  auto exceptions = read_exceptions(options_.exceptions_file);
  if (!exceptions) {
    return Failure(exceptions.error());
  }
  service_->set_exceptions(*std::move(exceptions));
  cache_requests_ = std::make_unique<CacheRequests>(loop_->get(), *service_);
  routes_ = std::make_unique<sender::MailRoutes>(lookups_->dns(), clock_,
                                                 sender::MailRouteOptions{.dane = options_.postfix.dane});
  postfix_ = std::make_unique<PostfixMap>(*service_, *routes_, clock_, [this] { keep_beat(); });
  return {};
}

std::expected<void, Fault> Process::open_doors(std::vector<Listener> listeners) {
  server_ = std::make_unique<Server>(loop_->get(), fitting_clients(options_.server), *log_);
  if (!options_.metrics.empty()) {
    auto metrics =
        MetricsServer::create(loop_->get(), options_.metrics, options_.metrics_any_address,
                              [this] { return prometheus_text(service_->stats(), socket_counters()); });
    if (!metrics) {
      return Failure(metrics.error());
    }
    metrics_ = std::move(*metrics);
  }
  // Last: who finds the resolver's socket answered finds all of it.
  for (Listener& listener : listeners) {
    Protocol& protocol = listener.name() == postfix_socket_name ? static_cast<Protocol&>(*postfix_) : lines_;
    if (auto listening = server_->listen(std::move(listener), protocol); !listening) {
      return listening;
    }
  }
  return {};
}

std::expected<void, Fault> Process::open_outcomes(std::vector<Listener> sockets) {
  if (sockets.empty()) {
    return {};
  }
  auto outcomes = OutcomeReceiver::create(
      loop_->get(), std::move(sockets), options_.outcomes.file,
      [this](outcome::SessionOutcome& session) { complete_outcome(session, *service_); }, clock_, *log_);
  if (!outcomes) {
    return Failure(outcomes.error());
  }
  outcomes_ = std::move(*outcomes);
  return {};
}

ServerLimits Process::fitting_clients(const ServerLimits& wanted) const {
  const ServerLimits limits = fitting(wanted, options_.lookup.fetch.places, descriptors_);
  if (limits.connections < wanted.connections) {
    log_->write(LogLevel::warning, "descriptors-few",
                "at most " + std::to_string(limits.connections) +
                    " clients at once; raise LimitNOFILE or lower --max-connections");
  }
  return limits;
}

void Process::tick() {
  internal_errors_.report(exceptions_ended);
  service_->tick();
  if (outcomes_) {
    outcomes_->tick();
  }
  ++ticks_;
  was_busy_ = was_busy_ || !service_->idle();
  // Many fetches at once leave a heap of holes behind, several times what is remembered.
  if (was_busy_ && service_->idle() && ticks_ >= trimmed_ + ticks_between_trims) {
    malloc_trim(0);
    trimmed_ = ticks_;
    was_busy_ = false;
  }
}

void Process::start_timers() {
  const auto every = [this](uv_timer_t& timer, uv_timer_cb callback, std::uint64_t milliseconds) {
    timer.data = this;
    uv_timer_init(loop_->get(), &timer);
    uv_timer_start(&timer, callback, milliseconds, milliseconds);
  };
  every(
      tick_,
      [](uv_timer_t* timer) {
        auto* process = static_cast<Process*>(timer->data);
        guarded_void([&] { process->tick(); });
      },
      tick_milliseconds);
  beat_.data = this;
  uv_timer_init(loop_->get(), &beat_);
  if (const auto interval = manager_.watchdog_interval()) {
    every(
        watchdog_,
        [](uv_timer_t* timer) {
          auto* process = static_cast<Process*>(timer->data);
          guarded_void([&] { process->manager_.alive(); });
        },
        static_cast<std::uint64_t>(interval->count()));
  }
}

std::expected<void, Fault> Process::start_signals() {
  constexpr std::array<int, 3> numbers{SIGTERM, SIGINT, SIGHUP};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    uv_signal_t& handle = signals_[i].handle;
    handle.data = this;
    const auto on_signal = [](uv_signal_t* signal, int number) {
      auto* process = static_cast<Process*>(signal->data);
      guarded_void([&] { process->on_signal(number); });
    };
    if (uv_signal_init(loop_->get(), &handle) != 0 || uv_signal_start(&handle, on_signal, numbers[i]) != 0) {
      return Failure(Fault{"loop-failed", "signals cannot be watched; raise the limit on descriptors"});
    }
  }
  return {};
}

void Process::run() {
  std::uint64_t policies = 0;
  for (const sender::Counter& counter : service_->stats()) {
    policies += counter.name.starts_with("policies-") ? counter.value : 0;
  }
  const std::string status = std::to_string(policies) + " policies remembered";
  log_->write(LogLevel::info, "started", "mta-sts " MTA_STS_VERSION ", " + status);
  manager_.ready(status);
  loop_->run();
  log_->write(LogLevel::info, "stopped", "all answers are given");
}

void Process::end() {
  if (!loop_) {
    return;
  }
  if (server_) {
    server_->close();
  }
  if (metrics_) {
    metrics_->close();
  }
  if (outcomes_) {
    outcomes_->close();
  }
  if (service_) {
    guarded_void([this] { service_->write_all(); });
  }
  service_.reset();
  shared_.reset();
  lookups_.reset();
  loop_->close();
  if (outcomes_) {
    guarded_void([this] { outcomes_->write_all(); });
  }
  outcomes_.reset();
  server_.reset();
  metrics_.reset();
  store_.reset();
}

void Process::answer(const Request& request, uid_t peer, Answer reply) {
  if (is_privileged(request.kind)) {
    cache_requests_->answer(request, peer, reply);
    return;
  }
  service_->ask(request.domain, [reply = std::move(reply)](const Verdict& verdict) {
    reply(render_verdict_line(verdict), false);
  });
  keep_beat();
}

// The service is called while somebody waits, and the process sleeps where nobody does.
void Process::keep_beat() {
  if (!service_->has_waiters() || uv_is_active(reinterpret_cast<uv_handle_t*>(&beat_)) != 0) {
    return;
  }
  const auto on_beat = [](uv_timer_t* timer) {
    auto* process = static_cast<Process*>(timer->data);
    guarded_void([&] {
      process->service_->hurry();
      if (!process->service_->has_waiters()) {
        uv_timer_stop(timer);
      }
    });
  };
  const auto interval = static_cast<std::uint64_t>(sender::VerdictService::beat.count());
  uv_timer_start(&beat_, on_beat, interval, interval);
}

std::vector<std::pair<std::string, std::uint64_t>> Process::socket_counters() const {
  auto counters = server_->counters();
  counters.emplace_back("connections", server_->connections());
  if (outcomes_) {
    std::ranges::move(outcomes_->counters(), std::back_inserter(counters));
  }
  if (shared_) {
    std::ranges::move(shared_->counters(), std::back_inserter(counters));
  }
  counters.emplace_back("log_lines_dropped_total", log_->dropped());
  counters.emplace_back("internal_errors_total", exceptions_ended.load());
  return counters;
}

void Process::on_signal(int number) {
  if (number == SIGHUP) {
    reload();
  } else if (stopping_) {
    leave();  // asked twice: at once
  } else {
    stop();
  }
}

void Process::reload() {
  manager_.reloading();
  const auto fresh = (*read_again_)();
  if (!fresh) {
    log_->write(LogLevel::error, "reload-failed", to_line(fresh.error()) + "; everything stays as it was");
  } else {
    log_->set_least(fresh->log_level);
    server_->set_limits(fitting_clients(fresh->server));
    options_.drain = fresh->drain;
    options_.exceptions_file = fresh->exceptions_file;
    const bool same = fresh->service == options_.service && fresh->sockets == options_.sockets &&
                      fresh->cache_file == options_.cache_file && fresh->user == options_.user &&
                      fresh->socket_group == options_.socket_group && fresh->metrics == options_.metrics &&
                      fresh->lookup == options_.lookup && fresh->postfix == options_.postfix &&
                      fresh->outcomes == options_.outcomes && fresh->shared == options_.shared;
    if (!same) {
      log_->write(
          LogLevel::warning, "restart-needed",
          "sockets, user, caches, metrics, DNS, fetches and what is remembered change with a restart only");
    }
  }
  lookups_->reread_name_servers();
  if (auto exceptions = read_exceptions(options_.exceptions_file)) {
    service_->set_exceptions(*std::move(exceptions));
  } else {
    log_->write(LogLevel::error, exceptions.error().word.text(),
                exceptions.error().detail + "; those before stay");
  }
  if (const auto reloaded = lookups_->fetch().reload_ca(); !reloaded) {
    log_->write(LogLevel::error, reloaded.error().word.text(), reloaded.error().detail);
  } else {
    service_->note_new_roots();
    if (fresh) {
      log_->write(LogLevel::info, "reloaded", "options, CA file and name servers are read again");
    }
  }
  manager_.ready("reloaded");
}

void Process::stop() {
  stopping_ = true;
  manager_.stopping();
  log_->write(LogLevel::info, "stopping", "no new requests; those under way are answered");
  drain_.data = this;
  uv_timer_init(loop_->get(), &drain_);
  const auto on_time = [](uv_timer_t* timer) {
    auto* process = static_cast<Process*>(timer->data);
    guarded_void([&] { process->leave(); });
  };
  uv_timer_start(&drain_, on_time, static_cast<std::uint64_t>(options_.drain.count()), 0);
  server_->drain([this] {
    // Last uses are written a few at a time; refreshes that nobody waits for are given up.
    for (int i = 0; i < last_ticks && !service_->idle(); ++i) {
      service_->tick();
    }
    leave();
  });
}

void Process::leave() {
  uv_stop(loop_->get());
}

}  // namespace

RunResult run_resolver(const ResolverOptions& options, const ReadOptions& read_again) {
  StderrLog log(options.log_level);
  Process process(options, read_again, log);
  const auto started = process.start();
  if (started) {
    process.run();
  } else {
    log.write(LogLevel::error, started.error().word.text(), started.error().detail);
  }
  process.end();
  return started ? RunResult::stopped : RunResult::cannot_start;
}

}  // namespace mta_sts::resolver
