// Questions, answers, refreshes, purges, reloads, restarts, full disks and clock steps in any order: what is
// promised of every order, tried with orders that a fixed seed makes.
#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <sstream>

#include "unit/sender/verdict_service_fixture.hpp"

namespace mta_sts::sender::service {
namespace {

constexpr std::array<std::string_view, 6> domains{"a.example", "b.example", "c.example",
                                                  "d.example", "e.example", "f.example"};
constexpr std::chrono::seconds clock_jump = std::chrono::days(30);

class InterleavingTest : public VerdictServiceTest {
 protected:
  /// The policy of a domain that must be obeyed, by what was fetched.
  struct Known {
    VerdictMode mode = VerdictMode::none;
    std::string mx;
    std::chrono::sys_seconds expires;
  };

  std::mt19937 random;
  std::map<std::string, Known, std::less<>> known;
  std::map<std::string, std::string, std::less<>> exceptions;
  std::size_t open = 0;  // questions without an answer
  std::size_t answered = 0;
  std::size_t lives = 0;  // of the service
  std::string history;

  std::size_t below(std::size_t limit) { return random() % limit; }

  template <typename T, std::size_t size>
  T any_of(const std::array<T, size>& choices) {
    return choices[below(size)];
  }

  template <typename T>
  T take_any(std::deque<T>& from) {
    const auto at = from.begin() + static_cast<std::ptrdiff_t>(below(from.size()));
    T taken = std::move(*at);
    from.erase(at);
    return taken;
  }

  void note(const std::string& what) { history += what + "\n"; }

  // Who is answered asks so often `again`, within the answer.
  void put(std::string_view domain, std::size_t again) {
    note("ask " + std::string(domain));
    const auto once = std::make_shared<bool>(false);
    ++open;
    service->ask(domain,
                 [this, once, again, life = lives, name = std::string(domain)](const Verdict& verdict) {
                   EXPECT_FALSE(std::exchange(*once, true)) << "answered twice";
                   EXPECT_EQ(life, lives);
                   --open;
                   ++answered;
                   note("  " + name + " -> " + std::string(to_string(verdict.mode)) + " " + verdict.reason);
                   check(name, verdict);
                   if (again > 0) {
                     put(name, again - 1);
                   }
                 });
  }

  void check(const std::string& domain, const Verdict& verdict) {
    const auto exception = exceptions.find(domain);
    const std::string_view kind = exception == exceptions.end() ? "" : std::string_view(exception->second);
    if (kind == "off" || kind == "policy=/pinned") {
      EXPECT_EQ(verdict.reason, kind == "off" ? "exception-off" : "exception-pinned");
      return;
    }
    const auto found = known.find(domain);
    if (found == known.end() || clock.now() > found->second.expires) {
      return;
    }
    const bool eased = kind == "testing" && found->second.mode == VerdictMode::enforce;
    EXPECT_EQ(to_string(verdict.mode), to_string(eased ? VerdictMode::testing : found->second.mode));
    if (found->second.mode != VerdictMode::none) {
      ASSERT_FALSE(verdict.mx.empty());
      EXPECT_EQ(verdict.mx.front(), found->second.mx);
    }
  }

  void answer_dns() {
    if (dns.open.empty()) {
      return;
    }
    const FakeDns::Question question = take_any(dns.open);
    note("txt of " + question.name);
    switch (below(8)) {
      case 0:
        return question.done(fails());
      case 1:
        return question.done(txt_says({}));
      case 2:
        return question.done(txt_says({"v=STSv1; id=A;", "v=STSv1; id=B;"}));
      case 3:
        return question.done(fails(DnsStatus::timeout));
      default:
        return question.done(id_is(any_of(std::array{"A", "B", "C"})));
    }
  }

  void answer_fetch() {
    if (fetch.open.empty()) {
      return;
    }
    const FakeFetch::Request request = take_any(fetch.open);
    if (below(3) == 0) {
      fail_fetch(request);
    } else {
      serve_fetch(request);
    }
  }

