// The area cache: a domain's life, event by event.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "policy/parse_policy.hpp"
#include "sender/decide/domain_state.hpp"
#include "sender/decide/policy_domain.hpp"
#include "sender/store/sqlite_store.hpp"
#include "vectors/reader.hpp"

namespace mta_sts::vectors {
namespace {

using std::chrono::sys_seconds;

struct Known {
  sender::DomainState state;
  std::string body;
};

// The cache of one line, with a real file for what outlives a restart.
class Cache {
 public:
  Cache() {
    std::string pattern = (std::filesystem::temp_directory_path() / "conformance-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw BadVector("no folder for the cache");
    }
    folder_ = pattern;
    open();
  }
  ~Cache() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  Known& of(const std::string& domain) { return known_[domain]; }

  void keep(const std::string& domain) {
    const Known& known = known_[domain];
    sender::StoredEntry entry;
    entry.domain = domain;
    known.state.to_stored(entry);
    if (entry.policy) {
      entry.policy->body = known.body;
    }
    if (!store_->store(entry)) {
      throw BadVector("the cache file cannot be written");
    }
  }

  void restart() {
    store_.reset();
    known_.clear();
    open();
    store_->load([this](const sender::StoredEntry& entry) {
      known_[entry.domain] = {.state = sender::DomainState::from_stored(entry),
                              .body = entry.policy ? entry.policy->body : std::string()};
    });
  }

 private:
  void open() {
    auto opened = sender::SqliteStore::open((folder_ / "cache.sqlite").string(), log_, clock_);
    if (!opened) {
      throw BadVector(opened.error().detail);
    }
    store_ = *std::move(opened);
  }

