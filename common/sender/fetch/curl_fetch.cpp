#include "sender/fetch/curl_fetch.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <utility>

#include "base/guarded.hpp"
#include "os/uv_handles.hpp"
#include "policy/policy_host.hpp"
#include "sender/fetch/curl_multi.hpp"
#include "sender/fetch/curl_transfer.hpp"
#include "trust/roots.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::size_t addresses_per_family = 4;
constexpr std::uint64_t waiting_tick_milliseconds = 100;

void append_addresses(const DnsAnswer& answer, std::vector<IpAddress>& addresses) {
  for (const DnsData& data : answer.records) {
    if (const auto* address = std::get_if<IpAddress>(&data)) {
      addresses.push_back(*address);
    }
  }
}

// Sets a flag back on every way out.
struct Restore {
  bool& flag;
  ~Restore() { flag = false; }
};

DnsOutcome fact_of(const DnsAnswer& first, const DnsAnswer& second) {
  const auto failed = [](const DnsAnswer& answer) {
    return answer.status != DnsStatus::no_error && answer.status != DnsStatus::no_data &&
           answer.status != DnsStatus::nx_domain;
  };
  if (failed(first) || failed(second)) {
    return DnsOutcome::failed;
  }
  return first.status == DnsStatus::nx_domain || second.status == DnsStatus::nx_domain
             ? DnsOutcome::nx_domain
             : DnsOutcome::no_address;
}

}  // namespace

