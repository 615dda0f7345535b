#include "sender/fetch/curl_fetch.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "base/guarded.hpp"
#include "os/uv_handles.hpp"
#include "policy/policy_host.hpp"
#include "sender/fetch/curl_multi.hpp"
#include "sender/fetch/curl_transfer.hpp"
#include "sender/fetch/host_addresses.hpp"
#include "trust/roots.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::uint64_t waiting_tick_milliseconds = 100;

// RFC 8305 section 3 gives AAAA that time, which often comes a moment later than A. Here A has it too:
// libcurl takes all addresses at once or begins anew.
constexpr std::uint64_t resolution_delay_milliseconds = 50;

// Sets a flag back on every way out.
struct Restore {
  bool& flag;
  ~Restore() { flag = false; }
};

}  // namespace

class CurlFetch::Engine : public std::enable_shared_from_this<Engine> {
 public:
  Engine(uv_loop_t* loop, DnsLookup& dns, CurlFetchOptions options)
      : loop_(loop),
        dns_(dns),
        options_(std::move(options)),
        places_(options_.places),
        waiting_timer_(loop, [this] { on_tick(); }),
        resolution_timer_(loop, [this] { on_resolution_delay(); }) {}

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
      job->facts().not_begun = true;
      job->facts().note = "the fetch was given up";
      if (job->is_open) {
        curl_multi_remove_handle(multi_->handle, job->transfer->handle());
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
      job->facts().not_begun = true;
      job->facts().crowded = true;
      job->facts().note = "too many fetches are waiting";
      settle(*job);
      return;
    }
    resolving_.push_back(job);
    for (const DnsType type : {DnsType::aaaa, DnsType::a}) {
      dns_.lookup(job->host, type,
                  [weak = weak_from_this(), asker = std::weak_ptr(job), type](DnsAnswer answer) {
                    const auto self = weak.lock();
                    const JobPtr asking = asker.lock();  // none: it has ended without this answer
                    if (self && !self->closing_ && asking && asking->order.done) {
                      self->on_addresses(asking, type, std::move(answer));
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
    FetchPlaces::Ticket ticket = 0;  // none while it waits for DNS
    std::uint64_t begun = 0;         // on the loop's clock, the wait for a place not counted
    std::uint64_t queued = 0;        // since when it waits for one
    HostAddresses addresses;
    std::size_t tried = 0;  // of them, by the attempt that failed
    std::optional<CurlTransfer> transfer{std::in_place};
    bool is_open = false;  // libcurl has its handle

    [[nodiscard]] FetchFacts& facts() { return transfer->facts(); }
  };
  using JobPtr = std::shared_ptr<Job>;
  struct Delayed {
    std::uint64_t due = 0;  // on the loop's clock
    std::weak_ptr<Job> job;
  };

  static void note_watched(CURL* easy, bool done) noexcept {
    Job* job = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &job) == CURLE_OK && job != nullptr) {
      job->transfer->note_wait();
      if (!done) {
        job->transfer->note_not_watched(ENOMEM);
      }
    }
  }

  [[nodiscard]] std::chrono::milliseconds elapsed(const Job& job) const {
    return std::chrono::milliseconds(uv_now(loop_) - job.begun);
  }

  [[nodiscard]] FetchPlaces::Time now() const { return FetchPlaces::Time(uv_now(loop_)); }

  // Judges what was seen and tells who ordered the fetch; gives whether no connection stood.
  bool settle(Job& job) {
    FetchFacts& facts = job.facts();
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
      result.error().tried = job.addresses.usable();
    }
    const bool unreached = !result && result.error().begun && !result.error().refused_here &&
                           result.error().kind == FetchErrorKind::connect_failure;
    if (const auto done = std::exchange(job.order.done, nullptr)) {
      guarded_void([&] { done(std::move(result)); });
    }
    return unreached;
  }

  void on_addresses(const JobPtr& job, DnsType type, DnsAnswer answer) {
    const std::size_t known = job->addresses.usable().size();
    job->addresses.note(type, std::move(answer), options_.allow_private);
    const bool is_more = job->addresses.usable().size() > known;
    if (job->is_open) {
      if (is_more && job->facts().connect != ConnectOutcome::ok) {
        open_anew(job);
      }
    } else if (job->ticket != 0) {
      return;  // it waits for a place, and begins with all of them
    } else if (job->addresses.is_complete()) {
      queue(job);
    } else if (is_more) {
      delayed_.push_back({.due = uv_now(loop_) + resolution_delay_milliseconds, .job = job});
      if (!resolution_timer_.is_active()) {
        resolution_timer_.start(resolution_delay_milliseconds);
      }
    }
  }

  void on_resolution_delay() {
    while (!delayed_.empty() && delayed_.front().due <= uv_now(loop_)) {
      const JobPtr job = delayed_.front().job.lock();
      delayed_.pop_front();
      if (job && job->order.done && job->ticket == 0) {
        queue(job);
      }
    }
    if (!delayed_.empty()) {
      resolution_timer_.start(delayed_.front().due - uv_now(loop_));
    }
  }

  [[nodiscard]] bool is_all_dead(const Job& job) const {
    return std::ranges::all_of(job.addresses.usable(),
                               [&](const IpAddress& at) { return places_.is_dead(at, now()); });
  }