  NullLog log_;
  SystemClock clock_;
  std::filesystem::path folder_;
  std::unique_ptr<sender::SqliteStore> store_;
  std::map<std::string, Known> known_;
};

struct Txt {
  TxtOutcome outcome = TxtOutcome::none;
  std::string id;
  bool silent = false;  // no answer yet
};

Txt txt_of(const Json& value) {
  if (value.is_object()) {
    expect_keys(value, {"id"});
    return {.outcome = TxtOutcome::ok, .id = text_of(member(value, "id"), "id")};
  }
  const std::string word = word_of(value, "txt", {"none", "error", "temp", "silent"});
  return {.outcome = word == "none"    ? TxtOutcome::none
                     : word == "error" ? TxtOutcome::error
                                       : TxtOutcome::temp,
          .id = {},
          .silent = word == "silent"};
}

std::int64_t number_of(const Json& value, std::string_view what) {
  if (!value.is_number_integer()) {
    throw BadVector(std::string(what) + ": no whole number");
  }
  return value.get<std::int64_t>();
}

sender::FetchErrorKind kind_of(const Json& value) {
  constexpr std::array kinds{sender::FetchErrorKind::connect_failure, sender::FetchErrorKind::policy_invalid,
                             sender::FetchErrorKind::cert_expired};
  const std::string word = text_of(value, "fail");
  for (const sender::FetchErrorKind kind : kinds) {
    if (sender::tlsrpt_result_type(kind) == word) {
      return kind;
    }
  }
  throw BadVector("fail: unknown word " + word);
}

// How far a fetch is that has no end yet; nothing where the line gives one.
std::optional<sender::LookupProgress> progress_of(const Json& server) {
  if (!server.is_string()) {
    return std::nullopt;
  }
  return word_of(server, "server", {"hangs", "waits"}) == "hangs" ? sender::LookupProgress::fetching
                                                                  : sender::LookupProgress::waiting_for_place;
}

// The server's answer; nothing where it must not be asked.
std::optional<sender::FetchResult> server_of(const Json& value) {
  if (value.is_null() || value.is_string()) {
    return std::nullopt;
  }
  expect_keys(value, {"ok", "fail"});
  if (value.size() != 1) {
    throw BadVector("server: one of ok and fail");
  }
  if (value.contains("fail")) {
    return std::unexpected(sender::FetchError{.kind = kind_of(value["fail"]), .detail = "as the line says"});
  }
  const Json& served = value["ok"];
  expect_keys(served, {"mode", "max_age"});
  const std::string mode = word_of(member(served, "mode"), "mode", {"enforce", "testing", "none"});
  const std::string body = "version: STSv1\r\nmode: " + mode + "\r\nmx: mail.example.com\r\nmax_age: " +
                           std::to_string(number_of(member(served, "max_age"), "max_age")) + "\r\n";
  auto policy = parse_policy(body, Reading::sender);
  if (!policy) {
    throw BadVector("max_age: no policy can have it");
  }
  return sender::FetchedPolicy{.policy = *std::move(policy), .body = body, .peer = {}};
}

Json policy_json(const Verdict& verdict) {
  if (verdict.id.empty()) {
    return nullptr;
  }
  return {{"id", verdict.id},
          {"mode", to_string(verdict.mode)},
          {"until", verdict.expires ? verdict.expires->time_since_epoch().count() : -1}};
}

// What the rules allow before a bounce (RFC 8461 section 5.1 step 3), by a model: the mail servers' own
// retries, each of which asks anew, are what keeps it in the product.
std::string_view bounce_of(sender::TxtView txt, const sender::FetchResult* result,
                           const sender::Conclusion& conclusion, const sender::CachedPolicy* live) {
  if (txt.outcome == TxtOutcome::temp && conclusion.verdict.mode != VerdictMode::none) {
    return "defer";  // TXT could not be asked
  }
  if ((result != nullptr && result->has_value()) || live == nullptr) {
    return "retry";  // under the new policy, or without one
  }
  // P26: a version that cannot be fetched may be the one that would let the message through.
  return txt.outcome == TxtOutcome::ok && live->id() != txt.id ? "defer" : "may-bounce";
}

Json step_of(std::string_view word, bool fetched, const sender::Conclusion& conclusion,
             std::string_view bounce) {
  Json step{{"fetch", fetched},
            {"policy", policy_json(conclusion.verdict)},
            {"alert", conclusion.alert},
            {"expiring", conclusion.expiring},
            {"gave_up_dns", conclusion.gave_up_dns}};
  if (word == "lookup") {
    step["verdict"] = to_string(conclusion.verdict.mode);
    step["reason"] = conclusion.verdict.reason;
  } else if (word == "before-bounce") {
    step["recheck_txt"] = true;
    step["outcome"] = bounce;
  }
  return step;
}

// What askers get who wait no longer; a verdict of null: they have to wait on.
Json meanwhile_of(const sender::DomainState& state, sender::LookupProgress progress, sender::TxtView txt,
                  bool fetched, sys_seconds now) {
  const auto verdict = state.interim(progress, txt, now);
  Json step{{"fetch", fetched}, {"alert", false}, {"verdict", nullptr}, {"policy", nullptr}};
  if (verdict) {
    step["verdict"] = to_string(verdict->mode);
    step["reason"] = verdict->reason;
    step["policy"] = policy_json(*verdict);
  }
  return step;
}

Json schedule_of(const sender::DomainState& state, const Json& event, sys_seconds now) {
  expect_keys(event, {"t", "ev", "domain", "seed"});
  const auto seed = static_cast<std::size_t>(number_of(member(event, "seed"), "seed"));
  const auto next = state.next_refresh(seed);
  return {{"wants_refresh", state.wants_refresh(seed, now)},
          {"next_refresh", next ? Json(next->time_since_epoch().count()) : Json(nullptr)}};
}

struct Asked {
  std::string word;
  sys_seconds now;
  Txt txt;
  sender::TxtView view;
};

sender::Occasion occasion_of(const std::string& word) {
  return word == "lookup" || word == "before-bounce" ? sender::Occasion::lookup : sender::Occasion::refresh;
}

Json run_asked(Cache& cache, const Json& event, const std::string& domain, const Asked& asked) {
  const sender::Occasion occasion = occasion_of(asked.word);
  const Json& said = member(event, "server");
  const std::optional<sender::FetchResult> server = server_of(said);
  Known& known = cache.of(domain);
  if (asked.txt.silent) {
    return meanwhile_of(known.state, sender::LookupProgress::asking_txt, asked.view, false, asked.now);
  }
  const bool fetch = asked.word == "fetched" ||
                     known.state.plan(occasion, asked.view, asked.now).kind == sender::FetchPlan::Kind::fetch;
  if (const auto progress = progress_of(said); progress && fetch) {
    return meanwhile_of(known.state, *progress, asked.view, fetch, asked.now);
  }
  const sender::FetchResult refused = std::unexpected(sender::FetchError{});
  const sender::FetchResult* result = !fetch ? nullptr : server ? &*server : &refused;
  const sender::Conclusion conclusion = known.state.conclude(occasion, asked.view, result, asked.now);
  if (result != nullptr && *result) {
    known.body = (*result)->body;
  }
  if (conclusion.changed) {
    cache.keep(domain);
  }
  return step_of(asked.word, fetch, conclusion,
                 bounce_of(asked.view, result, conclusion, known.state.live_policy(asked.now)));
}

Json run_event(Cache& cache, const Json& event, std::chrono::seconds dns_failure_limit) {
  Asked asked;
  asked.word = word_of(member(event, "ev"), "ev",
                       {"lookup", "refresh", "before-bounce", "fetched", "schedule", "restart"});
  asked.now = sys_seconds(std::chrono::seconds(number_of(member(event, "t"), "t")));
  if (asked.word == "restart") {
    expect_keys(event, {"t", "ev"});
    cache.restart();
    return Json::object();
  }
  const auto domain = sender::policy_domain_of(text_of(member(event, "domain"), "domain"));
  if (asked.word == "schedule") {
    if (!domain) {
      throw BadVector("schedule: no domain that can have a policy");
    }
    return schedule_of(cache.of(domain->text()).state, event, asked.now);
  }
  expect_keys(event, {"t", "ev", "domain", "txt", "server"});
  asked.txt = txt_of(member(event, "txt"));
  asked.view = {.outcome = asked.txt.outcome, .id = asked.txt.id, .failure_limit = dns_failure_limit};
  if (!domain) {
    static_cast<void>(server_of(member(event, "server")));
    sender::Conclusion conclusion;
    conclusion.verdict = domain.error();
    return step_of(asked.word, false, conclusion, "defer");
  }
  return run_asked(cache, event, domain->text(), asked);
}

void check_step(const Json& step) {
  expect_keys(step, {"fetch", "policy", "verdict", "reason", "outcome", "recheck_txt", "alert", "expiring",
                     "gave_up_dns", "next_refresh", "wants_refresh"});
  if (step.contains("policy") && !step["policy"].is_null()) {
    expect_keys(step["policy"], {"id", "mode", "until"});
  }
  if (step.contains("verdict") && !step["verdict"].is_null()) {
    static_cast<void>(word_of(step["verdict"], "verdict", {"enforce", "testing", "none", "temp"}));
  }
  if (step.contains("outcome")) {
    static_cast<void>(word_of(step["outcome"], "outcome", {"defer", "may-bounce", "retry"}));
  }
}

}  // namespace

Outcome run_cache(const Json& input, const Json& expect) {
  expect_keys(input, {"events", "dns_failure_limit"});
  const std::chrono::seconds dns_failure_limit(
      input.contains("dns_failure_limit") ? number_of(input["dns_failure_limit"], "dns_failure_limit") : 0);
  expect_keys(expect, {"steps"});
  const Json& events = list_of(member(input, "events"), "events");
  const Json& steps = list_of(member(expect, "steps"), "steps");
  if (events.empty() || events.size() != steps.size()) {
    throw BadVector("steps: one for each event");
  }
  Cache cache;
  Outcome outcome{.is_as_expected = true, .came = Json::array()};
  for (std::size_t i = 0; i < events.size(); ++i) {
    check_step(steps[i]);
    Outcome step = compare_given(steps[i], run_event(cache, events[i], dns_failure_limit));
    outcome.is_as_expected = outcome.is_as_expected && step.is_as_expected;
    outcome.came.push_back(std::move(step.came));
  }
  outcome.came = Json{{"steps", outcome.came}};
  return outcome;
}

}  // namespace mta_sts::vectors
