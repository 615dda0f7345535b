#include "probe/policy_host_probe.hpp"

#include <array>
#include <optional>
#include <utility>

#include "probe/offered_versions.hpp"

namespace mta_sts::probe {
namespace {

using check::HttpsFact;
using check::HttpsFacts;
using check::Reach;
using check::TlsFact;

constexpr std::array<std::string_view, 4> user_agents{"", "curl/7.88.1", "Go-http-client/1.1", "Java/17.0.1"};
// What people write in place of /.well-known/mta-sts.txt.
constexpr std::array<std::string_view, 7> wrong_paths{"/well-known/mta-sts.txt",  "/.well-know/mta-sts.txt",
                                                      "/.well_known/mta-sts.txt", "/.wellknown/mta-sts.txt",
                                                      "/.well-known/mta-sts",     "/mta-sts.txt",
                                                      "/.WELL-KNOWN/MTA-STS.TXT"};

// The policy as the sender asks for it, as others do, and its head.
std::vector<HttpsTarget> ways_to_ask(const HttpsTarget& policy) {
  std::vector<HttpsTarget> targets(user_agents.size() + 2, policy);
  for (std::size_t i = 0; i < user_agents.size(); ++i) {
    targets[i + 1].user_agent = user_agents[i];
  }
  targets.back().method = "HEAD";
  return targets;
}

std::vector<HttpsTarget> wrong_places(const HttpsTarget& policy) {
  std::vector<HttpsTarget> targets(wrong_paths.size(), policy);
  for (std::size_t i = 0; i < wrong_paths.size(); ++i) {
    targets[i].path = wrong_paths[i];
  }
  return targets;
}

// Further connections to the same address, each for one question about TLS.
class Questions {
 public:
  Questions(HttpsFacts& seen, const HttpsTarget& policy, const TlsClient& tls, TimeLimit limit)
      : seen_(seen),
        policy_(policy),
        tls_(tls),
        limit_(limit),
        has_spoken_(seen.by_address.front().tls.established) {
    note_newest(seen_.tls_versions, seen_.by_address.front().tls);
  }

  // What has SNI first: some servers say nothing without.
  void ask_all() {
    auto& offered = seen_.tls_versions;
    if (!offered.contains("TLSv1.2")) {
      const auto chosen = ask([&](Deadline deadline) { return version(TlsVersions::only_1_2, deadline); });
      if (chosen) {
        offered["TLSv1.2"] = *chosen == "TLSv1.2";
      }
    }
    if (!offered.contains("TLSv1.3")) {
      const TlsWish wish{.server_name = policy_.host, .versions = TlsVersions::only_1_3};
      if (const auto fact = ask([&](Deadline deadline) { return handshake(wish, deadline); })) {
        offered["TLSv1.3"] = fact->established;
      }
    }
    const auto old = ask([&](Deadline deadline) { return version(TlsVersions::before_1_2, deadline); });
    if (old || is_silent_to_old_alone()) {
      note_old(offered, old.value_or(""));
    }
    seen_.without_sni = ask([&](Deadline deadline) { return handshake({}, deadline); });
  }

 private:
  // Nothing where no answer came. A server that answers nothing at all is asked no more.
  template <typename Question>
  auto ask(Question question) -> decltype(question(Deadline::in({}))) {
    const Deadline deadline = limit_.begin();
    if ((is_silent_ && !has_spoken_) || deadline.passed()) {
      return std::nullopt;
    }
    auto answer = question(deadline);
    is_silent_ = deadline.passed();
    has_spoken_ = has_spoken_ || (answer && !is_silent_);
    return answer;
  }

  // A server that has spoken TLS and says nothing to a hello of old versions does not offer them.
  [[nodiscard]] bool is_silent_to_old_alone() const { return is_silent_ && has_spoken_; }

  std::optional<std::string> version(TlsVersions versions, Deadline deadline) {
    return probe_version(policy_.endpoint, {.server_name = policy_.host, .versions = versions}, tls_,
                         deadline);
  }

  // A handshake that gets no answer in time is one that fails, where the server has spoken TLS before.
  std::optional<TlsFact> handshake(const TlsWish& wish, Deadline deadline) {
    auto fact = probe_tls(policy_.endpoint, wish, tls_, deadline);
    return fact && !fact->established && deadline.passed() && !has_spoken_ ? std::nullopt : std::move(fact);
  }

  HttpsFacts& seen_;
  const HttpsTarget& policy_;
  const TlsClient& tls_;
  TimeLimit limit_;
  bool has_spoken_;
  bool is_silent_ = false;
};

}  // namespace

HttpsFacts probe_policy_host(const HttpsTarget& policy, const TlsClient& tls, TimeLimit limit) {
  HttpsFacts seen;
  // Answers that come slowly leave the other questions half of the time.
  TimeLimit half = limit;
  half.total = limit.total.earlier(Deadline::in(limit.total.left() / 2));
  std::vector<HttpsFact> answers = probe_https(ways_to_ask(policy), tls, half);
  if (answers.empty()) {
    return seen;
  }
  seen.head = std::move(answers.back());
  answers.pop_back();
  seen.by_address.push_back(std::move(answers.front()));
  answers.erase(answers.begin());
  seen.by_user_agent = std::move(answers);
  const HttpsFact& own = seen.by_address.front();
  if (own.reach == Reach::connected) {
    Questions(seen, policy, tls, limit).ask_all();
  }
  if (own.status >= 400) {  // who has no policy here may have put it there
    seen.elsewhere = probe_https(wrong_places(policy), tls, limit);
  }
  return seen;
}

}  // namespace mta_sts::probe
