#include "sender/curl_fetch.hpp"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "base/guarded.hpp"
#include "sender/curl_multi.hpp"
#include "sender/curl_transfer.hpp"
#include "sender/policy_domain.hpp"
#include "sender/uv_handles.hpp"

namespace mta_sts {
namespace {

constexpr std::size_t addresses_per_family = 4;
constexpr std::uint64_t waiting_tick_milliseconds = 500;

std::expected<void, std::string> check_ca_file(const std::string& path) {
  if (access(path.c_str(), R_OK) != 0) {
    return std::unexpected("cannot read the file of trusted roots " + path +
                           ": install ca-certificates or name another with --ca");
  }
  return {};
}

void take_addresses(const DnsAnswer& answer, std::vector<IpAddress>& addresses) {
  for (const DnsData& data : answer.records) {
    if (const auto* address = std::get_if<IpAddress>(&data)) {
      addresses.push_back(*address);
    }
  }
}

DnsFact fact_of(const DnsAnswer& first, const DnsAnswer& second) {
  const auto failed = [](const DnsAnswer& answer) {
    return answer.status != DnsStatus::no_error && answer.status != DnsStatus::no_data &&
           answer.status != DnsStatus::nx_domain;
  };
  if (failed(first) || failed(second)) {
    return DnsFact::failed;
  }
  return first.status == DnsStatus::nx_domain || second.status == DnsStatus::nx_domain ? DnsFact::nx_domain
                                                                                       : DnsFact::no_address;
}

}  // namespace

class CurlFetch::Engine : public std::enable_shared_from_this<Engine> {
 public:
  Engine(uv_loop_t* loop, DnsLookup& dns, CurlFetchOptions options)
      : loop_(loop),
        dns_(dns),
        options_(std::move(options)),
        waiting_timer_(loop, [this] { drop_late(); }),
        sweep_timer_(loop, [this] { sweep(); }) {}

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] std::expected<void, std::string> start() {
    curl_ready_ = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!curl_ready_ ||
        curl_global_sslset(CURLSSLBACKEND_OPENSSL, nullptr, nullptr) == CURLSSLSET_UNKNOWN_BACKEND) {
      return std::unexpected("libcurl cannot be used: it must be the OpenSSL flavour (libcurl4)");
    }
    if (auto checked = check_ca_file(options_.ca_file); !checked) {
      return checked;
    }
    return add_multi();
  }

  // Ends everything; behind it no callback of ours is reached any more.
  void shut_down() {
    closing_ = true;
    std::vector<JobPtr> open(active_.begin(), active_.end());
    open.insert(open.end(), waiting_.begin(), waiting_.end());
    open.insert(open.end(), resolving_.begin(), resolving_.end());
    for (const JobPtr& job : open) {
      job->transfer.facts().internal_trouble = true;
      job->transfer.facts().note = "the fetch was given up";
      if (job->multi != nullptr) {
        curl_multi_remove_handle(job->multi->handle, job->transfer.handle());
      }
      settle(*job);
    }
    active_.clear();
    waiting_.clear();
    resolving_.clear();
    open.clear();
    multis_.clear();
    if (curl_ready_) {
      curl_global_cleanup();
    }
  }

  void fetch(const DomainName& domain, Done done) {
    auto job = std::make_shared<Job>();
    job->host = policy_host(domain);
    job->done = std::move(done);
    job->begun = uv_now(loop_);
    if (closing_ || waiting_.size() + resolving_.size() >= options_.waiting_limit) {
      job->transfer.facts().not_begun = true;
      job->transfer.facts().note = "too many fetches are waiting";
      settle(*job);
      return;
    }
    resolving_.push_back(job);
    for (const DnsType type : {DnsType::aaaa, DnsType::a}) {
      dns_.lookup(job->host, type, [weak = weak_from_this(), job, type](DnsAnswer answer) {
        if (const auto self = weak.lock(); self && !self->closing_) {
          self->take_addresses_of(job, type, std::move(answer));
        }
      });
    }
  }

  [[nodiscard]] std::expected<void, std::string> reload_ca() {
    if (auto checked = check_ca_file(options_.ca_file); !checked) {
      return checked;
    }
    const Handle<X509_STORE, X509_STORE_free> store(X509_STORE_new());
    if (!store || X509_STORE_load_file(store.get(), options_.ca_file.c_str()) != 1) {
      return std::unexpected("no trusted roots in " + options_.ca_file +
                             ": it must be PEM; the old roots stay");
    }
    auto added = add_multi();
    sweep_timer_.start(0);
    return added;
  }

 private:
  struct Job {
    std::string host;
    Done done;
    std::uint64_t begun = 0;   // on the loop's clock, the wait for a place not counted
    std::uint64_t queued = 0;  // since when it waits for one
    std::optional<DnsAnswer> v4;
    std::optional<DnsAnswer> v6;
    std::vector<IpAddress> addresses;
    CurlTransfer transfer;
    CurlMulti* multi = nullptr;
  };
  using JobPtr = std::shared_ptr<Job>;

  std::expected<void, std::string> add_multi() {
    auto multi = std::make_unique<CurlMulti>(loop_, [this] { collect(); });
    if (!multi->start()) {
      return std::unexpected("libcurl cannot be started: no memory");
    }
    multis_.push_back(std::move(multi));
    return {};
  }

  [[nodiscard]] std::chrono::milliseconds elapsed(const Job& job) const {
    return std::chrono::milliseconds(uv_now(loop_) - job.begun);
  }

  void settle(Job& job) {
    FetchFacts& facts = job.transfer.facts();
    facts.elapsed = std::max(facts.elapsed, elapsed(job));
    const FetchRules rules{.host = job.host,
                           .missing_content_type = options_.missing_content_type,
                           .deadline = options_.deadline};
    if (const Done done = std::exchange(job.done, nullptr)) {
      guarded_void([&] { done(judge_fetch(facts, rules)); });
    }
  }

  void take_addresses_of(const JobPtr& job, DnsType type, DnsAnswer answer) {
    (type == DnsType::a ? job->v4 : job->v6) = std::move(answer);
    if (!job->v4 || !job->v6) {
      return;
    }
    std::erase(resolving_, job);
    choose_addresses(*job);
    if (job->transfer.facts().dns != DnsFact::ok) {
      settle(*job);
      return;
    }
    job->queued = uv_now(loop_);
    waiting_.push_back(job);
    start_waiting();
  }

  void choose_addresses(Job& job) const {
    FetchFacts& facts = job.transfer.facts();
    std::vector<IpAddress> refused;
    for (const DnsAnswer* answer : {&*job.v6, &*job.v4}) {
      std::vector<IpAddress> found;
      take_addresses(*answer, found);
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
      facts.dns = DnsFact::ok;
    } else if (!refused.empty()) {
      facts.dns = DnsFact::address_not_public;
      facts.note = refused.front().to_text();
    } else {
      facts.dns = fact_of(*job.v4, *job.v6);
      facts.note = job.v4->detail.empty() ? job.v6->detail : job.v4->detail;
    }
  }

  // A fetch counts for the first of its addresses alone. The list is its domain's to write: one that began
  // with an address of its own and went on with those of others would keep them busy without a question to
  // them.
  [[nodiscard]] bool has_place(const Job& job) const {
    const auto used = in_use_.find(job.addresses.front());
    return active_.size() < options_.fetches &&
           (used == in_use_.end() || used->second < options_.fetches_per_address);
  }

  void start_waiting() {
    for (std::size_t at = 0; at < waiting_.size() && active_.size() < options_.fetches;) {
      if (!has_place(*waiting_[at])) {
        ++at;
        continue;
      }
      const JobPtr job = waiting_[at];
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(at));
      start(job);
    }
    if (!waiting_.empty() && !waiting_timer_.is_active()) {
      waiting_timer_.start(waiting_tick_milliseconds);
    }
  }

  void start(const JobPtr& job) {
    job->begun += uv_now(loop_) - job->queued;
    const auto left = options_.deadline - elapsed(*job);
    CurlMulti* multi = multis_.back().get();
    CurlTransfer& transfer = job->transfer;
    if (left.count() <= 0) {
      transfer.facts().elapsed = options_.deadline + std::chrono::milliseconds(1);
      settle(*job);
      return;
    }
    if (!transfer.prepare(job->host, job->addresses, options_, left) ||
        curl_easy_setopt(transfer.handle(), CURLOPT_PRIVATE, job.get()) != CURLE_OK ||
        curl_multi_add_handle(multi->handle, transfer.handle()) != CURLM_OK) {
      transfer.facts().not_begun = true;
      settle(*job);
      return;
    }
    job->multi = multi;
    ++multi->transfers;
    active_.push_back(job);
    ++in_use_[job->addresses.front()];
  }

  // Takes what libcurl has finished, after each of its steps.
  void collect() {
    if (closing_) {
      return;
    }
    const auto self = shared_from_this();
    for (std::size_t at = 0; at < multis_.size(); ++at) {
      int left = 0;
      while (CURLMsg* message = curl_multi_info_read(multis_[at]->handle, &left)) {
        if (message->msg == CURLMSG_DONE) {
          finish(message->easy_handle, message->data.result);
        }
      }
    }
    start_waiting();
  }

  void finish(CURL* easy, CURLcode code) {
    Job* raw = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &raw);
    const auto found = std::ranges::find(active_, raw, &JobPtr::get);
    if (found == active_.end()) {
      return;
    }
    const JobPtr job = *found;
    active_.erase(found);
    job->transfer.conclude(code);
    curl_multi_remove_handle(job->multi->handle, easy);
    if (--job->multi->transfers == 0 && multis_.size() > 1) {
      sweep_timer_.start(0);
    }
    job->multi = nullptr;
    if (const auto used = in_use_.find(job->addresses.front());
        used != in_use_.end() && --used->second == 0) {
      in_use_.erase(used);
    }
    settle(*job);
  }

  void drop_late() {
    for (std::size_t at = 0; at < waiting_.size();) {
      const std::chrono::milliseconds waited(uv_now(loop_) - waiting_[at]->queued);
      if (waited < options_.deadline) {
        ++at;
        continue;
      }
      const JobPtr job = waiting_[at];
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(at));
      job->transfer.facts().not_begun = true;
      job->transfer.facts().note = "no place for it came free in time";
      settle(*job);
    }
    if (!waiting_.empty()) {
      waiting_timer_.start(waiting_tick_milliseconds);
    }
  }

  // Lets go of multi handles with old roots, from the loop alone: none of their own callbacks is running
  // then.
  void sweep() {
    for (std::size_t at = 0; at + 1 < multis_.size();) {
      if (multis_[at]->transfers == 0) {
        multis_.erase(multis_.begin() + static_cast<std::ptrdiff_t>(at));
      } else {
        ++at;
      }
    }
  }

  uv_loop_t* loop_;
  DnsLookup& dns_;
  CurlFetchOptions options_;
  bool curl_ready_ = false;
  bool closing_ = false;
  std::vector<std::unique_ptr<CurlMulti>> multis_;  // the last one takes new fetches
  std::vector<JobPtr> resolving_;
  std::deque<JobPtr> waiting_;
  std::vector<JobPtr> active_;
  std::map<IpAddress, std::size_t> in_use_;
  UvTimer waiting_timer_;
  UvTimer sweep_timer_;
};

CurlFetch::CurlFetch(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

CurlFetch::~CurlFetch() {
  engine_->shut_down();
}

std::expected<std::unique_ptr<CurlFetch>, std::string> CurlFetch::create(uv_loop_t* loop, DnsLookup& dns,
                                                                         CurlFetchOptions options) {
  auto engine = std::make_shared<Engine>(loop, dns, std::move(options));
  auto started = engine->start();
  std::unique_ptr<CurlFetch> fetch(new CurlFetch(std::move(engine)));
  if (!started) {
    return std::unexpected(std::move(started).error());
  }
  return fetch;
}

void CurlFetch::fetch(const DomainName& domain, Done done) {
  engine_->fetch(domain, std::move(done));
}

std::expected<void, std::string> CurlFetch::reload_ca() {
  return engine_->reload_ca();
}

}  // namespace mta_sts