  void fail_fetch(const FakeFetch::Request& request) {
    FetchError error{.kind = any_of(std::array{FetchErrorKind::timeout, FetchErrorKind::http_status,
                                               FetchErrorKind::cert_untrusted, FetchErrorKind::cert_expired,
                                               FetchErrorKind::policy_invalid}),
                     .detail = "as the test says"};
    if (below(6) == 0) {
      error = {.kind = FetchErrorKind::fetch_internal, .detail = "ours", .begun = false};
    }
    note("fetch of " + request.domain + " fails: " + std::string(to_string(error.kind)));
    request.order.done(std::unexpected(error));
  }

  void serve_fetch(const FakeFetch::Request& request) {
    const auto age = any_of(std::array<std::uint64_t, 6>{0, 60, 3600, 604800, 31557600, 9999999999});
    const auto mode = any_of(std::array{VerdictMode::enforce, VerdictMode::testing, VerdictMode::none});
    const std::string mx = any_of(std::array{"mx0.", "mx1.", "mx2.a-longer-name."}) + request.domain;
    std::string all = mx;
    for (std::size_t i = 20 * below(2); i > 0; --i) {  // more than stays in memory
      all += "\r\nmx: a-rather-long-name-of-a-host-" + std::to_string(i) + ".example";
    }
    note("fetch of " + request.domain + " gives " + std::string(to_string(mode)) + " " + std::to_string(age));
    const auto before = policy_of(request.domain);
    auto old = known.extract(request.domain);  // within the call either of the two may be answered
    request.order.done(serves(to_string(mode), age, all));
    const auto after = policy_of(request.domain);
    const std::chrono::seconds lifetime(std::min<std::uint64_t>(age, 31557600));
    const bool is_taken = age > 0 && after && after->mode == to_string(mode) &&
                          after->expires == clock.now() + lifetime &&
                          (after->mx.empty() || after->mx.front() == mx);
    if (is_taken) {
      known[request.domain] = {.mode = mode, .mx = mx, .expires = after->expires};
    } else if (after && before && after->fetched == before->fetched && after->id == before->id) {
      known.insert(std::move(old));  // it came too late, or nothing said under which id it would count
    }
  }

  std::optional<Explanation::Policy> policy_of(std::string_view domain) {
    return service->explain(domain).policy;
  }

  // What must be the same behind a restart.
  std::string kept_of(std::string_view domain) {
    const Explanation e = service->explain(domain);
    std::ostringstream text;
    const auto seconds = [](const std::optional<std::chrono::sys_seconds>& time) {
      return time ? time->time_since_epoch().count() : 0;
    };
    if (e.policy) {
      text << e.policy->id << ' ' << e.policy->mode << ' ' << seconds(e.policy->fetched) << ' '
           << seconds(e.policy->expires) << ' ' << e.policy->live << ' ' << e.policy->body;
    }
    // That a policy has expired, which ends its count, is noticed in its turn, or by the start.
    if (e.policy && e.policy->live) {
      text << seconds(e.policy->next_refresh) << ' ' << e.failed_refreshes;
    }
    for (const FailedFetch& failure : e.failures) {
      text << " | " << failure.id << ' ' << failure.word << ' ' << seconds(failure.at);
    }
    text << " | " << e.record_seen.has_value() << ' ' << seconds(e.failing_since);
    return text.str();
  }

  // A full disk lets the service write nothing before its end: what it knew may be gone.
  void restart() {
    note("restart");
    std::map<std::string_view, std::string> before;
    if (store.broken) {
      known.clear();
    } else {
      service->write_all();
      for (const std::string_view domain : domains) {
        before[domain] = kept_of(domain);
      }
    }
    ++lives;
    open = 0;
    service.reset();
    const auto questions = std::exchange(dns.open, {});
    const auto requests = std::exchange(fetch.open, {});
    start();
    for (const FakeDns::Question& question : questions) {  // of the one before: to nobody
      question.done(id_is("A"));
    }
    for (const FakeFetch::Request& request : requests) {
      request.order.done(serves("none", 99));
    }
    apply_exceptions();
    for (const auto& [domain, text] : before) {
      EXPECT_EQ(kept_of(domain), text) << domain;
    }
  }

