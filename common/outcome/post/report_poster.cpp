#include "outcome/post/report_poster.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <list>
#include <optional>
#include <utility>

#include "base/enum_names.hpp"
#include "base/guarded.hpp"
#include "os/own_addresses.hpp"
#include "outcome/post/post_transfer.hpp"
#include "sender/fetch/curl_multi.hpp"
#include "sender/fetch/fetch_facts.hpp"
#include "sender/fetch/host_addresses.hpp"
#include "trust/roots.hpp"

namespace mta_sts::outcome {
namespace {

PostError error_of_lack(const sender::HostAddresses& addresses, const std::optional<IpAddress>& own) {
  if (own) {
    return {PostErrorCode::post_own_address, own->to_text()};
  }
  sender::FetchFacts facts;
  addresses.explain_lack(facts);
  if (facts.dns == sender::DnsOutcome::address_not_public) {
    return {PostErrorCode::post_address_not_public, facts.note};
  }
  return {PostErrorCode::post_no_address,
          facts.note.empty() ? "DNS knows no address of the host" : facts.note};
}

}  // namespace

std::string_view to_string(PostErrorCode code) {
  using enum PostErrorCode;
  static constexpr auto words = enum_names<PostErrorCode>({
      {post_no_address, "post-no-address"},
      {post_address_not_public, "post-address-not-public"},
      {post_own_address, "post-own-address"},
      {post_unreachable, "post-unreachable"},
      {post_timeout, "post-timeout"},
      {post_untrusted, "post-untrusted"},
      {post_redirected, "post-redirected"},
      {post_refused, "post-refused"},
      {post_failed, "post-failed"},
  });
  return words[code];
}

class ReportPoster::Engine : public std::enable_shared_from_this<Engine> {
 public:
  Engine(uv_loop_t* loop, sender::DnsLookup& dns, PostOptions options, trust::RootStore roots)
      : dns_(dns), options_(std::move(options)), roots_(std::move(roots)) {
    multi_.emplace(
        loop, [this] { collect(); }, [](CURL*, bool) noexcept {});
  }

  [[nodiscard]] bool start() { return multi_->start(); }

  void shut_down() {
    for (Job& job : jobs_) {
      if (job.is_open) {
        curl_multi_remove_handle(multi_->handle, job.transfer.handle());
      }
    }
    jobs_.clear();
    multi_.reset();
  }

  void post(const PostTarget& target, std::string gzip, std::function<void(PostOutcome)> done) {
    const auto job = jobs_.emplace(jobs_.end(), target, std::move(gzip), std::move(done));
    for (const sender::DnsType type : {sender::DnsType::aaaa, sender::DnsType::a}) {
      dns_.lookup(target.host, type, [weak = weak_from_this(), job, type](sender::DnsAnswer answer) {
        if (const auto self = weak.lock()) {
          self->on_addresses(job, type, std::move(answer));
        }
      });
    }
  }

 private:
  struct Job {
    Job(const PostTarget& target, std::string gzip, std::function<void(PostOutcome)> told)
        : transfer(target, std::move(gzip)), done(std::move(told)) {}

    sender::HostAddresses addresses;
    std::optional<IpAddress> own;  // the first of this host's addresses among them
    PostTransfer transfer;
    std::function<void(PostOutcome)> done;
    bool is_open = false;  // libcurl has its handle
  };
  using Place = std::list<Job>::iterator;  // stays until both questions are answered and the transfer is over

  void on_addresses(Place job, sender::DnsType type, sender::DnsAnswer answer) {
    leave_out_own(answer, job->own);
    job->addresses.note(type, std::move(answer), options_.allow_private);
    if (!job->addresses.is_complete()) {
      return;
    }
    if (job->addresses.usable().empty()) {
      settle(job, std::unexpected(error_of_lack(job->addresses, job->own)));
    } else if (job->transfer.prepare(job->addresses.usable(), options_, roots_.get()) &&
               curl_easy_setopt(job->transfer.handle(), CURLOPT_PRIVATE, &*job) == CURLE_OK &&
               curl_multi_add_handle(multi_->handle, job->transfer.handle()) == CURLM_OK) {
      job->is_open = true;
    } else {
      settle(job, std::unexpected(PostError{PostErrorCode::post_failed, "no memory"}));
    }
  }

  void leave_out_own(sender::DnsAnswer& answer, std::optional<IpAddress>& own) const {
    std::erase_if(answer.records, [&](const sender::DnsData& data) {
      const auto* address = std::get_if<IpAddress>(&data);
      const bool is_own =
          address != nullptr && address->is_public() && leads_to_one_of(*address, options_.own_addresses);
      if (is_own) {
        own = own.value_or(*address);
      }
      return is_own;
    });
  }

  void collect() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_->handle, &left)) {
      if (message->msg != CURLMSG_DONE) {
        continue;
      }
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      const auto job = std::ranges::find(jobs_, easy, [](const Job& one) { return one.transfer.handle(); });
      if (job != jobs_.end()) {
        PostOutcome outcome = job->transfer.conclude(code);
        curl_multi_remove_handle(multi_->handle, easy);
        settle(job, std::move(outcome));
      }
    }
  }

  void settle(Place job, PostOutcome outcome) {
    const auto done = std::move(job->done);
    jobs_.erase(job);
    guarded_void([&] { done(std::move(outcome)); });
  }

  sender::DnsLookup& dns_;
  PostOptions options_;
  trust::RootStore roots_;
  std::list<Job> jobs_;
  std::optional<sender::CurlMulti> multi_;
};

ReportPoster::ReportPoster(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

ReportPoster::~ReportPoster() {
  engine_->shut_down();
  engine_.reset();
  curl_global_cleanup();
}

void ReportPoster::post(const PostTarget& target, std::string gzip, std::function<void(PostOutcome)> done) {
  engine_->post(target, std::move(gzip), std::move(done));
}

std::expected<std::unique_ptr<ReportPoster>, Fault> ReportPoster::create(uv_loop_t* loop,
                                                                         sender::DnsLookup& dns,
                                                                         PostOptions options) {
  auto roots = trust::read_roots(options.ca_file);
  if (!roots) {
    return std::unexpected(std::move(roots).error());
  }
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return std::unexpected(Fault{"lookup-unusable", "libcurl cannot be used: no memory"});
  }
  if (curl_global_sslset(CURLSSLBACKEND_OPENSSL, nullptr, nullptr) == CURLSSLSET_UNKNOWN_BACKEND) {
    curl_global_cleanup();
    return std::unexpected(
        Fault{"lookup-unusable", "libcurl cannot be used: it must be the OpenSSL flavour (libcurl4)"});
  }
  auto poster = std::unique_ptr<ReportPoster>(
      new ReportPoster(std::make_shared<Engine>(loop, dns, std::move(options), *std::move(roots))));
  if (!poster->engine_->start()) {
    return std::unexpected(Fault{"lookup-unusable", "libcurl cannot be started: no memory"});
  }
  return poster;
}

}  // namespace mta_sts::outcome
