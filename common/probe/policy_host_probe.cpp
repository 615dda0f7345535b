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

// Further handshakes with the same address, until one of them gets no answer in time: that says nothing of
// what it asked for, nor would the next.
class Handshakes {
 public:
  Handshakes(const Endpoint& endpoint, const TlsClient& tls, TimeLimit limit)
      : endpoint_(endpoint), tls_(tls), limit_(limit) {}

  std::optional<TlsFact> shake(const TlsWish& wish) {
    const Deadline deadline = limit_.begin();
    if (is_silent_ || deadline.passed()) {
      return std::nullopt;
    }
    auto fact = probe_tls(endpoint_, wish, tls_, deadline);
    is_silent_ = deadline.passed() && !(fact && fact->established);
    return is_silent_ ? std::nullopt : std::move(fact);
  }

 private:
  Endpoint endpoint_;
  const TlsClient& tls_;
  TimeLimit limit_;
  bool is_silent_ = false;
};

void ask_handshakes(HttpsFacts& seen, const std::string& host, Handshakes handshakes) {
  OfferedVersions& offered = seen.tls_versions;
  note_newest(offered, seen.by_address.front().tls);
  // One handshake answers both questions where it succeeds, which it does nearly everywhere.
  const bool is_1_2_open = !offered.contains("TLSv1.2");
  seen.without_sni =
      handshakes.shake({.versions = is_1_2_open ? TlsVersions::only_1_2 : TlsVersions::from_1_2});
  if (is_1_2_open) {
    if (seen.without_sni && seen.without_sni->established) {
      offered["TLSv1.2"] = true;
    } else {
      note_only(offered, "TLSv1.2",
                handshakes.shake({.server_name = host, .versions = TlsVersions::only_1_2}));
      seen.without_sni = handshakes.shake({});
    }
  }
  if (!offered.contains("TLSv1.3")) {
    note_only(offered, "TLSv1.3", handshakes.shake({.server_name = host, .versions = TlsVersions::only_1_3}));
  }
  note_old(offered, handshakes.shake({.server_name = host, .versions = TlsVersions::before_1_2}));
}

}  // namespace

HttpsFacts probe_policy_host(const HttpsTarget& policy, const TlsClient& tls, TimeLimit limit) {
  HttpsFacts seen;
  std::vector<HttpsFact> answers = probe_https(ways_to_ask(policy), tls, limit);
  if (answers.empty()) {
    return seen;
  }
  seen.head = std::move(answers.back());
  answers.pop_back();
  seen.by_address.push_back(std::move(answers.front()));
  answers.erase(answers.begin());
  seen.by_user_agent = std::move(answers);
  const HttpsFact& own = seen.by_address.front();
  if (own.status >= 400) {  // who has no policy here may have put it there
    seen.elsewhere = probe_https(wrong_places(policy), tls, limit);
  }
  if (own.reach == Reach::connected) {
    ask_handshakes(seen, policy.host, Handshakes(policy.endpoint, tls, limit));
  }
  return seen;
}

}  // namespace mta_sts::probe