  void apply_exceptions() {
    std::string text;
    for (const auto& [domain, kind] : exceptions) {
      text += domain + " " + kind + "\n";
    }
    auto parsed =
        Exceptions::parse(text, "list", [](const std::string&) -> std::expected<std::string, Fault> {
          return "version: STSv1\r\nmode: enforce\r\nmx: pinned.example\r\nmax_age: 86400\r\n";
        });
    ASSERT_TRUE(parsed) << parsed.error().detail;
    service->set_exceptions(*std::move(parsed));
  }

  void change_exceptions() {
    exceptions.clear();
    if (below(3) > 0) {
      exceptions[std::string(any_of(domains))] = any_of(std::array{"off", "testing", "policy=/pinned"});
    }
    note("exceptions: " + (exceptions.empty() ? "" : exceptions.begin()->first + exceptions.begin()->second));
    apply_exceptions();
  }

  void step_clock() {
    note("clock ahead and back");
    clock.advance(clock_jump);
    service->tick();
    answer_dns();
    put(any_of(domains), 0);
    clock.advance(-clock_jump);
  }

  void let_time_pass() {
    const auto by = any_of(std::array<std::chrono::seconds, 6>{1s, 61s, 301s, 3601s, 86400s, 864000s});
    note("later " + std::to_string(by.count()));
    clock.advance(by);
  }

  void purge() {
    const std::string_view domain = any_of(domains);
    note("purge " + std::string(domain));
    if (service->purge(domain)) {
      known.erase(std::string(domain));
    }
  }

  void refresh() {
    const std::string_view domain = any_of(domains);
    note("refresh " + std::string(domain));
    service->refresh(domain, [](const Explanation&) {});
  }

  void fill_or_clear_disk() {
    store.broken = !store.broken;
    note(store.broken ? "disk full" : "disk has space");
  }

  void hurry() {
    for (int i = 0; i < 20; ++i) {
      service->hurry();
    }
  }

  void step() {
    using Step = void (*)(InterleavingTest&);
    struct Weighted {
      std::size_t weight;
      Step step;
    };
    static constexpr std::array<Weighted, 12> steps{{
        {60, [](InterleavingTest& t) { t.put(t.any_of(domains), t.below(8) == 0 ? 2 : 0); }},
        {48, [](InterleavingTest& t) { t.answer_dns(); }},
        {48, [](InterleavingTest& t) { t.answer_fetch(); }},
        {24, [](InterleavingTest& t) { t.let_time_pass(); }},
        {24, [](InterleavingTest& t) { t.tick_for_a_minute(); }},
        {12, [](InterleavingTest& t) { t.fetch.has_place = t.below(2) == 0; }},
        {12, [](InterleavingTest& t) { t.step_clock(); }},
        {12, [](InterleavingTest& t) { t.hurry(); }},
        {12, [](InterleavingTest& t) { t.purge(); }},
        {12, [](InterleavingTest& t) { t.refresh(); }},
        {12, [](InterleavingTest& t) { t.change_exceptions(); }},
        {6, [](InterleavingTest& t) { t.below(2) == 0 ? t.fill_or_clear_disk() : t.restart(); }},
    }};
    std::size_t chance =
        below(std::accumulate(steps.begin(), steps.end(), std::size_t{0},
                              [](std::size_t sum, const Weighted& one) { return sum + one.weight; }));
    for (const Weighted& one : steps) {
      if (chance < one.weight) {
        return one.step(*this);
      }
      chance -= one.weight;
    }
  }

  void run(std::uint32_t seed) {
    random.seed(seed);
    for (int i = 0; i < 400 && !HasFailure(); ++i) {
      step();
    }
    store.broken = false;
    while (!dns.open.empty() || !fetch.open.empty()) {
      answer_dns();
      answer_fetch();
    }
    EXPECT_EQ(open, 0U);
    EXPECT_FALSE(service->has_waiters());
    EXPECT_GT(answered, 0U);
    EXPECT_FALSE(HasFailure()) << history;
  }
};

class Interleavings : public InterleavingTest, public testing::WithParamInterface<std::uint32_t> {};

TEST_P(Interleavings, EveryQuestionHasOneAnswerAndALivePolicyIsObeyed) {
  run(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Seeds, Interleavings, testing::Range(std::uint32_t{0}, std::uint32_t{300}));

}  // namespace
}  // namespace mta_sts::sender::service