  // Queues a fetch with the addresses that are known by now. Where none of them is of use, the other question
  // is waited for before anybody is told.
  void queue(const JobPtr& job) {
    const std::vector<IpAddress>& usable = job->addresses.usable();
    const bool is_tried = job->tried == usable.size();  // or there is none
    const bool is_dead = is_all_dead(*job);
    if ((is_tried || is_dead) && !job->addresses.is_complete()) {
      return;
    }
    std::erase(resolving_, job);
    if (usable.empty()) {
      job->addresses.explain_lack(job->facts());
      settle(*job);
    } else if (is_tried) {
      settle_as_tried(*job);
    } else if (is_dead) {
      settle_as_dead(job);
    } else {
      job->queued = uv_now(loop_);
      job->ticket = places_.queue(usable.front(), job->order.rank, now());
      jobs_.emplace(job->ticket, job);
      start_waiting();
    }
  }

  // No connection could be made there a moment ago: neither this domain nor those behind it wait for that
  // again.
  void settle_as_dead(const JobPtr& job) {
    if (!job->addresses.is_complete()) {
      resolving_.push_back(job);
      return;
    }
    FetchFacts& facts = job->facts();
    facts.dns = DnsOutcome::ok;
    facts.connect = ConnectOutcome::timeout;
    facts.note =
        job->addresses.usable().front().to_text() + " did not answer the fetch of another domain just now";
    settle(*job);
  }

  void settle_as_tried(Job& job) {
    if (settle(job) && was_each_tried(job)) {
      note_dead(job);
    }
  }

  // Whether the address is to blame is known where every one was tried: one of each family, which are raced.
  [[nodiscard]] static bool was_each_tried(const Job& job) {
    const std::vector<IpAddress>& usable = job.addresses.usable();
    const auto v6 = std::ranges::count_if(usable, &IpAddress::is_v6);
    return v6 <= 1 && usable.size() - static_cast<std::size_t>(v6) <= 1;
  }

  void note_dead(const Job& job) {
    std::vector<JobPtr> behind;
    for (const IpAddress& address : job.addresses.usable()) {
      places_.note_dead(address, now());
      for (const FetchPlaces::Ticket ticket : places_.waiting_at(address)) {
        behind.push_back(jobs_.at(ticket));
      }
    }
    for (const JobPtr& other : behind) {
      if (jobs_.contains(other->ticket) && is_all_dead(*other)) {
        drop(*other);
        settle_as_dead(other);
      }
    }
  }

  void drop(Job& job) {
    places_.leave(job.ticket);
    jobs_.erase(std::exchange(job.ticket, 0));
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
    if (open(job)) {
      if (const auto begun = std::exchange(job->order.begun, nullptr)) {
        guarded_void([&] { begun(job->addresses.usable().front()); });
      }
    }
  }

  // Gives the transfer to libcurl. False: it has ended, and whoever ordered it was told.
  bool open(const JobPtr& job) {
    const auto left = options_.deadline - elapsed(*job);
    CurlTransfer& transfer = job->transfer.emplace();
    transfer.facts().dns = DnsOutcome::ok;
    if (left.count() <= 0) {
      transfer.facts().elapsed = options_.deadline + std::chrono::milliseconds(1);
    } else if (transfer.prepare(job->host, job->addresses.usable(), options_, roots_.get(), left) &&
               curl_easy_setopt(transfer.handle(), CURLOPT_PRIVATE, job.get()) == CURLE_OK &&
               curl_multi_add_handle(multi_->handle, transfer.handle()) == CURLM_OK) {
      job->is_open = true;
      return true;
    } else {
      transfer.facts().not_begun = true;
    }
    drop(*job);
    settle(*job);
    return false;
  }

  // libcurl takes no further address for a connection that it is about to make: it makes it anew, to all.
  void open_anew(const JobPtr& job) {
    close(*job);
    if (!open(job)) {
      start_waiting();
    }
  }

  void close(Job& job) {
    curl_multi_remove_handle(multi_->handle, job.transfer->handle());
    job.is_open = false;
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
    job->transfer->conclude(code);
    if (!note.empty()) {
      job->facts().note = note;
    }
    close(*job);
    const FetchFacts& facts = job->facts();
    if (facts.connect == ConnectOutcome::ok) {
      if (const auto peer = IpAddress::parse(facts.peer)) {
        places_.note_alive(*peer);
      }
    } else if (!facts.not_begun && !job->addresses.is_complete()) {
      job->tried = job->addresses.usable().size();
      resolving_.push_back(job);
      return;
    }
    settle_as_tried(*job);
  }

  void on_tick() {
    for (const FetchPlaces::Ticket ticket : places_.waiting_since(options_.deadline, now())) {
      const auto found = jobs_.find(ticket);
      if (found == jobs_.end()) {
        continue;  // ended meanwhile by whoever was told of another
      }
      const JobPtr job = found->second;
      drop(*job);
      job->facts().not_begun = true;
      job->facts().crowded = true;
      job->facts().note = "no place for it came free in time";
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
  std::deque<Delayed> delayed_;  // of resolving_, those with an answer to one question
  FetchPlaces places_;
  std::map<FetchPlaces::Ticket, JobPtr> jobs_;  // that wait for a place or have one
  bool starting_ = false;
  UvTimer waiting_timer_;
  UvTimer resolution_timer_;
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
