#include "sender/share/shared_fetch.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "sender/refresh_times.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{200};
constexpr std::chrono::minutes log_pause{5};
constexpr std::chrono::hours refresh_grace{1};  // for a refresh that had to be tried again

// Of a farm that works, some host has refreshed the policy by then.
bool is_overdue(const FetchedPolicy& fetched, std::chrono::sys_seconds now) {
  const auto max_age = fetched.policy.max_age_used();
  return now > *fetched.shared + refresh_interval(max_age) + refresh_spread(max_age) + refresh_grace;
}

}  // namespace

class SharedFetch::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(PolicyFetch& own, PolicyShare& share, SharedValueForm form, const Clock& clock, Log& log)
      : own_(own), share_(share), form_(std::move(form)), clock_(clock), log_(log) {}

  void fetch(const DomainName& domain, FetchOrder order) {
    const auto job = std::make_shared<Job>(domain, std::move(order));
    if (!job->order.shared_since || !share_.is_ready()) {
      unasked_ += job->order.shared_since ? 1U : 0U;
      fetch_here(job);
      return;
    }
    share_.find(domain, [weak = weak_from_this(), job](const ShareAnswer& answer) {
      if (const auto self = weak.lock()) {
        self->on_found(job, answer);
      }
    });
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> counters() const {
    std::vector<std::pair<std::string, std::uint64_t>> counters{
        {"shared_cache_hits_total", hits_},
        {"shared_cache_misses_total", misses_},
        {"shared_cache_unasked_total", unasked_},
        {"shared_cache_unanswered_total", unanswered_},
        {"shared_cache_waits_total", waits_},
        {"shared_cache_waits_in_vain_total", waits_in_vain_},
        {"shared_cache_puts_total", puts_},
        {"shared_cache_overdue_total", overdue_},
        {"shared_cache_overdue_used_total", overdue_used_}};
    for (std::size_t error = 0; error < refused_.size(); ++error) {
      const auto word = to_string(static_cast<SharedValueError>(error));
      counters.emplace_back("shared_cache_refused_total{error=\"" + std::string(word) + "\"}",
                            refused_[error]);
    }
    return counters;
  }

 private:
  struct Job {
    Job(DomainName name, FetchOrder what) : domain(std::move(name)), order(std::move(what)) {}

    DomainName domain;
    FetchOrder order;
    std::chrono::milliseconds pause = first_pause;
    bool claimed = false;
    bool waits = false;    // for another host's fetch
    bool is_over = false;  // fetched here, or answered
    bool is_answered = false;
    std::optional<FetchedPolicy> overdue;  // for want of a better one
  };
  using JobPtr = std::shared_ptr<Job>;

  void on_found(const JobPtr& job, const ShareAnswer& answer) {
    if (answer.kind == ShareAnswer::Kind::gone) {
      ++unanswered_;
      fetch_here(job);
    } else if (!take(*job, answer, true)) {
      claim(job);
    }
  }

  void claim(const JobPtr& job) {
    share_.claim(job->domain, [weak = weak_from_this(), job](const ShareClaim& claim) {
      if (const auto self = weak.lock()) {
        self->on_claim(job, claim);
      }
    });
  }

  void on_claim(const JobPtr& job, const ShareClaim& claim) {
    if (job->is_over) {  // it came too late
      if (claim.taken) {
        share_.release(job->domain);
      }
    } else if (claim.answer.kind == ShareAnswer::Kind::gone) {
      ++unanswered_;
      job->claimed = claim.taken;
      fetch_here(job);
    } else if (take(*job, claim.answer, false)) {
      if (claim.taken) {
        share_.release(job->domain);
      }
    } else if (claim.taken) {
      job->claimed = true;
      ++misses_;
      fetch_here(job);
    } else {
      wait(job);
    }
  }

  // Another host is fetching: what it puts there is looked for again and again, and a claim that it has given
  // up is taken over.
  void wait(const JobPtr& job) {
    if (!std::exchange(job->waits, true)) {
      ++waits_;
      call_later(wait_limit, job, [](Core& core, const JobPtr& tired) {
        if (!tired->is_over) {
          ++core.waits_in_vain_;
          core.fetch_here(tired);
        }
      });
    }
    call_later(job->pause, job, [](Core& core, const JobPtr& waiting) {
      if (!waiting->is_over) {
        core.claim(waiting);
      }
    });
    job->pause = std::min(job->pause * 2, longest_pause);
  }

  void call_later(std::chrono::milliseconds after, const JobPtr& job, void (*wake)(Core&, const JobPtr&)) {
    share_.call_later(after, [weak = weak_from_this(), job, wake] {
      if (const auto self = weak.lock()) {
        wake(*self, job);
      }
    });
  }

  // Answers a job with what another host has fetched. False: that is not there, or will not do.
  bool take(Job& job, const ShareAnswer& answer, bool is_first) {
    if (answer.kind != ShareAnswer::Kind::value) {
      return false;
    }
    const auto now = clock_.now();
    auto policy = form_.parse(job.domain, answer.value, now);
    if (!policy) {
      if (is_first) {
        refuse(job, policy.error());
      }
      return false;
    }
    if (policy->id != job.order.id || *policy->fetched.shared < *job.order.shared_since) {
      return false;
    }
    if (is_overdue(policy->fetched, now)) {
      job.overdue = std::move(policy->fetched);
      return false;
    }
    ++hits_;
    job.is_over = true;
    finish(job, std::move(policy->fetched));
    return true;
  }

  void refuse(const Job& job, SharedValueError error) {
    const auto index = static_cast<std::size_t>(error);
    const auto now = clock_.now();
    ++refused_[index];
    if (refused_[index] == 1 || now >= told_[index] + log_pause || now < told_[index]) {
      told_[index] = now;
      log_.write(LogLevel::warning, to_string(error),
                 "what the shared cache has for " + job.domain.text() +
                     " is not used, and replaced by this host's own fetch; the metrics count further ones");
    }
  }

  void fetch_here(const JobPtr& job) {
    job->is_over = true;
    FetchOrder order;
    order.rank = job->order.rank;
    order.begun = [job](const IpAddress& address) {
      if (job->order.begun && !job->is_answered) {
        job->order.begun(address);
      }
    };
    order.done = [weak = weak_from_this(), job](FetchResult result) {
      if (const auto self = weak.lock()) {
        self->give(*job, result);
        self->finish(*job, std::move(result));
      } else if (!job->is_answered) {
        job->order.done(std::move(result));
      }
    };
    if (job->overdue) {
      ++overdue_;
      call_later(renewal_limit, job, [](Core& core, const JobPtr& renewed) {
        if (!renewed->is_answered) {
          ++core.overdue_used_;
          core.finish(*renewed, *std::move(renewed->overdue));
        }
      });
    }
    own_.fetch(job->domain, std::move(order));
  }

  // Once. A failure is worth less than the policy that should have been refreshed.
  void finish(Job& job, FetchResult result) {
    if (std::exchange(job.is_answered, true)) {
      return;
    }
    if (!result && job.overdue) {
      ++overdue_used_;
      result = *std::move(job.overdue);
    }
    job.order.done(std::move(result));
  }

  // Tells the other hosts.
  void give(const Job& job, const FetchResult& result) {
    const auto lifetime = result ? result->policy.max_age_used() : std::chrono::seconds(0);
    if (lifetime > std::chrono::seconds(0) && share_.is_ready()) {
      const auto now = clock_.now();
      ++puts_;
      share_.put(job.domain, form_.render(job.domain, job.order.id, *result, now), now + lifetime);
    } else if (job.claimed) {
      share_.release(job.domain);
    }
  }

  PolicyFetch& own_;
  PolicyShare& share_;
  SharedValueForm form_;
  const Clock& clock_;
  Log& log_;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;      // this host was the one to fetch
  std::uint64_t unasked_ = 0;     // the share was not ready
  std::uint64_t unanswered_ = 0;  // it did not answer in time
  std::uint64_t waits_ = 0;
  std::uint64_t waits_in_vain_ = 0;
  std::uint64_t puts_ = 0;
  std::uint64_t overdue_ = 0;  // what is there should have been refreshed
  std::uint64_t overdue_used_ = 0;
  std::array<std::uint64_t, shared_value_error_count> refused_{};
  std::array<std::chrono::sys_seconds, shared_value_error_count> told_{};
};

SharedFetch::SharedFetch(PolicyFetch& own, PolicyShare& share, SharedValueForm form, const Clock& clock,
                         Log& log)
    : core_(std::make_shared<Core>(own, share, std::move(form), clock, log)) {}

SharedFetch::~SharedFetch() = default;

void SharedFetch::fetch(const DomainName& domain, FetchOrder order) {
  core_->fetch(domain, std::move(order));
}

std::vector<std::pair<std::string, std::uint64_t>> SharedFetch::counters() const {
  return core_->counters();
}

}  // namespace mta_sts::sender