class CurlFetch::Engine : public std::enable_shared_from_this<Engine> {
 public:
  Engine(uv_loop_t* loop, DnsLookup& dns, CurlFetchOptions options)
      : loop_(loop),
        dns_(dns),
        options_(std::move(options)),
        places_(options_.places),
        waiting_timer_(loop, [this] { on_tick(); }) {}

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] std::expected<void, Fault> start() {
    curl_ready_ = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!curl_ready_ ||
        curl_global_sslset(CURLSSLBACKEND_OPENSSL, nullptr, nullptr) == CURLSSLSET_UNKNOWN_BACKEND) {
      return std::unexpected(
          Fault{"lookup-unusable", "libcurl cannot be used: it must be the OpenSSL flavour (libcurl4)"});
    }
    multi_.emplace(
        loop_, [this] { collect(); }, &Engine::note_watched);
    if (!multi_->start()) {
      return std::unexpected(Fault{"lookup-unusable", "libcurl cannot be started: no memory"});
    }
    return reload_ca();
  }

  // Ends everything; behind it no callback of ours is reached any more.
  void shut_down() {
    closing_ = true;
    std::vector<JobPtr> open(resolving_.begin(), resolving_.end());
    for (const auto& [ticket, job] : jobs_) {
      open.push_back(job);
    }
    for (const JobPtr& job : open) {
      job->transfer.facts().not_begun = true;
      job->transfer.facts().note = "the fetch was given up";
      if (job->is_open) {
        curl_multi_remove_handle(multi_->handle, job->transfer.handle());
      }
      settle(*job);
    }
    jobs_.clear();
    resolving_.clear();
    open.clear();
    multi_.reset();
    if (curl_ready_) {
      curl_global_cleanup();
    }
  }

  void fetch(const DomainName& domain, FetchOrder order) {
    auto job = std::make_shared<Job>();
    job->host = policy_host(domain);
    job->order = std::move(order);
    job->begun = uv_now(loop_);
    if (closing_ || places_.waiting() + resolving_.size() >= options_.waiting_limit) {
      job->transfer.facts().not_begun = true;
      job->transfer.facts().crowded = true;
      job->transfer.facts().note = "too many fetches are waiting";
      settle(*job);
      return;
    }
    resolving_.push_back(job);
    for (const DnsType type : {DnsType::aaaa, DnsType::a}) {
      dns_.lookup(job->host, type, [weak = weak_from_this(), job, type](DnsAnswer answer) {
        if (const auto self = weak.lock(); self && !self->closing_) {
          self->on_addresses(job, type, std::move(answer));
        }
      });
    }
  }

  [[nodiscard]] std::expected<void, Fault> reload_ca() {
    auto roots = trust::read_roots(options_.ca_file);
    if (!roots) {
      return std::unexpected(std::move(roots).error());
    }
    roots_ = *std::move(roots);
    return {};
  }

 private:
  struct Job {
    std::string host;
    FetchOrder order;
    FetchPlaces::Ticket ticket = 0;
    std::uint64_t begun = 0;   // on the loop's clock, the wait for a place not counted
    std::uint64_t queued = 0;  // since when it waits for one
    std::optional<DnsAnswer> v4;
    std::optional<DnsAnswer> v6;
    std::vector<IpAddress> addresses;
    CurlTransfer transfer;
    bool is_open = false;  // libcurl has its handle
  };
  using JobPtr = std::shared_ptr<Job>;

  static void note_watched(CURL* easy, bool done) noexcept {
    Job* job = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &job) == CURLE_OK && job != nullptr) {
      job->transfer.note_wait();
      if (!done) {
        job->transfer.note_not_watched(ENOMEM);
      }
    }
  }

  [[nodiscard]] std::chrono::milliseconds elapsed(const Job& job) const {
    return std::chrono::milliseconds(uv_now(loop_) - job.begun);
  }

  [[nodiscard]] FetchPlaces::Time now() const { return FetchPlaces::Time(uv_now(loop_)); }

  // Judges what was seen and tells who ordered the fetch; gives whether no connection stood.
  bool settle(Job& job) {
    FetchFacts& facts = job.transfer.facts();
    const std::chrono::milliseconds took = elapsed(job);
    facts.elapsed = std::max(facts.elapsed, took);
    const FetchRules rules{.host = job.host,
                           .missing_content_type = options_.missing_content_type,
                           .deadline = options_.deadline};
    FetchResult result = judge_fetch(facts, rules);
    if (result) {
      result->elapsed = took;
    } else {
      result.error().elapsed = took;
      result.error().peer = facts.peer;
      result.error().connected = facts.connect == ConnectOutcome::ok;
      result.error().trusted = facts.tls == TlsOutcome::ok;
      result.error().tried = job.addresses;
    }
    const bool unreached = !result && result.error().begun && !result.error().refused_here &&
                           result.error().kind == FetchErrorKind::connect_failure;
    if (const auto done = std::exchange(job.order.done, nullptr)) {
      guarded_void([&] { done(std::move(result)); });
    }
    return unreached;
  }

  void on_addresses(const JobPtr& job, DnsType type, DnsAnswer answer) {
    (type == DnsType::a ? job->v4 : job->v6) = std::move(answer);
    if (!job->v4 || !job->v6) {
      return;
    }
    std::erase(resolving_, job);
    choose_addresses(*job);
    if (job->transfer.facts().dns != DnsOutcome::ok) {
      settle(*job);
      return;
    }
    if (std::ranges::all_of(job->addresses,
                            [&](const IpAddress& at) { return places_.is_dead(at, now()); })) {
      settle_as_dead(*job);
      return;
    }
    job->queued = uv_now(loop_);
    job->ticket = places_.queue(job->addresses.front(), job->order.rank, now());
    jobs_.emplace(job->ticket, job);
    start_waiting();
  }

  // No connection could be made there a moment ago: neither this domain nor those behind it wait for that
  // again.
  void settle_as_dead(Job& job) {
    FetchFacts& facts = job.transfer.facts();
    facts.connect = ConnectOutcome::timeout;
    facts.note = job.addresses.front().to_text() + " did not answer the fetch of another domain just now";
    settle(job);
  }

  // Whether the address is to blame is known where every one was tried: one of each family, which are raced.
  [[nodiscard]] static bool was_each_tried(const Job& job) {
    const auto v6 = std::ranges::count_if(job.addresses, &IpAddress::is_v6);
    return v6 <= 1 && job.addresses.size() - static_cast<std::size_t>(v6) <= 1;
  }

  void note_dead(const Job& job) {
    std::vector<JobPtr> behind;
    for (const IpAddress& address : job.addresses) {
      places_.note_dead(address, now());
      for (const FetchPlaces::Ticket ticket : places_.waiting_at(address)) {
        behind.push_back(jobs_.at(ticket));
      }
    }
    for (const JobPtr& other : behind) {
      const auto is_dead = [&](const IpAddress& at) { return places_.is_dead(at, now()); };
      if (jobs_.contains(other->ticket) && std::ranges::all_of(other->addresses, is_dead)) {
        drop(*other);
        settle_as_dead(*other);
      }
    }
  }

  void choose_addresses(Job& job) const {
    FetchFacts& facts = job.transfer.facts();
    std::vector<IpAddress> refused;
    for (const DnsAnswer* answer : {&*job.v6, &*job.v4}) {
      std::vector<IpAddress> found;
      append_addresses(*answer, found);
      std::size_t taken = 0;
      for (const IpAddress& address : found) {
        if (!options_.allow_private && !address.is_public()) {
          refused.push_back(address);
        } else if (taken < addresses_per_family) {
          job.addresses.push_back(address);
          ++taken;
        }
      }
    }
    if (!job.addresses.empty()) {
      facts.dns = DnsOutcome::ok;
    } else if (!refused.empty()) {
      facts.dns = DnsOutcome::address_not_public;
      facts.note = refused.front().to_text();
    } else if (job.v4->own_trouble || job.v6->own_trouble) {
      facts.not_begun = true;
      facts.note = job.v4->own_trouble ? job.v4->detail : job.v6->detail;
    } else {
      facts.dns = fact_of(*job.v4, *job.v6);
      facts.note = job.v4->detail.empty() ? job.v6->detail : job.v4->detail;
    }
  }

  void drop(const Job& job) {
    places_.leave(job.ticket);
    jobs_.erase(job.ticket);
  }

  // Begins what has a place, and makes places where slow ones keep them. Whoever is told of an end may ask
  // for the next fetch within that: then the outermost call goes on.
  void start_waiting() {
    if (std::exchange(starting_, true)) {
      return;
    }
    const Restore restore{starting_};
    while (true) {
      if (const auto next = places_.begin_next(now())) {
        const JobPtr job = jobs_.at(*next);
        start(job);
      } else if (const auto slow = places_.give_up(now())) {
        const JobPtr job = jobs_.at(*slow);
        end(job, CURLE_OPERATION_TIMEDOUT,
            "given up for others after " + std::to_string(elapsed(*job).count()) + " ms");
      } else {
        break;
      }
    }
    if (places_.waiting() > 0 && !waiting_timer_.is_active()) {
      waiting_timer_.start(waiting_tick_milliseconds);
    }
  }

  void start(const JobPtr& job) {
    job->begun += uv_now(loop_) - job->queued;
    const auto left = options_.deadline - elapsed(*job);
    CurlTransfer& transfer = job->transfer;
    if (left.count() <= 0) {
      transfer.facts().elapsed = options_.deadline + std::chrono::milliseconds(1);
      drop(*job);
      settle(*job);
      return;
    }
    if (!transfer.prepare(job->host, job->addresses, options_, roots_.get(), left) ||
        curl_easy_setopt(transfer.handle(), CURLOPT_PRIVATE, job.get()) != CURLE_OK ||
        curl_multi_add_handle(multi_->handle, transfer.handle()) != CURLM_OK) {
      transfer.facts().not_begun = true;
      drop(*job);
      settle(*job);
      return;
    }
    job->is_open = true;
    if (const auto begun = std::exchange(job->order.begun, nullptr)) {
      guarded_void(begun);
    }
  }

  // Takes what libcurl has finished, after each of its steps.
  void collect() {
    if (closing_) {
      return;
    }
    const auto self = shared_from_this();
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_->handle, &left)) {
      if (message->msg == CURLMSG_DONE) {
        finish(message->easy_handle, message->data.result);
      }
    }
    start_waiting();
  }

  void finish(CURL* easy, CURLcode code) {
    Job* raw = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &raw);
    const auto found = raw == nullptr ? jobs_.end() : jobs_.find(raw->ticket);
    if (found != jobs_.end()) {
      const JobPtr job = found->second;
      end(job, code, {});
    }
  }

  void end(const JobPtr& job, CURLcode code, const std::string& note) {
    drop(*job);
    job->transfer.conclude(code);
    if (!note.empty()) {
      job->transfer.facts().note = note;
    }
    curl_multi_remove_handle(multi_->handle, job->transfer.handle());
    job->is_open = false;
    const FetchFacts& facts = job->transfer.facts();
    if (facts.connect == ConnectOutcome::ok) {
      if (const auto peer = IpAddress::parse(facts.peer)) {
        places_.note_alive(*peer);
      }
    }
    if (settle(*job) && was_each_tried(*job)) {
      note_dead(*job);
    }
  }

  void on_tick() {
    for (const FetchPlaces::Ticket ticket : places_.waiting_since(options_.deadline, now())) {
      const auto found = jobs_.find(ticket);
      if (found == jobs_.end()) {
        continue;  // ended meanwhile by whoever was told of another
      }
      const JobPtr job = found->second;
      drop(*job);
      job->transfer.facts().not_begun = true;
      job->transfer.facts().crowded = true;
      job->transfer.facts().note = "no place for it came free in time";
      settle(*job);
    }
    start_waiting();
  }

  uv_loop_t* loop_;
  DnsLookup& dns_;
  CurlFetchOptions options_;
  bool curl_ready_ = false;
  bool closing_ = false;
  std::optional<CurlMulti> multi_;
  trust::RootStore roots_;  // for fetches that begin now; those under way keep theirs
  std::vector<JobPtr> resolving_;
  FetchPlaces places_;
  std::map<FetchPlaces::Ticket, JobPtr> jobs_;  // that wait for a place or have one
  bool starting_ = false;
  UvTimer waiting_timer_;
};

CurlFetch::CurlFetch(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

CurlFetch::~CurlFetch() {
  engine_->shut_down();
}

std::expected<std::unique_ptr<CurlFetch>, Fault> CurlFetch::create(uv_loop_t* loop, DnsLookup& dns,
                                                                   CurlFetchOptions options) {
  auto engine = std::make_shared<Engine>(loop, dns, std::move(options));
  auto started = engine->start();
  std::unique_ptr<CurlFetch> fetch(new CurlFetch(std::move(engine)));
  if (!started) {
    return std::unexpected(std::move(started).error());
  }
  return fetch;
}

void CurlFetch::fetch(const DomainName& domain, FetchOrder order) {
  engine_->fetch(domain, std::move(order));
}

std::expected<void, Fault> CurlFetch::reload_ca() {
  return engine_->reload_ca();
}

}  // namespace mta_sts::sender
